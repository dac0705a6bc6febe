"""A reply is held for a moment: taken back it never leaves, and the clock runs on as if nothing had been said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from crmcore import staff
from crmcore.access import Actor
from crmcore.models.staff import Role
from tests.support import stage as stages
from tests.support.stage import Stage
from tickets import actions, visible
from tickets.tokens import Tokens

HOLD_S = 30


@pytest.fixture
async def held(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Replies are held for 30 s, longer than any story takes: the clock is pushed."""
    async with stages.playing(database_url, tmp_path, bot={"hold_s": HOLD_S}) as playing:
        yield playing


async def clocks(stage: Stage) -> list[str]:
    return [row["state"] for row in await stage.rows("SELECT state FROM clocks")]


async def test_undo_by_the_button_takes_the_reply_back(held: Stage) -> None:
    """M-9: the customer sees nothing, the ticket is unanswered again, the clock runs."""
    await held.customer("Segítség")
    await held.staff("Rossz ember!", reply_to=held.find("Eszter:").id)
    assert held.find("T1 sending to Eszter by Telegram in 30 s. T1 is yours now.")
    assert await clocks(held) == ["met"]
    assert await held.press("Undo") == "T1: taken back. Eszter saw nothing."
    assert held.find("T1 taken back; Eszter saw nothing.").buttons == []
    await held.push(seconds=HOLD_S + 1)
    assert len(held.bot_texts(held.eszter.id)) == 1
    ticket = await held.ticket()
    assert (ticket["state"], ticket["answered_at"]) == ("open", None)
    assert await clocks(held) == ["running"]
    assert "open" in held.find("T1 ·").text


async def test_undo_typed_takes_the_newest_reply_back(held: Stage) -> None:
    """M-9: /undo and /u."""
    await held.customer("Segítség")
    await held.staff("/r T1 Egy")
    await held.staff("/r T1 Kettő")
    await held.staff("/u")
    await held.push(seconds=HOLD_S + 1)
    await held.until(lambda: held.bot_texts(held.eszter.id)[1:] == ["Egy"])
    assert (await held.ticket())["state"] == "waiting"
    assert await clocks(held) == ["met"]


async def test_what_has_left_cannot_be_taken_back(held: Stage) -> None:
    """M-9: too late is said, with the next step."""
    await held.customer("Segítség")
    await held.staff("/r T1 Elment")
    announced, code = held.button("Undo")
    await held.push(seconds=HOLD_S + 1)
    await held.until(lambda: "T1 ✓ sent to Eszter" in held.texts(held.desk.id))
    before = await held.effects()
    toast = await held.forge(held.anna, code, message=announced)
    assert toast.startswith("Nothing of yours is held any more. What was sent cannot be unsent")
    await held.staff("/undo")
    assert await held.effects() == before


async def test_another_colleague_takes_nothing_back(held: Stage) -> None:
    """S20: not even a manager; a reply is its author's."""
    await held.customer("Segítség")
    await held.staff("/r T1 Jövök")
    before = await held.effects()
    assert (await held.press("Undo", by=held.marek)).startswith("Nothing of yours is held any more.")
    await held.staff("/undo", by=held.marek)
    assert await held.effects() == before


async def test_a_long_reply_is_taken_back_whole(held: Stage) -> None:
    """M-9: all its parts, typed or pressed."""
    await held.customer("Mindent!")
    async with held.app.store.unit() as work:
        anna = await staff.named(work, "Anna")
        ticket = await visible.by_number(work, 1)
        assert ticket is not None
        actor = Actor(anna.id, anna.name, Role.AGENT, "UTC", frozenset())
        lines, hold = held.app.house.lines, timedelta(seconds=HOLD_S)
        sending = await actions.reply(work, actor, ticket, "szó " * 2500, lines=lines, tokens=Tokens(), hold=hold)
    assert len(sending.message_ids) == 3
    await held.forge(held.anna, f"t:un:{sending.message_ids[0]}:0", message=held.find("T1 ·"))
    states = await held.rows("SELECT DISTINCT state FROM messages WHERE purpose = 'reply'")
    assert states == [{"state": "cancelled"}]
    await held.push(seconds=HOLD_S + 1)
    assert len(held.bot_texts(held.eszter.id)) == 1


