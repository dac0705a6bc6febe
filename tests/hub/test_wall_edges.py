"""What one line each stands for: old letters, lost rights to one's own note, parts that have left, who is woken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import codes
from channels.events import MessageParked
from crmcore import staff
from kernel.clock import Clock
from tests.hub.walled import BELA, ESZTER, GROUP, MAREK, SECRET, Wall, furnished
from tickets import actions

NEW = "2099"  # a customer who has not written yet


@pytest.fixture
async def wall(template: Any, database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Wall]:
    async with furnished(template, database_url, tmp_path, clock) as wall:
        yield wall


@pytest.mark.parametrize(("hours", "heard"), [(23, 1), (25, 0)], ids=["of today", "of the day before"])
async def test_what_waited_in_our_store_for_a_day_is_not_acknowledged(wall: Wall, hours: int, heard: int) -> None:
    """M-8: "we have your message" a day late helps nobody, whatever time the message itself says."""
    step = await wall.write(NEW, "Help", received_at=datetime.now(UTC) - timedelta(hours=hours))
    assert len([text for text in step.told(NEW) if text.startswith("We have your message")]) == heard
    assert ("tickets", "added") in step.changes


async def test_a_note_is_sent_by_who_wrote_it_and_may_still_see_its_ticket(wall: Wall) -> None:
    """S6, S20: the button under an old note gives no right to a ticket that went to others."""
    note = await wall.one(f"SELECT id FROM entries WHERE kind = 'note' AND text = '{SECRET} note'")
    press = codes.write("sn", note)
    refused = "That note is not yours to send."
    assert (await wall.pressed(MAREK, press)).said == ((MAREK, refused),), "he sees the ticket and wrote no note"
    async with wall.store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = NULL WHERE number = 3")
        await work.change("DELETE FROM queue_members")
    step = await wall.pressed(BELA, press)
    assert (step.changes, step.said) == ((), ((BELA, refused),))


async def test_a_note_is_sent_to_the_customer_by_its_button(wall: Wall) -> None:
    """M-9: and once."""
    note = await wall.one(f"SELECT id FROM entries WHERE kind = 'note' AND text = '{SECRET} note'")
    press = codes.write("sn", note)
    assert (await wall.pressed(BELA, press)).told(ESZTER) == [f"{SECRET} note"]
    again = await wall.pressed(BELA, press)
    assert (again.changes, again.told(ESZTER)) == ((), [])


async def test_undo_of_a_long_reply_says_what_has_left(wall: Wall) -> None:
    """M-9: what was sent cannot be unsent, and nobody is told otherwise."""
    await wall.say(BELA, f"/reply T3 {'long words ' * 800}")
    parts = [row["id"] for row in await wall.rows("SELECT id FROM messages WHERE purpose = 'reply' ORDER BY id")][1:]
    assert len(parts) > 1
    async with wall.store.unit() as work:
        await work.change("UPDATE messages SET state = 'sent' WHERE id = ?", parts[0])
    step = await wall.pressed(BELA, codes.write("un", parts[0]))
    assert set(step.told(BELA)) == {
        "T3: the rest is taken back, but a part has left. Send a correction.",
        "T3 taken back; Eszter saw the part that had left.",
    }


async def test_undo_of_a_long_reply_that_is_held_takes_all_of_it_back(wall: Wall) -> None:
    """M-9."""
    await wall.say(BELA, f"/reply T3 {'long words ' * 800}")
    step = await wall.tried(BELA, "/undo T3")
    assert step.told(BELA) == ["T3: taken back. Eszter saw nothing.", "T3 taken back; Eszter saw nothing."]


async def test_an_ack_wakes_the_timers(wall: Wall) -> None:
    """M-10: an alert put off for a minute is due before whatever they sleep until."""
    poked: list[str] = []
    wall.store.poke = poked.append
    await wall.say(MAREK, "/ack T4 1m")
    assert "timers" in poked


PARKED = MessageParked(4711, "chat", "KeyError")


async def parked(wall: Wall) -> dict[str, str]:
    """Who is told of a message that was set aside: address → text."""
    before = await wall.snapshot()
    async with wall.store.unit() as work:
        work.say(PARKED)
    new = [row for key, row in (await wall.snapshot())["messages"].items() if key not in before["messages"]]
    return {row["address"]: row["text"] for row in new}


async def test_a_parked_message_is_told_in_the_staff_chat(wall: Wall) -> None:
    """M-5: with the next step."""
    [(address, text)] = (await parked(wall)).items()
    assert address == GROUP
    assert text.endswith("It is kept. Try again: centrala messages retry 4711")


async def test_without_a_staff_chat_a_parked_message_is_told_to_leads(wall: Wall) -> None:
    """M-5, S20: to those who can do something about it, and to no agent or leaver."""
    wall.house.staff_chats.clear()
    assert set(await parked(wall)) == {MAREK}
    async with wall.store.unit() as work:
        await actions.release(work, (await staff.remove(work, "Marek")).id)
    assert await parked(wall) == {}
