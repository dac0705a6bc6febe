"""Reminders at the wire: set in words, told in the colleague's own chat, moved and done by button, whoever is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from crmcore import staff
from kernel.clock import Clock
from tests.support import commands
from tests.support import stage as stages
from tests.support.stage import Stage
from tickets import actions

TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # 10:00 in Warsaw


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A Tuesday morning; Anna lives in Warsaw and has opened her chat with the bot; Eszter has written."""
    clock = Clock()  # it runs: how fast a chat is written to depends on it
    clock.push(TUESDAY - clock.now())
    async with stages.playing(database_url, tmp_path, clock, queues={"secret": {"assign": "none"}}) as playing:
        playing.open(playing.anna)
        await playing.staff("/zone Europe/Warsaw")
        await playing.customer("Segítség")
        yield playing


def last(stage: Stage, person: Any = None) -> str:
    """The newest words of the bot in a colleague's own chat, or in the staff chat."""
    return stage.bot_texts(person.id if person else stage.desk.id)[-1]


async def told(stage: Stage) -> None:
    """Wait until the newest words in Anna's chat are a reminder: a chat gets a message a second."""
    await stage.until(lambda: last(stage, stage.anna).startswith("Reminder R"))


async def test_a_reminder_is_set_in_words_and_told_at_its_time(desk: Stage) -> None:
    """M-7, S4-18."""
    await desk.staff("/remind T1 tomorrow 9:00 call him")
    assert last(desk) == "R1: I remind you about T1 Wed 11 Mar 2026 09:00 CET (in 23h)."
    await desk.push(hours=22, minutes=59)
    assert desk.bot_texts(desk.anna.id) == []
    await desk.push(minutes=1)
    [text] = desk.bot_texts(desk.anna.id)
    assert text == "Reminder R1: call him\nT1 · Segítség · Eszter · open · nobody has it"
    [row] = desk.shown(desk.anna.id)[-1].buttons
    assert [label for label, _ in row] == ["Show", "Done", "+1h", "Tomorrow"]
    await desk.push(days=2)
    assert len(desk.bot_texts(desk.anna.id)) == 1


async def test_its_buttons_open_the_ticket_move_it_and_end_it(desk: Stage) -> None:
    """S4-17."""
    own = desk.world.private(desk.anna)
    await desk.staff("/remind T1 2h call him")
    await desk.push(hours=2)
    await desk.press("Show", chat=own)
    assert last(desk, desk.anna).startswith("T1 · Segítség")
    assert await desk.press("+1h", chat=own) == "R1 again Tue 10 Mar 2026 13:00 CET (in 1h)."
    assert desk.find("R1", own.id).text == "R1 · T1 · call him: again at Tue 10 Mar 2026 13:00 CET"
    await desk.push(hours=1)
    await told(desk)
    assert await desk.press("Tomorrow", chat=own) == "R1 again Wed 11 Mar 2026 13:00 CET (in 1d)."
    await desk.push(days=1)
    await told(desk)
    assert await desk.press("Done", chat=own) == "R1 done."
    await desk.until(lambda: last(desk, desk.anna) == "R1 · T1 · call him: done by Anna")
    assert (await desk.ticket())["state"] == "open"


async def test_a_second_press_says_what_it_is_and_does_nothing(desk: Stage) -> None:
    own = desk.world.private(desk.anna)
    await desk.staff("/remind 10m look")
    await desk.push(minutes=10)
    message, code = desk.button("Done", chat=own)
    for said in ("R1 done.", "R1 is done already. Nothing was done."):
        assert await desk.forge(desk.anna, code, chat=own, message=message) == said


async def test_what_the_hub_slept_over_is_told_late_with_its_time_after_the_restart(desk: Stage) -> None:
    """R8: once, and it says so."""
    await desk.staff("/remind 1h the bank")
    await desk.app.stop()
    desk.app.clock.push(timedelta(hours=6))
    await desk.start()
    await desk.settled()
    assert desk.bot_texts(desk.anna.id) == ["Reminder R1: the bank\nLate: this was due 11:00 CET."]
    await desk.restart()
    await desk.settled()
    assert len(desk.bot_texts(desk.anna.id)) == 1


