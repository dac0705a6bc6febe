"""Clocks as rows: fired in batches, each breach said once, and ended by what comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from kernel import timers
from kernel.clock import Clock
from kernel.unit import Store, Work
from tests.conftest import START
from tests.tickets.letters import arrived, place, ticket, waiting
from tickets import clocks
from tickets.events import ClockBreached
from tickets.models import ClockKind
from tickets.sla import ClockState

DUE = START + timedelta(hours=1)


@pytest.fixture
def breaches(store: Store) -> list[ClockBreached]:
    heard: list[ClockBreached] = []

    async def hear(work: Work, events: Sequence[ClockBreached]) -> None:
        heard.extend(events)

    store.handlers = {ClockBreached: (hear,)}
    return heard


async def fire(store: Store) -> int:
    async with store.unit() as work:
        return await clocks.fire(work, await waiting(work, clocks.SOURCE))


async def end(store: Store, ticket_id: int, state: ClockState) -> bool:
    async with store.unit() as work:
        return await clocks.end(work, ticket_id, ClockKind.FIRST_RESPONSE, state)


async def state(store: Store) -> str:
    row = await store.reading().one("SELECT state FROM clocks")
    assert row is not None
    return row["state"]


async def test_a_clock_fires_at_its_due_instant_and_only_once(
    store: Store, clock: Clock, breaches: list[ClockBreached]
) -> None:
    """M-6."""
    made = await ticket(store, due_at=DUE)
    clock.push(timedelta(hours=1, microseconds=-1))
    assert await fire(store) == 0
    clock.push(timedelta(microseconds=1))
    assert await fire(store) == 1
    assert await fire(store) == 0
    assert [(one.ticket_id, one.kind) for one in breaches] == [(made.id, "first_response")]
    assert await clocks.next_due(store.reading()) is None


async def test_clocks_fire_in_batches_the_earliest_first(
    store: Store, clock: Clock, breaches: list[ClockBreached], monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-6: however many are due at once, a unit stays short."""
    monkeypatch.setattr(timers, "AT_ONCE", 1)
    count = timers.BATCH + 70
    made = await place(store, *(arrived(f"c{n}") for n in range(count)))
    starts = [
        clocks.Start(one.id, ClockKind.FIRST_RESPONSE, DUE - timedelta(seconds=number))
        for number, one in enumerate(made)
    ]
    async with store.unit() as work:
        await clocks.start(work, starts)
    clock.push(timedelta(hours=2))
    firing = timers.Timers(store, (clocks.SOURCE,))
    assert await firing.turn() == timers.SHORTEST_SLEEP_S
    assert len(breaches) == timers.BATCH
    await firing.turn()
    assert await firing.turn() == timers.LONGEST_SLEEP_S
    assert [one.ticket_id for one in breaches] == [one.id for one in reversed(made)]


async def test_one_row_that_cannot_fire_holds_up_nobody_else(store: Store, clock: Clock) -> None:
    """M-6: it is passed over for a while, and its own state stays as it was."""
    first, broken, last = [await ticket(store, address=f"c{number}", due_at=DUE) for number in range(3)]
    breached: list[int] = []

    async def hear(work: Work, events: Sequence[ClockBreached]) -> None:
        if any(event.ticket_id == broken.id for event in events):
            raise ZeroDivisionError
        breached.extend(event.ticket_id for event in events)

    store.handlers = {ClockBreached: (hear,)}
    clock.push(timedelta(hours=2))
    firing = timers.Timers(store, (clocks.SOURCE,))
    await firing.turn()
    assert breached == [first.id, last.id]
    assert await firing.turn() == timers.LONGEST_SLEEP_S
    [left] = await store.reading().fetch("SELECT ticket_id FROM clocks WHERE state = 'running'")
    assert left["ticket_id"] == broken.id


