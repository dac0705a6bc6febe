"""Casework at the wire: kinds and reasons, thanks and late words, two who answer at once, merging, blocking, undo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support import stage as stages
from tests.support.confirming import confirmed
from tests.support.stage import Stage

SETTINGS = {
    "queues": {"cards": {"assign": "none", "reopen_days": 3}, "inbox": {"assign": "none", "reopen_days": 3}},
    "kinds": {"complaint": {"close_reason": True}},
    "states": [{"name": "supplier", "category": "waiting_us", "label": "Waiting for the supplier"}],
    "bot": {"hold_s": 0},
}


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(database_url, tmp_path, **SETTINGS) as playing:
        await playing.hire("Ewa", 1007)
        yield playing


def told(stage: Stage) -> str:
    return stage.bot_texts(stage.desk.id)[-1]


async def test_a_complaint_from_its_kind_to_its_end(house: Stage) -> None:
    """S1-8, S5: the refusal names what is missing; the card says what it is."""
    await house.customer("The pump took my card")
    await house.staff("/kind T1 complaint")
    assert "Needed before it is closed: cause, result, accepted." in told(house)
    for ending in ("/close T1", "/state T1 solved card"):
        await house.staff(ending)
        assert told(house).startswith("T1 is a complaint and cannot be closed without cause, result, accepted.")
    for words in ("cause card", "result a new card was sent", "accepted yes"):
        await house.staff(f"/set T1 {words}")
    await house.staff("/set T1 accepted perhaps")
    assert told(house) == "Accepted: expected yes or no. Nothing was done."
    await house.staff("/state T1 supplier")
    assert "Waiting for the supplier" in house.find("T1 ·").text
    await house.staff("/close T1 dunno")
    assert "closed with one of: answered, solved, card" in told(house)
    await house.staff("/state T1 solved")
    assert "closed with one of: answered, solved, card" in told(house) and "/state T1 solved answered" in told(house)
    await house.staff("/state T1 solved card replaced")
    ticket = await house.ticket(1)
    assert (ticket["state"], ticket["close_reason"], ticket["closed_at"] is None) == ("solved", "card", False)
    await house.staff("/close T1 card replaced")
    ticket = await house.ticket(1)
    assert (ticket["state"], ticket["close_reason"], ticket["own_state"]) == ("closed", "card", None)


async def test_thanks_are_shown_and_open_nothing(house: Stage) -> None:
    """S5: a matter opens it within the queue's days, and a new one, linked, begins after them."""
    await house.customer("My card is blocked")
    await house.staff("/close T1")
    await house.customer("Köszönöm szépen 👍")
    assert (await house.ticket(1))["state"] == "closed"
    assert house.find("Eszter:\nKöszönöm szépen")
    await house.customer("It is blocked again")
    assert (await house.ticket(1))["state"] == "open"
    await house.staff("/close T1")
    house.app.push_clock(timedelta(days=4))
    await house.customer("And again")
    second = await house.ticket(2)
    assert second["previous_id"] == (await house.ticket(1))["id"]


async def test_two_who_answer_at_once(house: Stage) -> None:
    """S5, M-14: the second reads what the first said before anything of his leaves, and can send it nevertheless."""
    await house.customer("My card is blocked")
    copy = house.find("Eszter:").id
    ewa = house.world.people[1007]
    await house.staff("Your card works again", by=ewa, reply_to=copy)
    await house.staff("We look into it", reply_to=copy)
    assert "Ewa replied" in told(house) and "Your card works again" in told(house)
    assert "We look into it" not in house.bot_texts(house.eszter.id)
    await house.press("Send anyway")
    assert house.bot_texts(house.eszter.id)[-2:] == ["Your card works again", "We look into it"]


async def test_an_act_is_taken_back_by_word_and_by_button(house: Stage) -> None:
    """S5: one undo for all."""
    await house.customer("My card is blocked")
    await house.staff("/prio T1 1")
    await house.staff("/tag T1 vip")
    await house.staff("/undo")
    assert told(house) == "Taken back: Anna changed the tags: +vip."
    await house.staff("/move T1 cards")
    await house.press("Undo")
    ticket = await house.ticket(1)
    assert (ticket["queue"], ticket["priority"], ticket["tags"] or "[]") == ("inbox", 1, "[]")


async def test_spam_is_taken_back_whole(house: Stage) -> None:
    """S5: one command, one undo: the sender is let in and his ticket is open again."""
    await house.customer("Buy now")
    await confirmed(house, "/spam T1", by=house.marek)
    await house.press("Undo", by=house.marek)
    assert "blocked" in told(house) and "closed the ticket" in told(house), told(house)
    assert (await house.ticket(1))["state"] == "open"
    assert await house.rows("SELECT id FROM blocked_addresses WHERE lifted_at IS NULL") == []


async def test_a_blocked_sender_is_kept_and_calls_nobody(house: Stage) -> None:
    """S5: his words are stored, no ticket and no card."""
    await house.customer("Buy now")
    await confirmed(house, "/spam T1", by=house.marek)
    shown = len(house.bot_texts(house.desk.id))
    await house.customer("Buy now, really")
    assert (await house.ticket(1))["state"] == "closed"
    assert len(house.bot_texts(house.desk.id)) == shown
    rows = await house.rows("SELECT text FROM messages WHERE direction = 'in' AND text = 'Buy now, really'")
    assert len(rows) == 1 and len(await house.rows("SELECT id FROM tickets")) == 1
    await house.staff("/ban T1 off", by=house.marek)
    await house.customer("Sorry, my card is blocked")
    assert (await house.ticket(1))["state"] == "open"
