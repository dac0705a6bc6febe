"""What comes by itself stops at the wall too: a colleague who may not see a ticket any more hears nothing of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crmcore import staff
from kernel.clock import Clock
from tests.hub.walled import BELA, MAREK, Step, Wall, compared, furnished
from tickets import actions
from tickets.events import AnswerRerouted

GONE = ["has left", "lost the queue"]


@pytest.fixture
async def wall(template: Any, database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Wall]:
    async with furnished(template, database_url, tmp_path, clock) as wall:
        yield wall


async def shut_out(wall: Wall, how: str) -> None:
    """Bela sees T3 no more."""
    async with wall.store.unit() as work:
        if how == "has left":
            await actions.release(work, (await staff.remove(work, "Bela")).id)
        else:
            await work.change("UPDATE tickets SET assignee_id = NULL WHERE number = 3")
            await work.change("DELETE FROM queue_members")
    await wall.delivered()


async def rerouted(wall: Wall) -> Step:
    """Bela's answer on T3 was refused and goes on by SMS."""
    ticket_id = await wall.one("SELECT id FROM tickets WHERE number = 3")
    failed_id = await wall.one("SELECT id FROM messages WHERE purpose = 'reply'")
    next_id = await wall.one("SELECT id FROM messages WHERE purpose = 'code'")
    before = await wall.snapshot()
    async with wall.store.unit() as work:
        work.say(AnswerRerouted(ticket_id, failed_id, next_id, "SMS", "refused"))
    assert await wall.one("SELECT ref_id FROM messages WHERE purpose = 'progress'") == next_id, "it is followed anyway"
    return compared(before, await wall.snapshot())


async def test_who_sent_an_answer_hears_that_it_goes_another_way(wall: Wall) -> None:
    """M-8."""
    [text] = (await rerouted(wall)).told(BELA)
    assert text.startswith("T3 ✗ not delivered to Eszter: ") and text.endswith("Sending by SMS instead.")


@pytest.mark.parametrize("how", GONE)
async def test_who_may_not_see_the_ticket_does_not_hear_where_its_answer_goes(wall: Wall, how: str) -> None:
    """S6, S20."""
    await shut_out(wall, how)
    assert (await rerouted(wall)).said == ()


async def test_who_has_left_does_not_hear_how_his_reminder_ended(wall: Wall) -> None:
    """S20: it was told in his own chat, where it stays as it was."""
    await wall.say(BELA, "/remind T3 5m call")
    await wall.push(minutes=5)
    assert await wall.one("SELECT address FROM messages WHERE purpose = 'reminder' ORDER BY id DESC LIMIT 1") == BELA
    await shut_out(wall, "has left")
    step = await wall.tried(MAREK, "/done R5 reached him")
    assert step.told(MAREK) == ["R5 done."] and step.told(BELA) == []


async def test_a_reminder_that_was_told_shrinks_to_how_it_ended(wall: Wall) -> None:
    """Who is still here sees it."""
    await wall.say(BELA, "/remind T3 5m call")
    await wall.push(minutes=5)
    step = await wall.tried(MAREK, "/done R5 reached him")
    assert step.told(BELA) == ["R5 · T3 · call: done by Marek"]