async def test_a_store_that_is_away_sets_no_row_aside(store: Store, clock: Clock) -> None:
    """M-6: it is nobody's fault; once it answers, everything due fires at once."""
    made = [await ticket(store, address=f"c{number}", due_at=DUE) for number in range(3)]
    breached: list[int] = []
    away = True

    async def hear(work: Work, events: Sequence[ClockBreached]) -> None:
        if away:
            raise OSError("the store is away")
        breached.extend(event.ticket_id for event in events)

    store.handlers = {ClockBreached: (hear,)}
    clock.push(timedelta(hours=2))
    firing = timers.Timers(store, (clocks.SOURCE,))
    with pytest.raises(OSError, match="away"):
        await firing.turn()
    away = False
    await firing.turn()
    assert breached == [one.id for one in made]


async def test_a_breach_rolled_back_is_said_again(store: Store, clock: Clock, breaches: list[ClockBreached]) -> None:
    await ticket(store, due_at=DUE)
    clock.push(timedelta(hours=2))
    with pytest.raises(ZeroDivisionError):
        async with store.unit() as work:
            await clocks.fire(work, await waiting(work, clocks.SOURCE))
            raise ZeroDivisionError
    assert breaches == []
    assert await fire(store) == 1


@pytest.mark.parametrize("ended", [ClockState.MET, ClockState.CANCELLED], ids=str)
async def test_an_ended_clock_does_not_fire(store: Store, clock: Clock, ended: ClockState) -> None:
    made = await ticket(store, due_at=DUE)
    assert await end(store, made.id, ended)
    assert not await end(store, made.id, ClockState.CANCELLED)
    clock.push(timedelta(hours=2))
    assert await fire(store) == 0
    assert await state(store) == ended.value


@pytest.mark.parametrize("fired", [True, False], ids=["fired", "due and not fired yet"])
async def test_what_comes_after_the_due_time_does_not_heal_the_breach(store: Store, clock: Clock, fired: bool) -> None:
    """M-6: the row says what `sla.state_at` says."""
    made = await ticket(store, due_at=DUE)
    clock.push(timedelta(hours=1))
    if fired:
        await fire(store)
    assert await end(store, made.id, ClockState.MET)
    assert await state(store) == "breached"


async def test_a_clock_resumed_after_its_due_time_fires(
    store: Store, clock: Clock, breaches: list[ClockBreached]
) -> None:
    """The answer was taken back: the customer still waits."""
    made = await ticket(store, due_at=DUE)
    await end(store, made.id, ClockState.MET)
    clock.push(timedelta(hours=2))
    async with store.unit() as work:
        await clocks.resume(work, made.id, ClockKind.FIRST_RESPONSE)
    assert await fire(store) == 1
    assert len(breaches) == 1


async def test_a_clock_that_was_cancelled_is_not_resumed(store: Store, clock: Clock) -> None:
    made = await ticket(store, due_at=DUE)
    await end(store, made.id, ClockState.CANCELLED)
    async with store.unit() as work:
        await clocks.resume(work, made.id, ClockKind.FIRST_RESPONSE)
    assert await state(store) == "cancelled"


async def test_a_matter_that_begins_again_has_a_new_clock(store: Store, clock: Clock) -> None:
    made = await ticket(store, due_at=DUE)
    await end(store, made.id, ClockState.MET)
    clock.push(timedelta(days=1))
    later = clock.now() + timedelta(hours=1)
    async with store.unit() as work:
        await clocks.start(work, [clocks.Start(made.id, ClockKind.FIRST_RESPONSE, later)])
    assert await state(store) == "running"
    assert await clocks.next_due(store.reading()) == later
    row = await store.reading().one("SELECT count(*) AS n FROM clocks")
    assert row == {"n": 1}


async def test_an_earlier_due_time_wakes_the_timers(store: Store) -> None:
    poked: list[str] = []
    store.poke = poked.append
    await ticket(store, due_at=DUE)
    assert "timers" in poked
    assert await clocks.next_due(store.reading()) == DUE
