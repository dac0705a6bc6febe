"""The real aiogram in private chats: every result passes its types, every refusal becomes its exception."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot, Dispatcher
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramUnauthorizedError,
)
from aiogram.filters import CommandStart
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InputMediaPhoto,
    Message,
    ReplyParameters,
)

from channels.telegram.simulator import BotApi, Change, ChangeKind, Chat, Document, Impossible, Person, Photo
from channels.telegram.simulator.files import THUMBNAIL
from tests.channels.telegram.simulator.conftest import Clock
from tests.channels.telegram.simulator.with_aiogram import client, heard, keyboard, last_message

JPEG = b"\xff\xd8\xff\xe0 not much of a picture"
OLD = "query is too old and response timeout expired or query ID is invalid"


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    made = client(api)
    yield made
    await made.session.close()


# --- a private chat


async def test_the_bot_is_who_it_was_made_to_be(api: BotApi, bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (1000, "centrala_demo_bot", True)
    stranger = client(api, "1000:another")
    with pytest.raises(TelegramUnauthorizedError):
        await stranger.get_me()
    await stranger.session.close()


async def test_a_person_writes_and_the_bot_answers(api: BotApi, bot: Bot, eszter: Person, private: Chat) -> None:
    message = await last_message(bot)
    assert message.from_user is not None
    assert (message.text, message.chat.id, message.from_user.full_name) == ("/start", eszter.id, "Eszter Kovács")
    assert message.entities is not None and message.entities[0].type == "bot_command"
    seen: list[Change] = []
    api.world.listen(seen.append)
    sent = await bot.send_message(eszter.id, "<b>Szia</b> &amp; hello", parse_mode="HTML")
    assert sent.text == "Szia & hello"
    (posted,) = seen
    assert posted.kind == ChangeKind.POSTED and posted.message is not None
    assert (posted.message.text, posted.message.sender) == ("Szia & hello", api.world.bot)


async def test_an_answer_shows_what_it_answers(api: BotApi, bot: Bot, eszter: Person, private: Chat) -> None:
    question = await last_message(bot)
    sent = await bot.send_message(private.id, "Yes?", reply_parameters=ReplyParameters(message_id=question.message_id))
    assert sent.reply_to_message is not None and sent.reply_to_message.text == "/start"
    api.world.say(eszter, private, "Help", reply_to=sent.message_id)
    answer = await last_message(bot)
    assert answer.reply_to_message is not None and answer.reply_to_message.text == "Yes?"
    lenient = ReplyParameters(message_id=999, allow_sending_without_reply=True)
    assert (await bot.send_message(private.id, "x", reply_parameters=lenient)).reply_to_message is None


async def test_a_person_corrects_a_message(api: BotApi, bot: Bot, eszter: Person, private: Chat) -> None:
    said = api.world.say(eszter, private, "helo")
    api.world.edit(eszter, private, said, "hello")
    edited = (await heard(bot))[-1].edited_message
    assert edited is not None and edited.edit_date is not None
    assert (edited.text, edited.message_id) == ("hello", said)


async def test_the_bot_edits_and_deletes_its_message(api: BotApi, bot: Bot, private: Chat) -> None:
    sent = await bot.send_message(private.id, "one", reply_markup=keyboard(Go="go"))
    with pytest.raises(TelegramBadRequest, match="message is not modified: specified new message content"):
        await bot.edit_message_text(
            "one", chat_id=private.id, message_id=sent.message_id, reply_markup=keyboard(Go="go")
        )
    await bot.edit_message_text("two", chat_id=private.id, message_id=sent.message_id)
    shown = api.world.messages(private.id)[-1]
    assert (shown.text, shown.edited, shown.buttons) == ("two", True, [])  # the keyboard went with the edit
    await bot.edit_message_reply_markup(
        chat_id=private.id, message_id=sent.message_id, reply_markup=keyboard(Stop="stop")
    )
    assert api.world.messages(private.id)[-1].buttons == [[("Stop", "stop")]]
    await bot.delete_message(private.id, sent.message_id)
    assert api.world.messages(private.id)[-1].deleted
    assert [m.text for m in api.world.messages(private.id, deleted=False)] == ["/start"]
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await bot.edit_message_text("three", chat_id=private.id, message_id=sent.message_id)
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(private.id, sent.message_id)


async def test_the_bot_cannot_edit_what_a_person_wrote(bot: Bot, private: Chat) -> None:
    theirs = await last_message(bot)
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("mine", chat_id=private.id, message_id=theirs.message_id)


async def test_after_two_days_a_private_message_stays(bot: Bot, clock: Clock, private: Chat) -> None:
    sent = await bot.send_message(private.id, "for ever")
    clock.now += 48 * 3600 + 1
    with pytest.raises(TelegramBadRequest, match="can't be deleted for everyone"):
        await bot.delete_message(private.id, sent.message_id)


async def test_a_button_press_is_answered_with_a_toast(api: BotApi, bot: Bot, eszter: Person, private: Chat) -> None:
    sent = await bot.send_message(private.id, "Sure?", reply_markup=keyboard(Yes="y:1"))
    query_id = api.world.press(eszter, private, sent.message_id, "y:1")
    query = (await heard(bot))[-1].callback_query
    assert query is not None and isinstance(query.message, Message)
    assert (query.id, query.data, query.message.text, query.from_user.id) == (query_id, "y:1", "Sure?", eszter.id)
    assert query.chat_instance
    await bot.answer_callback_query(query.id, "Done", show_alert=True)
    (toast,) = api.world.toasts
    assert (toast.text, toast.show_alert, toast.person) == ("Done", True, eszter)
    with pytest.raises(TelegramBadRequest, match=OLD):
        await bot.answer_callback_query(query.id)


async def test_an_old_press_cannot_be_answered(
    api: BotApi, bot: Bot, clock: Clock, eszter: Person, private: Chat
) -> None:
    sent = await bot.send_message(private.id, "Sure?", reply_markup=keyboard(Yes="y"))
    query_id = api.world.press(eszter, private, sent.message_id, "y")
    clock.now += 61
    with pytest.raises(TelegramBadRequest, match=OLD):
        await bot.answer_callback_query(query_id)
    with pytest.raises(TelegramBadRequest, match=OLD):
        await bot.answer_callback_query("12345")


async def test_a_person_shares_a_number_own_or_anothers(
    api: BotApi, bot: Bot, eszter: Person, anna: Person, private: Chat
) -> None:
    for owner in (None, anna.id, 0):
        api.world.share_contact(eszter, private, "+36301234567", user_id=owner)
    cards = [update.message.contact for update in (await heard(bot))[1:] if update.message]
    assert [card.user_id for card in cards if card] == [eszter.id, anna.id, None]
    assert [card.phone_number for card in cards if card] == ["+36301234567"] * 3


async def test_a_reached_command_handler_answers(api: BotApi, bot: Bot, private: Chat) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message(CommandStart())
    async def greet(message: Message) -> None:
        await message.answer("Welcome")

    for update in await heard(bot):
        await dispatcher.feed_update(bot, update)
    assert [m.text for m in api.world.messages(private.id)] == ["/start", "Welcome"]


async def test_commands_and_descriptions_are_kept(bot: Bot) -> None:
    await bot.set_my_commands([BotCommand(command="start", description="Begin")])
    await bot.set_my_commands([BotCommand(command="start", description="Kezdés")], language_code="hu")
    assert [c.description for c in await bot.get_my_commands()] == ["Begin"]
    assert [c.description for c in await bot.get_my_commands(language_code="hu")] == ["Kezdés"]
    assert await bot.set_my_description("We help.") and await bot.set_my_short_description("Help.")
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_INVALID"):
        await bot.set_my_commands([BotCommand(command="Start!", description="Begin")])


# --- files


async def test_a_document_is_uploaded_and_downloaded(api: BotApi, bot: Bot, clock: Clock, private: Chat) -> None:
    upload = BufferedInputFile(b"\x00\x01 %PDF", filename="számla.pdf")
    sent = await bot.send_document(private.id, upload, caption="<i>Invoice</i>", parse_mode="HTML")
    assert sent.document is not None and sent.caption == "Invoice"
    assert (sent.document.file_name, sent.document.file_size) == ("számla.pdf", 7)
    downloaded = await bot.download(sent.document)
    assert downloaded is not None and downloaded.read() == b"\x00\x01 %PDF"
    again = await bot.send_document(private.id, sent.document.file_id)
    assert again.document is not None and again.document.file_unique_id == sent.document.file_unique_id
    with pytest.raises(TelegramBadRequest, match="can't use file of type Document as Photo"):
        await bot.send_photo(private.id, sent.document.file_id)
    link = await bot.get_file(sent.document.file_id)
    clock.now += 3601
    with pytest.raises(Exception, match="404"):
        await bot.download_file(link.file_path or "")


async def test_a_persons_picture_comes_in_sizes(api: BotApi, bot: Bot, eszter: Person, private: Chat) -> None:
    api.world.send(eszter, private, Photo(JPEG), caption="Look")
    message = await last_message(bot)
    assert message.photo is not None and message.caption == "Look"
    small, whole = [await bot.download(size) for size in message.photo]
    assert small is not None and small.read() == THUMBNAIL
    assert whole is not None and whole.read() == JPEG


async def test_an_album_is_several_messages_with_one_mark(api: BotApi, bot: Bot, eszter: Person, private: Chat) -> None:
    files = [Document(b"1", "a.txt", "text/plain"), Document(b"2", "b.txt", "text/plain")]
    api.world.send_album(eszter, private, files, caption="Both")
    messages = [update.message for update in await heard(bot)][1:]
    assert [m.caption for m in messages if m] == ["Both", None]
    assert len({m.media_group_id for m in messages if m}) == 1
    ours, lost = InputMediaPhoto(media=BufferedInputFile(JPEG, "a.jpg"), caption="Ours"), InputMediaPhoto(media="x")
    with pytest.raises(TelegramBadRequest, match="wrong file identifier"):
        await bot.send_media_group(private.id, [ours, lost])
    sent = await bot.send_media_group(private.id, [ours, ours])
    assert [m.caption for m in sent] == ["Ours", "Ours"]


async def test_a_file_that_is_no_picture_or_a_long_caption_is_refused(bot: Bot, private: Chat) -> None:
    with pytest.raises(TelegramBadRequest, match="IMAGE_PROCESS_FAILED"):
        await bot.send_photo(private.id, BufferedInputFile(b"text", "a.jpg"))
    with pytest.raises(TelegramBadRequest, match="message caption is too long"):
        await bot.send_photo(private.id, BufferedInputFile(JPEG, "a.jpg"), caption="x" * 1025)
    with pytest.raises(TelegramBadRequest, match="file must be non-empty"):
        await bot.send_document(private.id, BufferedInputFile(b"", "a.txt"))


# --- who may be written to


async def test_the_bot_cannot_write_first(bot: Bot, eszter: Person) -> None:
    with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation with a user"):
        await bot.send_message(eszter.id, "Buy!")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(31337, "Who?")


async def test_a_blocked_bot_is_told_and_refused(api: BotApi, bot: Bot, eszter: Person, private: Chat) -> None:
    api.world.block(eszter)
    change = (await heard(bot))[-1].my_chat_member
    assert change is not None
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(eszter.id, "Hello?")
    with pytest.raises(Impossible):
        api.world.say(eszter, private, "I am not here")
    api.world.unblock(eszter)
    await bot.send_message(eszter.id, "Welcome back")