async def test_a_restart_before_its_time_changes_nothing(desk: Stage) -> None:
    """R8."""
    await desk.staff("/remind 1h the bank")
    await desk.restart()
    await desk.push(hours=1)
    assert desk.bot_texts(desk.anna.id) == ["Reminder R1: the bank"]


async def test_a_colleague_without_a_chat_is_reminded_where_all_can_see(desk: Stage) -> None:
    """Marek has never opened his chat with the bot: Telegram refuses, and the staff chat is told, once."""
    await desk.staff("/remind T1 10m call him", by=desk.marek)
    await desk.push(minutes=10)
    await desk.until(lambda: last(desk).startswith("Reminder R1 for Marek: call him\nT1 ·"))
    await desk.settled()
    assert len([one for one in desk.bot_texts(desk.desk.id) if one.startswith("Reminder R1")]) == 1


async def leave(desk: Stage, name: str) -> None:
    async with desk.app.store.unit() as work:
        gone = await staff.remove(work, name)
        await actions.release(work, gone.id)


async def test_a_leavers_reminder_goes_to_the_desk_and_anybody_there_ends_it(desk: Stage) -> None:
    """S4-20."""
    await desk.staff("/remind T1 10m call him")
    await leave(desk, "Anna")
    await desk.push(minutes=10)
    assert desk.bot_texts(desk.anna.id) == []
    assert last(desk).startswith("Reminder R1 of Anna, who has left: call him\nT1 ·")
    assert await desk.press("Done", by=desk.marek) == "R1 done."


async def test_a_leavers_reminder_goes_to_who_has_the_ticket_now(desk: Stage) -> None:
    """S4-20."""
    desk.open(desk.marek)
    await desk.staff("/remind T1 10m call him")
    await leave(desk, "Anna")
    await desk.staff("/take T1", by=desk.marek)
    await desk.push(minutes=10)
    assert last(desk, desk.marek).startswith("Reminder R1 of Anna, who has left: call him")


async def test_reminders_are_listed_moved_and_dropped_by_number(desk: Stage) -> None:
    """S4-17: one's own diary."""
    await desk.staff("/reminders")
    assert last(desk) == "Nothing to remind you of. /remind tomorrow 9:00 call the bank"
    await desk.staff("/remind T1 tomorrow 9:00 call him")
    await desk.staff("/remind 11:00 the bank")
    await desk.staff("/reminders")
    assert last(desk).split("\n")[:3] == [
        "Reminders: 2",
        "R2 11:00 CET · the bank",
        "R1 Wed 11 Mar 09:00 CET · T1 · call him",
    ]
    await desk.staff("/remind R1 in 30m")
    assert last(desk) == "R1 again Tue 10 Mar 2026 10:30 CET (in 30m)."
    await desk.staff("/drop r2")
    assert last(desk) == "R2 dropped."
    await desk.staff("/reminders", by=desk.marek)
    assert last(desk).startswith("Nothing to remind you of.")
    await desk.push(hours=2)
    assert [one.split("\n")[0] for one in desk.bot_texts(desk.anna.id)] == ["Reminder R1: call him"]


async def test_a_planned_contact_and_its_outcome_stand_in_the_history(desk: Stage) -> None:
    """S4-16, S4-18, S4-19: told that it is due, why and what for."""
    own = desk.world.private(desk.anna)
    await desk.staff("/plan T1 11:00 call about the card")
    assert last(desk) == "R1: Call planned, I remind you about T1 Tue 10 Mar 2026 11:00 CET (in 1h)."
    await desk.push(hours=1)
    assert last(desk, desk.anna).startswith("Call R1: about the card\nT1 ·")
    await desk.say(desk.anna, own, "/done pays on Friday", reply_to=desk.find("Call R1", own.id).id)
    assert last(desk, desk.anna) == "R1 done."
    kept = await desk.rows("SELECT kind, text FROM timeline WHERE text IS NOT NULL ORDER BY id")
    assert kept == [
        {"kind": "planned", "text": "R1 call planned for Tue 10 Mar 2026 11:00 CET: about the card"},
        {"kind": "call", "text": "pays on Friday"},
    ]
    await desk.staff("/show T1")
    assert "R1 call by Anna: pays on Friday" in last(desk)


