"""A staff chat with topics: a topic a ticket, plain talk in it, its end and its return."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from channels.telegram.simulator.model import Document, Photo, StoredMessage, Topic
from crmcore import staff
from crmcore.access import Actor
from crmcore.models.staff import Role
from kernel.unit import Reader
from tests.support import stage as stages
from tests.support.cast import FORUM_CHAT
from tests.support.stage import Stage
from tickets import actions, visible
from tickets.tokens import Tokens
from tickets.visible import TicketView


@pytest.fixture
async def forum(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(database_url, tmp_path, desk=FORUM_CHAT) as playing:
        yield playing


def topic(stage: Stage, start: str = "T1 ·") -> Topic:
    """The newest topic of that title."""
    [*_, found] = [one for one in stage.world.topics(stage.desk.id) if one.name.startswith(start)]
    return found  # type: ignore[no-any-return]


def said(stage: Stage, thread: int) -> list[str]:
    return [one.text for one in stage.shown(stage.desk.id, thread=thread)]


async def test_each_ticket_has_its_topic_with_the_card_and_the_words(forum: Stage) -> None:
    """M-5: bot.md 2.4."""
    await forum.customer("Segítség kell")
    await forum.say(forum.obcy, forum.world.private(forum.obcy), "Pomoc")
    one, two = topic(forum, "T1"), topic(forum, "T2")
    assert one.name == "T1 · Eszter · P3 · Segítség kell"
    assert [text.split("\n")[0] for text in said(forum, one.thread)] == ["T1 · Segítség kell", "Eszter:"]
    assert [text.split("\n")[0] for text in said(forum, two.thread)] == ["T2 · Pomoc", "Obcy:"]


async def test_a_long_subject_makes_a_title_that_telegram_takes(forum: Stage) -> None:
    """M-5: at most 128 characters, whatever they are."""
    await forum.customer("😀 <b>x</b> " * 40)
    assert len(topic(forum).name) <= 128


async def test_plain_talk_in_a_topic_is_a_note_and_the_first_time_the_bot_says_so(forum: Stage) -> None:
    """M-9: nothing leaves the house unless it is meant to."""
    await forum.customer("Segítség")
    thread = topic(forum).thread
    await forum.staff("She called yesterday too", thread=thread)
    assert "Saved as a note, the customer did not see it." in said(forum, thread)
    await forum.staff("And the day before", thread=thread)
    assert said(forum, thread)[-1] == "Note on T1."
    assert [row["text"] for row in await forum.rows("SELECT text FROM entries WHERE kind = 'note' ORDER BY id")] == [
        "She called yesterday too",
        "And the day before",
    ]
    assert len(forum.bot_texts(forum.eszter.id)) == 1


async def test_the_note_that_was_meant_for_the_customer_is_sent_by_its_button(forum: Stage) -> None:
    """M-9: [Send it to the customer], by its author alone."""
    await forum.customer("Segítség")
    await forum.staff("Máris intézzük", thread=topic(forum).thread)
    assert await forum.press("Send it to the customer", by=forum.marek) == "That note is not yours to send."
    await forum.press("Send it to the customer")
    assert forum.bot_texts(forum.eszter.id)[-1] == "Máris intézzük"
    assert (await forum.ticket())["assignee"] == "Anna"


async def test_commands_in_a_topic_need_no_number_and_answers_stay_in_it(forum: Stage) -> None:
    """M-9."""
    await forum.customer("Segítség")
    thread = topic(forum).thread
    await forum.staff("/take", thread=thread)
    assert said(forum, thread)[-1].startswith("T1 is yours.")
    await forum.staff("/r Intézzük", thread=thread)
    assert forum.bot_texts(forum.eszter.id)[-1] == "Intézzük"
    await forum.staff("Kész", thread=thread, reply_to=forum.find("Eszter:").id)
    assert forum.bot_texts(forum.eszter.id)[-1] == "Kész"
    await forum.staff("/nope", thread=thread)
    assert said(forum, thread)[-1].startswith('"nope" is not a command.')


async def test_talk_in_the_general_topic_is_nothing(forum: Stage) -> None:
    """M-9."""
    await forum.customer("Segítség")
    before = await forum.effects()
    await forum.staff("Lunch?")
    assert await forum.effects() == before


async def test_closing_closes_the_topic_and_reopening_opens_it(forum: Stage) -> None:
    """M-5."""
    await forum.customer("Segítség")
    await forum.press("Close")
    assert topic(forum).closed
    await forum.press("Reopen")
    assert not topic(forum).closed


async def test_new_words_of_the_customer_open_a_closed_ticket_and_its_topic(forum: Stage) -> None:
    """M-5: in the same topic, with a card at the end."""
    await forum.customer("Segítség")
    await forum.press("Close")
    await forum.customer("Mégsem jó")
    assert (await forum.ticket())["state"] == "open"
    assert len(forum.world.topics(forum.desk.id)) == 1 and not topic(forum).closed
    assert [text.split("\n")[0] for text in said(forum, topic(forum).thread)[-2:]] == ["T1 · Segítség", "Eszter:"]


async def test_a_deleted_topic_is_made_again_once_with_the_last_words(forum: Stage) -> None:
    """R6: all that was on its way into the old one is in the new one."""
    await forum.customer("Egy")
    forum.world.delete_topic(forum.desk, topic(forum).thread)
    forum.world.say(forum.eszter, forum.world.private(forum.eszter), "Kettő")
    await forum.customer("Három")
    await forum.settled()
    assert len(forum.world.topics(forum.desk.id)) == 1
    thread = topic(forum).thread
    assert said(forum, thread)[1:] == ["Eszter:\nEgy", "Eszter:\nKettő", "Eszter:\nHárom"]
    await forum.customer("Négy")
    assert said(forum, thread)[-1] == "Eszter:\nNégy"
    await forum.staff("Jó", thread=thread, reply_to=forum.find("Eszter:\nNégy").id)
    assert forum.bot_texts(forum.eszter.id)[-1] == "Jó"


async def test_a_closed_ticket_whose_topic_was_deleted_comes_back_in_one_new_topic(forum: Stage) -> None:
    """R6."""
    await forum.customer("Egy")
    await forum.press("Close")
    forum.world.delete_topic(forum.desk, topic(forum).thread)
    await forum.customer("Kettő")
    assert len(forum.world.topics(forum.desk.id)) == 1
    assert said(forum, topic(forum).thread)[-1] == "Eszter:\nKettő"


async def test_without_the_right_to_make_topics_the_card_stands_in_the_general_one(forum: Stage) -> None:
    """R6: with the number, so that it can be worked on."""
    forum.desk.can_manage_topics = False
    await forum.customer("Segítség")
    card = forum.find("T1 ·")
    assert card.thread is None
    await forum.staff("/take", reply_to=card.id)
    assert "Anna has it" in forum.find("T1 ·").text


async def test_where_the_setting_says_so_plain_talk_in_a_topic_answers(database_url: str, tmp_path: Path) -> None:
    """M-9: topic_talk = "reply"; under the card it is a note still, and a file goes out as one."""
    async with stages.playing(database_url, tmp_path, desk=FORUM_CHAT, bot={"topic_talk": "reply"}) as forum:
        await forum.customer("Segítség")
        thread = topic(forum).thread
        await forum.staff("Intézzük", thread=thread)
        assert forum.bot_texts(forum.eszter.id)[-1] == "Intézzük"
        await forum.staff("Not to her", thread=thread, reply_to=forum.find("T1 ·").id)
        assert forum.bot_texts(forum.eszter.id)[-1] == "Intézzük"
        form = Document(b"x", "form.pdf")
        forum.world.send(forum.anna, forum.desk, form, thread=thread)
        await forum.settled()
        await forum.until(lambda: forum.shown(forum.eszter.id)[-1].has_file)
        sent = forum.shown(forum.eszter.id)[-1].document
        assert sent is not None and (sent.name, sent.content) == ("form.pdf", b"x")


async def test_the_topic_of_a_ticket_that_a_failed_answer_opens_again_is_open(forum: Stage) -> None:
    """S0-17: answered and closed at once; the answer never arrives."""
    await forum.customer("Segítség")
    async with forum.app.store.unit() as work:
        anna = await staff.named(work, "Anna")
        actor = Actor(anna.id, anna.name, Role.AGENT, "UTC", frozenset())
        hold = timedelta(seconds=30)
        await actions.reply(
            work, actor, await _first(work), "x", lines=forum.app.house.lines, tokens=Tokens(), hold=hold
        )
        await actions.close(work, actor, await _first(work))
    await forum.settled()
    assert topic(forum).closed
    forum.world.block(forum.eszter)
    await forum.push(seconds=31)
    await forum.until(lambda: not topic(forum).closed)
    assert (await forum.ticket())["state"] == "open"


async def _first(reader: Reader) -> TicketView:
    found = await visible.by_number(reader, 1)
    assert found is not None
    return found


@pytest.mark.parametrize("caption", ["/close T1", "/close"])
async def test_a_command_under_a_photo_is_refused_and_no_note(forum: Stage, caption: str) -> None:
    """M-9: it is not quietly taken for talk."""
    await forum.customer("Segítség")
    thread, before = topic(forum).thread, await forum.effects()
    photo = forum.world.files.keep_photo(Photo(b"\x89PNG\r\n\x1a\n" + b"\0" * 8 + b"\0\0\0\x01" * 2))
    message = StoredMessage(forum.desk.id, forum.anna, photo=photo, text=caption, thread=thread)
    forum.world.ledger.post_and_tell(message)
    await forum.settled()
    assert said(forum, thread)[-1] == "A command cannot carry a file. Nothing was done. Send the command without it."
    assert await forum.effects() == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [("/my", "Nothing is yours."), ("/queue", "Nothing waits."), ("/commands", "/reply T12")],
)
async def test_a_list_asked_for_in_the_topic_of_a_foreign_queue_is_given(
    database_url: str, tmp_path: Path, text: str, expected: str
) -> None:
    """M-9: what needs no ticket does not ask for one."""
    cards = {
        "queues": {"cards": {"first_response": "1h", "assign": "none"}},
        "rules": [{"name": "cards", "when": 'message.text.contains("card")', "queue": "cards"}],
    }
    async with stages.playing(database_url, tmp_path, desk=FORUM_CHAT, **cards) as playing:
        await playing.customer("card")
        await playing.staff(text, thread=topic(playing).thread)
        assert playing.bot_texts(playing.desk.id)[-1].startswith(expected)
