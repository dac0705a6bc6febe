"""The unit of work: all or nothing with its handlers' work, events in rounds, pokes after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from tortoise.exceptions import OperationalError, TransactionManagementError

from crmcore.models.people import Contact
from kernel import ids
from kernel.clock import Clock
from kernel.unit import MAX_ROUNDS, Store, Work
from tests.conftest import START


@dataclass(frozen=True, slots=True)
class Written:
    name: str


@dataclass(frozen=True, slots=True)
class Read:
    name: str


async def write(work: Work, name: str) -> None:
    await work.insert(Contact, [{"id": ids.new(), "name": name, "language": "", "created_at": work.now}])


async def names(store: Store) -> list[str]:
    return [row["name"] for row in await store.reading().fetch("SELECT name FROM contacts ORDER BY id")]


async def test_an_error_rolls_everything_back(store: Store) -> None:
    """M-5: half of a message's work never stays."""
    with pytest.raises(ZeroDivisionError):
        async with store.unit() as work:
            await write(work, "Eszter")
            raise ZeroDivisionError
    assert await names(store) == []


async def test_a_handlers_error_rolls_back_the_unit_and_the_other_handlers(store: Store) -> None:
    async def note(work: Work, events: Sequence[Written]) -> None:
        await write(work, f"after {events[0].name}")

    async def fail(work: Work, events: Sequence[Written]) -> None:
        raise ZeroDivisionError

    store.handlers = {Written: (note, fail)}
    with pytest.raises(ZeroDivisionError):
        async with store.unit() as work:
            await write(work, "Eszter")
            work.say(Written("Eszter"))
    assert await names(store) == []


async def test_events_come_as_lists_in_the_order_said_and_handlers_in_theirs(store: Store) -> None:
    heard: list[str] = []

    async def first(work: Work, events: Sequence[Written]) -> None:
        heard.append(f"first {[event.name for event in events]}")
        work.say(Read(events[0].name))

    async def second(work: Work, events: Sequence[Written]) -> None:
        heard.append(f"second {len(events)}")

    async def read(work: Work, events: Sequence[Read]) -> None:
        heard.append(f"read {[event.name for event in events]}")

    store.handlers = {Read: (read,), Written: (first, second)}
    async with store.unit() as work:
        for event in (Written("a"), Read("b"), Written("c")):
            work.say(event)
    assert heard == ["first ['a', 'c']", "second 2", "read ['b']", "read ['a']"]


async def test_events_that_answer_each_other_for_ever_are_a_circle(store: Store) -> None:
    async def answer(work: Work, events: Sequence[Written]) -> None:
        await write(work, "again")
        work.say(Written("again"))

    store.handlers = {Written: (answer,)}
    with pytest.raises(RuntimeError, match=f"after {MAX_ROUNDS} rounds: Written"):
        async with store.unit() as work:
            work.say(Written("Eszter"))
    assert await names(store) == []


async def test_an_event_nobody_answers_is_fine(store: Store) -> None:
    """What the unit wrote is committed all the same."""
    async with store.unit() as work:
        await write(work, "Eszter")
        work.say(Written("Eszter"))
    assert await names(store) == ["Eszter"]


async def test_pokes_come_after_the_commit(database_url: str, store: Store) -> None:
    """Rows before the commit, pokes after it: whoever wakes finds the rows."""
    poked: list[str] = []
    store.poke = poked.append
    async with store.unit() as work:
        work.poke("timers")
        work.poke("timers")
        assert poked == []
    assert poked == ["timers"]


async def test_a_rolled_back_unit_pokes_nobody(store: Store) -> None:
    poked: list[str] = []
    store.poke = poked.append
    with pytest.raises(ZeroDivisionError):
        async with store.unit() as work:
            work.poke("timers")
            raise ZeroDivisionError
    assert poked == []


async def test_a_cancelled_unit_leaves_nothing(store: Store) -> None:
    inside, forever = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        async with store.unit() as work:
            await write(work, "Eszter")
            inside.set()
            await forever.wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.unit() as work:
        await write(work, "Marek")
    assert await names(store) == ["Marek"]


async def test_a_unit_has_one_instant(store: Store, clock: Clock) -> None:
    async with store.unit() as work:
        clock.push(timedelta(hours=1))
        assert work.now == START
    assert store.reading().now == START + timedelta(hours=1)


async def test_a_reader_does_not_wait_for_an_open_unit(store: Store) -> None:
    """Pages and searches read while a unit writes; they see what was committed."""
    async with store.unit() as work:
        await write(work, "Eszter")
        assert await asyncio.wait_for(names(store), 2) == []
    assert await names(store) == ["Eszter"]


async def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises((OperationalError, TransactionManagementError), match=r"read-?only"):
        await store.reading().fetch("INSERT INTO counters (name, value) VALUES ('x', 1) RETURNING name")


async def test_units_at_the_same_time_lose_no_change(store: Store) -> None:
    async with store.unit() as work:
        await work.change("INSERT INTO counters (name, value) VALUES ('test', 0)")

    async def add() -> None:
        async with store.unit() as work:
            await work.change("UPDATE counters SET value = value + 1 WHERE name = 'test'")

    await asyncio.gather(*(add() for _ in range(20)))
    found = await store.reading().one("SELECT value FROM counters WHERE name = 'test'")
    assert found == {"value": 20}