SAID = [
    ("/remind T1", 'When? No time was found; expected one such as "2h", "9:00"'),
    ("/remind T1 call him", "When? No time was found"),
    ("/remind today 9:00 x", "When? That has passed. Nothing was done."),
    ("/remind 2h", "Of what? Write it after the time"),
    ("/remind R9 2h", "There is no R9, or it is not yours."),
    ("/plan T1 2h", "What is planned? Write call, visit or mail"),
    ("/plan 2h call", "Which ticket?"),
    ("/done R9", "There is no R9, or it is not yours."),
    ("/done", "Which ticket?"),
    ("/drop", "Which reminder? Write its number"),
    ("/snooze T1", "When? No time was found"),
    ("/wake T1", "T1 is awake already. Nothing was done."),
    ("/zone Warsaw", "There is no time zone Warsaw. Write it like Europe/Warsaw."),
    ("/tomorrow R1", '"tomorrow" is not a command.'),
]


@pytest.mark.parametrize(("text", "said"), SAID, ids=[text for text, _ in SAID])
async def test_what_cannot_be_done_is_said_with_the_next_step(desk: Stage, text: str, said: str) -> None:
    """M-9."""
    before = await desk.effects()
    await desk.staff(text)
    assert said in last(desk)
    assert await desk.effects() == before
    assert await desk.rows("SELECT id FROM reminders") == []


async def test_done_with_a_tickets_number_or_under_its_card_closes_it(desk: Stage) -> None:
    """M-9: the word is read both ways, and never guessed."""
    await desk.staff("/remind T1 2h call him")
    await desk.staff("/done R1 he called back", reply_to=desk.find("T1 ·").id)
    assert last(desk) == "R1 done."
    assert (await desk.ticket())["state"] == "open"
    await desk.staff("/done", reply_to=desk.find("T1 ·").id)
    assert (await desk.ticket())["state"] == "closed"
    await desk.staff("/reopen T1")
    await desk.staff("/done T1 R2 stays as it is")
    assert (await desk.ticket())["state"] == "closed"


async def test_another_zone_is_another_instant_and_utc_is_pointed_out_once(desk: Stage) -> None:
    """S4-18: Marek has never said where he lives."""
    await desk.staff("/remind 14:00 lunch", by=desk.marek)
    assert last(desk).startswith("R1: I remind you Tue 10 Mar 2026 14:00 UTC (in 5h).\nThat is UTC.")
    await desk.staff("/zone america/new_york", by=desk.marek)
    assert last(desk).startswith("Your zone is America/New_York now: it is Tue 10 Mar 2026 05:00 EDT.")
    await desk.staff("/remind 14:00 dinner", by=desk.marek)
    assert last(desk) == "R2: I remind you Tue 10 Mar 2026 14:00 EDT (in 9h)."
    await desk.staff("/zone", by=desk.marek)
    assert last(desk).startswith("Your zone is America/New_York:")


async def test_a_ticket_put_off_leaves_the_lists_and_comes_back_with_a_line(desk: Stage) -> None:
    """M-6: its clock runs on, and that is said."""
    await desk.staff("/take T1")
    await desk.staff("/z T1 30m waits for the bank")
    assert last(desk) == (
        "T1 is off the lists until Tue 10 Mar 2026 10:30 CET (in 30m), or until Eszter writes.\n"
        "Eszter still waits: the clock runs on, first answer by 11:00 CET."
    )
    assert "asleep until 09:30 UTC" in desk.find("T1 · Segítség").text
    await desk.staff("/my")
    assert last(desk) == "Nothing is yours. /queue shows what waits.\nT1 asleep until 10:30 CET"
    await desk.push(minutes=30)
    assert desk.find("T1 is back: it was put off until 09:30 UTC.").reply_to == desk.find("T1 · Segítség").id
    assert last(desk, desk.anna).startswith("T1 is back: it was put off until 09:30 UTC.\nT1 · Segítség")
    assert "asleep" not in desk.find("T1 · Segítség").text
    await desk.staff("/my")
    assert last(desk).startswith("Yours: 1\nT1")