async def test_an_alert_that_a_reply_ended_comes_back_when_the_reply_is_taken_back(held: Stage) -> None:
    """M-10: nothing gets lost between answer and undo."""
    held.open(held.marek)
    await held.customer("Segítség")
    await held.push(hours=1)
    assert held.find("First answer was due", held.marek.id)
    await held.staff("/r T1 Jövök")
    await held.until(lambda: "answered at" in held.texts(held.marek.id)[-1])
    await held.staff("/undo")
    await held.until(lambda: "First answer was due" in held.texts(held.marek.id)[-1])
    [alert] = await held.rows("SELECT state FROM alerts WHERE state <> 'resolved'")
    assert alert == {"state": "open"}


async def test_a_held_reply_survives_a_restart_and_goes_out(held: Stage) -> None:
    """R11: queued in the row, not in a timer."""
    await held.customer("Segítség")
    await held.staff("/r T1 Jövök")
    await held.restart()
    assert len(held.bot_texts(held.eszter.id)) == 1
    await held.push(seconds=HOLD_S + 1)
    await held.until(lambda: held.bot_texts(held.eszter.id)[-1] == "Jövök")


async def test_a_note_sent_on_by_its_button_is_sent_once(held: Stage) -> None:
    """M-9: a second tap finds it sent; after an undo it may be sent again."""
    await held.customer("Segítség")
    await held.staff("Azonnal", reply_to=held.find("T1 ·").id)
    note, code = held.button("Send it to the customer")
    await held.forge(held.anna, code, message=note)
    assert await held.forge(held.anna, code, message=note) == "That note was sent to the customer already."
    await held.staff("/undo")
    await held.forge(held.anna, code, message=note)
    await held.push(seconds=HOLD_S + 1)
    await held.until(lambda: held.bot_texts(held.eszter.id)[1:] == ["Azonnal"])
    assert (await held.forge(held.marek, code, message=note)) == "That note is not yours to send."


async def test_undo_names_a_ticket_and_takes_back_only_there(held: Stage) -> None:
    """M-9: the newer reply on another ticket goes out."""
    await held.customer("Segítség")
    await held.say(held.obcy, held.world.private(held.obcy), "Pomoc")
    await held.staff("/r T1 Egy")
    await held.staff("/r T2 Dva")
    await held.staff("/undo T1")
    replies = await held.rows("SELECT text, state FROM messages WHERE purpose = 'reply' ORDER BY id")
    assert [(row["text"], row["state"]) for row in replies] == [("Egy", "cancelled"), ("Dva", "queued")]
    await held.staff("/undo T1")
    assert held.bot_texts(held.desk.id)[-1].startswith("Nothing of yours is held any more.")


async def test_a_long_note_sent_on_is_sent_once_though_it_is_cut(held: Stage) -> None:
    """M-9."""
    await held.customer("Segítség")
    async with held.app.store.unit() as work:
        anna = await staff.named(work, "Anna")
        ticket = await visible.by_number(work, 1)
        assert ticket is not None
        await actions.note(work, Actor(anna.id, anna.name, Role.AGENT, "UTC", frozenset()), ticket, "szó " * 1100)
    [row] = await held.rows("SELECT max(id) AS id FROM entries")
    for _ in range(2):
        said = await held.forge(held.anna, f"t:sn:{row['id']}:0", message=held.find("T1 ·"))
    assert said == "That note was sent to the customer already."
    assert len(await held.rows("SELECT id FROM messages WHERE purpose = 'reply'")) == 2


async def test_a_note_whose_sending_failed_may_be_sent_again(held: Stage) -> None:
    """M-9."""
    await held.customer("Segítség")
    await held.staff("Azonnal", reply_to=held.find("T1 ·").id)
    note, code = held.button("Send it to the customer")
    await held.forge(held.anna, code, message=note)
    async with held.app.store.unit() as work:
        await work.change("UPDATE messages SET state = 'failed' WHERE purpose = 'reply'")
    assert "already" not in await held.forge(held.anna, code, message=note)
    assert len(await held.rows("SELECT id FROM messages WHERE purpose = 'reply'")) == 2


async def test_what_is_being_sent_again_is_not_said_to_have_left(held: Stage) -> None:
    """M-9: the first try failed; whether it can still be stopped nobody knows."""
    await held.customer("Segítség")
    await held.staff("/r T1 Jövök")
    async with held.app.store.unit() as work:
        await work.change("UPDATE messages SET tries = 1 WHERE purpose = 'reply'")
    await held.staff("/undo")
    assert held.bot_texts(held.desk.id)[-1].startswith("It is being sent again and may be out already.")
