"""The real aiogram in groups and topics, and in trouble: throttled, cut off, hanging, polling, under a webhook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot, Dispatcher
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.types import (
    CallbackQuery,
    Message,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from channels.telegram.simulator import BotApi, ChangeKind, Chat, Impossible, Person
from tests.channels.telegram.simulator.conftest import Clock
from tests.channels.telegram.simulator.with_aiogram import client, heard, keyboard, last_message


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    made = client(api)
    yield made
    await made.session.close()


# --- groups


async def test_a_group_shows_its_members_and_the_bots_rights(
    bot: Bot, api: BotApi, forum: Chat, anna: Person, eszter: Person
) -> None:
    chat = await bot.get_chat(forum.id)
    assert (chat.type, chat.title, chat.is_forum) == ("supergroup", "Team", True)
    members = [await bot.get_chat_member(forum.id, user) for user in (1000, anna.id, eszter.id)]
    assert [member.status for member in members] == ["administrator", "creator", "left"]
    assert getattr(members[0], "can_manage_topics") is True  # noqa: B009 (a union of types without it)
    api.world.join(eszter, forum)
    api.world.leave(eszter, forum)
    joined, left = [update.message for update in await heard(bot)]
    assert joined is not None and joined.new_chat_members is not None and left is not None
    assert joined.new_chat_members[0].id == eszter.id and left.left_chat_member is not None


async def test_the_bot_is_put_out_of_a_group_and_comes_back(bot: Bot, api: BotApi, forum: Chat, anna: Person) -> None:
    api.world.remove_bot(forum, anna)
    api.world.say(anna, forum, "now we are alone")
    with pytest.raises(TelegramForbiddenError, match="bot was kicked from the supergroup chat"):
        await bot.send_message(forum.id, "x")
    api.world.add_bot(forum, anna, admin=False)
    changes = [update.my_chat_member for update in await heard(bot) if update.my_chat_member]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]
    with pytest.raises(TelegramBadRequest, match="not enough rights"):
        await bot.create_forum_topic(forum.id, "x")


async def test_a_group_that_became_a_supergroup_says_where_it_went(bot: Bot, api: BotApi, anna: Person) -> None:
    group = api.world.group(-4001, "Small", members=[anna])
    moved = api.world.upgrade(group)
    with pytest.raises(TelegramMigrateToChat) as refused:
        await bot.send_message(group.id, "x")
    assert refused.value.migrate_to_chat_id == moved.id
    away, here = [update.message for update in await heard(bot)]
    assert away is not None and (away.chat.id, away.migrate_to_chat_id) == (group.id, moved.id)
    assert here is not None and (here.chat.id, here.migrate_from_chat_id) == (moved.id, group.id)
    await bot.send_message(moved.id, "x")


async def test_an_anonymous_administrator_speaks_as_the_group(bot: Bot, api: BotApi, forum: Chat) -> None:
    api.world.say_as_chat(forum, forum, "It is me")
    message = await last_message(bot)
    assert message.from_user is not None and message.from_user.username == "GroupAnonymousBot"
    assert message.sender_chat is not None and message.sender_chat.id == forum.id


async def test_a_reply_in_a_plain_supergroup_has_a_thread_but_no_topic(bot: Bot, api: BotApi, anna: Person) -> None:
    plain = api.world.group(-100777, "Plain", members=[anna])
    first = api.world.say(anna, plain, "first")
    api.world.say(anna, plain, "second", reply_to=first)
    message = await last_message(bot)
    assert (message.message_thread_id, message.is_topic_message) == (first, None)


async def test_a_pinned_message_stands_on_top(bot: Bot, forum: Chat) -> None:
    sent = await bot.send_message(forum.id, "Rules")
    await bot.pin_chat_message(forum.id, sent.message_id)
    pinned = (await bot.get_chat(forum.id)).pinned_message
    assert isinstance(pinned, Message) and pinned.text == "Rules"
    assert (await last_message(bot)).pinned_message is not None


# --- topics


async def test_a_topic_lives_from_opening_to_deletion(bot: Bot, api: BotApi, forum: Chat, anna: Person) -> None:
    topic = await bot.create_forum_topic(forum.id, "T-1 Eszter", icon_color=7322096)
    thread = topic.message_thread_id
    sent = await bot.send_message(forum.id, "New ticket", message_thread_id=thread)
    assert sent.is_topic_message and sent.message_thread_id == thread
    api.world.say(anna, forum, "On it", thread=thread)
    opened, said = [update.message for update in await heard(bot)]
    assert opened is not None and opened.forum_topic_created is not None and opened.message_thread_id == thread
    assert said is not None and said.reply_to_message is not None and said.message_thread_id == thread
    assert said.reply_to_message.forum_topic_created is not None  # a trap: this is no reply
    await bot.edit_forum_topic(forum.id, thread, name="T-1 solved")
    await bot.close_forum_topic(forum.id, thread)
    assert [(t.name, t.closed) for t in api.world.topics(forum.id)] == [("T-1 solved", True)]
    with pytest.raises(TelegramBadRequest, match="TOPIC_NOT_MODIFIED"):
        await bot.close_forum_topic(forum.id, thread)
    await bot.reopen_forum_topic(forum.id, thread)
    assert [m.text for m in api.world.messages(forum.id, thread=thread)] == ["New ticket", "On it"]
    await bot.delete_forum_topic(forum.id, thread)
    assert api.world.messages(forum.id, thread=thread, deleted=False) == []


async def test_a_topic_deleted_by_people_is_found_out_on_sending(bot: Bot, api: BotApi, forum: Chat) -> None:
    topic = await bot.create_forum_topic(forum.id, "Soon gone")
    api.world.delete_topic(forum, topic.message_thread_id)
    with pytest.raises(TelegramBadRequest, match="message thread not found"):
        await bot.send_message(forum.id, "x", message_thread_id=topic.message_thread_id)
    with pytest.raises(TelegramBadRequest, match="TOPIC_ID_INVALID"):
        await bot.edit_forum_topic(forum.id, topic.message_thread_id, name="x")


async def test_a_closed_topic_is_for_those_who_manage_topics(
    bot: Bot, api: BotApi, forum: Chat, anna: Person, eszter: Person
) -> None:
    api.world.join(eszter, forum)
    thread = api.world.create_topic(forum, anna, "By hand")
    api.world.close_topic(forum, thread)
    with pytest.raises(Impossible):
        api.world.say(eszter, forum, "x", thread=thread)
    await bot.send_message(forum.id, "still here", message_thread_id=thread)
    api.world.add_bot(forum, anna, can_manage_topics=False)
    with pytest.raises(TelegramBadRequest, match="TOPIC_CLOSED"):
        await bot.send_message(forum.id, "x", message_thread_id=thread)
    api.world.reopen_topic(forum, thread)
    await bot.send_message(forum.id, "x", message_thread_id=thread)


async def test_topics_are_for_forums(bot: Bot, api: BotApi, anna: Person) -> None:
    plain = api.world.group(-100778, "Plain", members=[anna])
    with pytest.raises(TelegramBadRequest, match="the chat is not a forum"):
        await bot.create_forum_topic(plain.id, "x")


# --- troubles


async def test_a_throttled_chat_says_how_long_to_wait(bot: Bot, api: BotApi, clock: Clock, private: Chat) -> None:
    other = api.world.person(600, "Obcy")
    api.world.say(other, api.world.private(other), "hi")
    api.world.faults.throttle(private.id, 30)
    clock.now += 10
    with pytest.raises(TelegramRetryAfter) as refused:
        await bot.send_message(private.id, "x")
    assert refused.value.retry_after == 20
    await bot.send_message(other.id, "not throttled")
    clock.now += 20
    await bot.send_message(private.id, "x")
    api.world.faults.throttle(None, 5)
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(other.id, "x")
    assert len(await heard(bot)) == 2  # listening goes on


async def test_an_ordered_failure_comes_as_often_as_ordered(bot: Bot, api: BotApi, private: Chat) -> None:
    api.world.faults.fail_next("sendMessage", 502, "Bad Gateway", times=2)
    for _ in range(2):
        with pytest.raises(TelegramServerError):
            await bot.send_message(private.id, "x")
    await bot.send_message(private.id, "x")
    assert [m.text for m in api.world.messages(private.id)] == ["/start", "x"]


async def test_a_connection_cut_after_the_call_leaves_the_message_sent(bot: Bot, api: BotApi, private: Chat) -> None:
    api.world.faults.cut_after("sendMessage")
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(private.id, "once?")
    assert [m.text for m in api.world.messages(private.id)] == ["/start", "once?"]
    api.world.faults.cut_before("sendMessage")
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(private.id, "never")
    assert [m.text for m in api.world.messages(private.id)] == ["/start", "once?"]


async def test_a_hanging_call_is_done_though_the_caller_gave_up(bot: Bot, api: BotApi, private: Chat) -> None:
    posted = asyncio.Event()
    api.world.listen(lambda change: posted.set())
    api.world.faults.hang("sendMessage", 0.3)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(private.id, "late", request_timeout=0.1)  # type: ignore[arg-type]
    await asyncio.wait_for(posted.wait(), 5)
    assert api.world.messages(private.id)[-1].text == "late"


# --- both ways of listening


async def test_aiograms_own_polling_gets_what_people_say(api: BotApi, bot: Bot, eszter: Person) -> None:
    dispatcher = Dispatcher()
    answered = asyncio.Event()

    @dispatcher.message()
    async def echo(message: Message) -> None:
        await message.answer("Re: " + (message.text or ""))
        answered.set()

    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False, polling_timeout=20))
    api.world.say(eszter, api.world.private(eszter), "hi")
    await asyncio.wait_for(answered.wait(), 10)
    await dispatcher.stop_polling()
    await asyncio.wait_for(polling, 10)
    assert [m.text for m in api.world.messages(eszter.id)] == ["hi", "Re: hi"]


async def test_aiograms_own_webhook_gets_presses_and_answers_in_the_response(
    api: BotApi, bot: Bot, eszter: Person, private: Chat
) -> None:
    dispatcher = Dispatcher()

    @dispatcher.callback_query()
    async def pressed(query: CallbackQuery) -> object:
        return query.answer("Got it")

    app = web.Application()
    handler = SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token="s3cret")
    handler.register(app, "/hook")
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sent = await bot.send_message(private.id, "Sure?", reply_markup=keyboard(Yes="y"))
    toast = asyncio.Event()
    api.world.listen(lambda change: toast.set() if change.kind == ChangeKind.TOAST else None)
    await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="s3cret")
    api.world.press(eszter, private, sent.message_id, "y")
    await asyncio.wait_for(toast.wait(), 10)
    assert api.world.toasts[-1].text == "Got it"
    with pytest.raises(TelegramConflictError):
        await bot.get_updates()
    await runner.cleanup()