async def test_without_a_staff_chat_who_has_the_card_is_told_and_leavers_reminders_go_to_leads(
    database_url: str, tmp_path: Path
) -> None:
    """The smallest desk; nothing more reaches who has left."""
    telegram = {"channels": {"telegram": {"staff_chat": 0}}}
    clock = Clock()
    clock.push(TUESDAY - clock.now())
    async with stages.playing(database_url, tmp_path, clock, **telegram) as desk:
        desk.open(desk.anna, desk.marek)
        await desk.customer("Segítség")
        own = desk.world.private(desk.anna)
        await desk.say(desk.anna, own, "/snooze T1 10m")
        await desk.say(desk.anna, own, "/remind 20m the bank")
        await desk.until(lambda: last(desk, desk.anna).startswith("R1: I remind you"))
        await leave(desk, "Anna")
        before = len(desk.bot_texts(own.id))
        await desk.push(minutes=10)
        await desk.until(lambda: last(desk, desk.marek) == "T1 is back: it was put off until 09:10 UTC.")
        await desk.push(minutes=10)
        await desk.until(lambda: last(desk, desk.marek) == "Reminder R1 of Anna, who has left: the bank")
        assert len(desk.bot_texts(own.id)) == before


async def test_a_ticket_that_is_not_his_to_see_any_more_is_not_shown(desk: Stage) -> None:
    """S6, S20: a reminder gives no right."""
    await desk.staff("/remind T1 10m call him")
    async with desk.app.store.unit() as work:
        await work.change("UPDATE tickets SET queue = 'secret'")
    await desk.push(minutes=10)
    await told(desk)
    assert last(desk, desk.anna) == "Reminder R1: call him\nIt is about T1, which is not yours to see any more."


async def test_the_customers_words_and_the_button_wake_a_ticket(desk: Stage) -> None:
    """M-5."""
    await desk.staff("/snooze T1 tomorrow")
    await desk.staff("/queue")
    assert last(desk) == "Nothing waits."
    await desk.customer("Halló?")
    assert "asleep" not in desk.find("T1 · Segítség").text
    await desk.staff("/queue")
    assert last(desk).startswith("Nobody has: 1")
    await desk.staff("/snooze T1 tomorrow")
    assert await desk.press("Wake") == "T1 is back on the lists."
    assert (await desk.ticket())["snoozed_until"] is None


async def test_the_command_line_lists_reminders_and_moves_a_colleague(desk: Stage, tmp_path: Path) -> None:
    """interfaces: one object a line, ids as strings, times in UTC with Z."""
    await desk.staff("/remind T1 tomorrow 9:00 call him")
    await desk.staff("/remind 2h the bank")
    await desk.staff("/drop R2")
    config = tmp_path / "centrala.toml"
    config.write_text(f'[database]\nurl = "{desk.app.settings.database.url}"\n')

    async def run(*words: str) -> str:
        done = await asyncio.to_thread(commands.run_text, *words, "--config", str(config))
        assert done.returncode == 0, done.stderr
        return done.stdout

    [line] = (await run("reminders", "list", "--json")).splitlines()
    found = orjson.loads(line)
    assert found.pop("created_at").startswith("2026-03-10T09:00:")
    assert found == {
        "number": "R1",
        "state": "waiting",
        "kind": "reminder",
        "who": "Anna",
        "ticket": "T1",
        "text": "call him",
        "due_at": "2026-03-11T08:00:00Z",
        "zone": "Europe/Warsaw",
        "late": False,
        "created_by": "Anna",
        "fired_at": None,
        "ended_at": None,
        "outcome": None,
    }
    assert len((await run("reminders", "list", "--all", "--json")).splitlines()) == 2
    assert "R1      waiting  reminder  Anna" in await run("reminders", "list")
    assert (
        await run("staff", "set", "Anna", "--zone", "Europe/London") == "Anna lives by the clocks of Europe/London.\n"
    )
    await desk.staff("/zone")
    assert last(desk).startswith("Your zone is Europe/London:")
