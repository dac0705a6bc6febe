"""What rules may look at of a ticket under way and of its queue, from the store."""

from __future__ import annotations

import pytest

from kernel.clock import Clock
from kernel.unit import Store
from routing.desk import Desk, Queue
from tests.routing.test_intake import OFFICE, handle, rule
from tests.tickets.letters import actor, arrived, seen
from tickets import actions, calendar, values
from tickets.kinds import Field, Kind


def desk(*rules: tuple[str, str]) -> Desk:
    """Rules that give a tag each: (condition, tag)."""
    queues = {"inbox": Queue("inbox", OFFICE, members=("Anna",)), "cards": Queue("cards", calendar.always())}
    return Desk(queues, tuple(rule(when, tags=(tag,)) for when, tag in rules), {"chat": True})


async def tags(store: Store) -> set[str]:
    return set((await seen(store.reading(), 1)).tags)


@pytest.mark.database
async def test_a_rule_looks_at_the_ticket_that_a_message_joins(store: Store) -> None:
    """Issue "contact center", rules: facts of the ticket: its state, whose it is, its tags and its fields."""
    asked = desk(
        ('ticket.state == "waiting"', "waited"),
        ("!ticket.free", "taken"),
        ('"vip" in ticket.tags', "again"),
        ('"station=0412" in ticket.fields', "station"),
        ("ticket.new", "begun"),
    )
    anna = await actor(store, "Anna")
    await handle(store, arrived(text="hello"), desk=asked)
    assert await tags(store) == {"begun"}
    async with store.unit() as work:
        await actions.take(work, anna, await seen(work, 1))
        await values.put(work, anna, await seen(work, 1), Kind("x", (Field("station"),)), {"station": "0412"})
        await work.change("UPDATE tickets SET state = 'waiting', tags = '[\"vip\"]'")
    await handle(store, arrived(text="more"), desk=asked)
    assert await tags(store) == {"vip", "waited", "taken", "again", "station"}


@pytest.mark.database
async def test_a_rule_looks_at_the_queue(store: Store, clock: Clock) -> None:
    """Issue "contact center", rules: facts of the queue: its name, who works it, and whether it is open."""
    asked = desk(
        ("queue.open", "open"),
        ("!queue.open", "shut"),
        ('queue.name == "inbox" && "Anna" in queue.members', "anna"),
        ("message.files == 0 && !message.proven", "plain"),
    )
    now = clock.now()
    clock.push(now.replace(hour=8, minute=0) - now)  # nine in Warsaw, a Tuesday
    await handle(store, arrived(text="hello"), desk=asked)
    assert await tags(store) == {"open", "anna", "plain"}
    clock.push(now.replace(hour=20) - now)
    await handle(store, arrived(text="hello again"), desk=asked)
    assert "shut" in await tags(store)
