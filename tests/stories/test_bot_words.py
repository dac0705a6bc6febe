"""Words at the wire: what a colleague or a customer writes arrives as it was written."""

from __future__ import annotations

import pytest

from channels.telegram.simulator.model import Photo, StoredMessage
from crmcore import staff
from crmcore.access import Actor
from crmcore.models.staff import Role
from tests.support import pictures
from tests.support.stage import Stage
from tickets import actions, visible

PIXEL = pictures.png(200, 100)
ODD = {
    "markup": "<b>bold</b> & <i>_*[x](http://a.example)*_ `code` ~|{}.!\\-",
    "emoji": "👩‍👩‍👧‍👦 🇭🇺 ✅",
    "right to left": "שלום \u202eabc\u202c مرحبا",
    "zero width": "a\u200bb\u200cc\u200dd\ufeff!",
    "line breaks": "first\n\n  third, indented\nlast",
    "templates": "{{7*7}} {0.__class__} ${x} %s {contact}",
    "combining": "Z\u0361a\u0300l\u0301go",
    "five languages": "Zażółć gęślą jaźń, ďakujem, őrült, Ёлка",
}


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("text", ODD.values(), ids=list(ODD))
async def test_words_arrive_unchanged_in_both_directions(stage: Stage, text: str) -> None:
    """M-8, M-9, S8, S9: nothing is markup, nothing is a template."""
    await stage.customer(text)
    copy = stage.find("Eszter:\n")
    assert copy.text == f"Eszter:\n{text}"
    assert not [one for one in copy.entities if one["type"] in ("bold", "italic", "text_link", "code")]
    assert one_line(text.splitlines()[0])[:20] in stage.find("T1 ·").text
    await stage.staff(f"/reply T1 {text}")
    await stage.staff(text, reply_to=copy.id)
    assert stage.bot_texts(stage.eszter.id)[1:] == [text, text]


async def test_two_slashes_send_a_literal_one(stage: Stage) -> None:
    """M-9: bot.md 2.4."""
    await stage.customer("How do I see my id?")
    await stage.staff("//id tells it", reply_to=stage.find("Eszter:").id)
    assert stage.bot_texts(stage.eszter.id)[-1] == "/id tells it"


async def test_a_reply_may_begin_on_the_line_after_the_command(stage: Stage) -> None:
    """M-9: line breaks are kept."""
    await stage.customer("Help")
    await stage.staff("/r T1\nDear Eszter,\n\nit works.")
    assert stage.bot_texts(stage.eszter.id)[-1] == "Dear Eszter,\n\nit works."


async def test_a_long_reply_goes_out_in_parts_in_order(stage: Stage) -> None:
    """M-9: 9,000 characters, longer than one message; every word arrives once."""
    await stage.customer("Tell me all")
    words = " ".join(f"word{number}" for number in range(1000))[:9000]
    async with stage.app.store.unit() as work:
        anna = await staff.named(work, "Anna")
        actor = Actor(anna.id, anna.name, Role.AGENT, "UTC", frozenset())
        ticket = await visible.by_number(work, 1)
        assert ticket is not None
        sending = await actions.reply(
            work, actor, ticket, words, lines=stage.app.house.lines, tokens=stage.app.house.desk.tokens
        )
    assert len(sending.message_ids) > 1
    await stage.until(lambda: len(stage.bot_texts(stage.eszter.id)) == 1 + len(sending.message_ids))
    assert " ".join(stage.bot_texts(stage.eszter.id)[1:]) == words


@pytest.mark.parametrize("letter", ["x", "😀"])
async def test_a_customers_longest_message_is_shown_to_staff_whole(stage: Stage, letter: str) -> None:
    """M-8: 4,096 units of Telegram under a name are more than one message; none of it is lost."""
    text = letter * (4096 // len(letter.encode("utf-16-le")) * 2)
    await stage.customer(text)
    copies = [one for one in stage.bot_texts(stage.desk.id) if one.startswith("Eszter")]
    assert len(copies) == 2
    assert "".join(one.split("\n", 1)[1] for one in copies) == text
    await stage.staff("Got it", reply_to=stage.find("Eszter (2):").id)
    assert stage.bot_texts(stage.eszter.id)[-1] == "Got it"
    await stage.staff("/show T1")
    assert stage.find("T1 ·").text.count(letter) >= 999


@pytest.mark.parametrize("caption", ["", "this one", "/r this one"])
async def test_a_file_under_a_copy_is_not_sent_as_the_word_photo(stage: Stage, caption: str) -> None:
    """M-9: the customer gets the file, and the words that stand under it."""
    await stage.customer("Which form?")
    photo = stage.world.files.keep_photo(Photo(PIXEL))
    answer = StoredMessage(stage.desk.id, stage.anna, photo=photo, text=caption, reply_to=stage.find("Eszter:").id)
    stage.world.ledger.post_and_tell(answer)
    await stage.settled()
    await stage.until(lambda: stage.shown(stage.eszter.id)[-1].has_file)
    got = stage.shown(stage.eszter.id)[-1]
    assert (got.text, got.photo[-1].content) == (caption.removeprefix("/r "), PIXEL)


async def test_what_is_no_file_and_no_words_is_refused(stage: Stage) -> None:
    """M-9: a contact, a place, a poll: nothing of it can be sent on, and the customer sees nothing."""
    await stage.customer("Whom do I call?")
    before = await stage.effects()
    contact = {"phone_number": "+48601234567", "first_name": "Jan"}
    answer = StoredMessage(stage.desk.id, stage.anna, contact=contact, reply_to=stage.find("Eszter:").id)
    stage.world.ledger.post_and_tell(answer)
    await stage.settled()
    assert stage.find("A contact cannot be sent on. Nothing was sent. Answer in words.")
    assert await stage.effects() == before


async def test_whose_ticket_was_taken_hears_of_it(stage: Stage) -> None:
    """M-9: unanswered tickets may be taken by any member of the queue, and nobody loses one unawares."""
    await stage.customer("Segítség")
    stage.open(stage.marek)
    await stage.staff("/assign T1 Marek")
    await stage.settled()
    before = len(stage.bot_texts(stage.marek.id))
    await stage.staff("/take T1")
    await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) > before)
    assert stage.bot_texts(stage.marek.id)[-1] == "T1 is no longer yours: Anna has it now (Anna)."
