"""Snooze: off the lists until a time or the customer's next words, exactly once; the clock runs on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from crmcore.access import Actor
from crmcore.models.staff import Role
from kernel import errors, timers
from kernel.clock import Clock
from kernel.unit import Store, Work
from tests.conftest import START
from tests.tickets.letters import ALL, actor, entries, seen, ticket
from tickets import actions, clocks, snooze, visible
from tickets.events import Change, CustomerWrote, TicketChanged, TicketWoke
from tickets.visible import TicketView

HOUR = timedelta(hours=1)


@pytest.fixture
def heard(store: Store) -> list[Any]:
    said: list[Any] = []

    async def hear(work: Work, events: Sequence[Any]) -> None:
        said.extend(events)

    store.handlers = {TicketChanged: (hear,), TicketWoke: (hear,), CustomerWrote: (snooze.interrupted,)}
    return said


@pytest.fixture
async def anna(store: Store) -> Actor:
    return await actor(store)


async def put_off(store: Store, by: Actor, until: datetime = START + HOUR, **more: Any) -> TicketView:
    async with store.unit() as work:
        await snooze.snooze(work, by, await seen(work, 1), until, **more)
    return await seen(store.reading(), 1)


async def turn(store: Store) -> None:
    """A fresh loop, as after a restart; twice, as what the first turn has woken the second must not."""
    for _ in range(2):
        await timers.Timers(store, (clocks.SOURCE, snooze.SOURCE)).turn()


async def queue(store: Store) -> list[int]:
    found, total = await visible.queued(store.reading(), ALL)
    assert total == len(found)
    return [one.number for one in found]


async def test_a_ticket_put_off_leaves_the_lists_and_comes_back_once(
    store: Store, clock: Clock, heard: list[Any], anna: Actor
) -> None:
    """M-6, R8."""
    view = await ticket(store)
    await ticket(store, "other")
    asleep = await put_off(store, anna, reason="waits for the bank")
    assert asleep.snoozed_until == START + HOUR and asleep.version == view.version + 1
    assert await queue(store) == [2]
    clock.push(HOUR - timedelta(microseconds=1))
    await turn(store)
    assert await queue(store) == [2]
    clock.push(timedelta(microseconds=1))
    await turn(store)
    await turn(store)
    assert await queue(store) == [1, 2]
    assert [one for one in heard if isinstance(one, TicketWoke)] == [TicketWoke(view.id, START + HOUR)]
    assert [one.change for one in heard if isinstance(one, TicketChanged)] == [Change.SNOOZED, Change.WOKEN]
    assert (await entries(store, 1))[1:] == [
        ("Anna", "Anna put the ticket off until Tue 10 Mar 2026 10:00 UTC: waits for the bank"),
        ("Centrala", "awake again: the time has come"),
    ]


@pytest.mark.parametrize("jumps", [(2, -3, 4), (-5, 10), (0.5, 0.4, 0.2), (1, 1, -2, 2)])
async def test_it_wakes_once_however_the_clock_jumps(
    store: Store, clock: Clock, heard: list[Any], anna: Actor, jumps: tuple[float, ...]
) -> None:
    """R8."""
    await ticket(store)
    await put_off(store, anna)
    for jump in jumps:
        clock.push(jump * HOUR)
        await turn(store)
        await turn(store)
    assert len([one for one in heard if isinstance(one, TicketWoke)]) == 1


async def test_the_customers_words_wake_it(store: Store, clock: Clock, heard: list[Any], anna: Actor) -> None:
    """M-5."""
    view = await ticket(store)
    await put_off(store, anna)
    for _ in range(2):
        async with store.unit() as work:
            work.say(CustomerWrote(view.id, 0))
    assert await queue(store) == [1]
    assert [text for _, text in await entries(store, 1)].count("awake again: the customer has written") == 1
    clock.push(2 * HOUR)
    await turn(store)
    assert not [one for one in heard if isinstance(one, TicketWoke)]


async def test_the_first_answers_clock_runs_on(store: Store, clock: Clock, heard: list[Any], anna: Actor) -> None:
    """M-6: putting off is not answering."""
    await ticket(store, due_at=START + HOUR)
    asleep = await put_off(store, anna, START + 5 * HOUR)
    assert asleep.first_response_due == START + HOUR
    clock.push(HOUR)
    await turn(store)
    late = await seen(store.reading(), 1)
    assert late.is_breached and late.snoozed_until == START + 5 * HOUR


async def test_one_can_wake_it_by_hand_once(store: Store, heard: list[Any], anna: Actor) -> None:
    await ticket(store)
    await put_off(store, anna)
    async with store.unit() as work:
        await snooze.wake(work, anna, await seen(work, 1))
    assert await queue(store) == [1]
    async with store.unit() as work:
        with pytest.raises(errors.Conflict, match="awake already"):
            await snooze.wake(work, anna, await seen(work, 1))


async def test_a_ticket_that_is_closed_sleeps_no_more(
    store: Store, clock: Clock, heard: list[Any], anna: Actor
) -> None:
    await ticket(store)
    await put_off(store, anna)
    async with store.unit() as work:
        await actions.close(work, anna, await seen(work, 1))
    assert (await seen(store.reading(), 1)).snoozed_until is None
    clock.push(2 * HOUR)
    await turn(store)
    assert not [one for one in heard if isinstance(one, TicketWoke)]
    with pytest.raises(errors.Conflict, match="closed"):
        await put_off(store, anna, START + 5 * HOUR)


async def test_mine_and_asleep_are_two_lists(store: Store, heard: list[Any], anna: Actor) -> None:
    await ticket(store)
    async with store.unit() as work:
        await actions.take(work, anna, await seen(work, 1))
    await put_off(store, anna)
    assert await visible.assigned(store.reading(), anna.id) == ([], 0)
    assert [one.number for one in await visible.asleep(store.reading(), anna.id)] == [1]
    assert await snooze.next_due(store.reading()) == START + HOUR


async def test_putting_off_has_its_limits(store: Store, heard: list[Any], anna: Actor) -> None:
    """There is no "for ever"; the highest priority waits 8 hours at most; another's ticket is a lead's to put off."""
    await ticket(store)
    with pytest.raises(errors.Invalid, match="a year at most"):
        await put_off(store, anna, START + timedelta(days=367))
    async with store.unit() as work:
        await work.change("UPDATE tickets SET priority = 1")
    with pytest.raises(errors.Invalid, match="8 hours at most"):
        await put_off(store, anna, START + timedelta(hours=8, seconds=1))
    await put_off(store, anna, START + timedelta(hours=8))
    bea, marek = await actor(store, "Bea"), await actor(store, "Marek", Role.LEAD)
    async with store.unit() as work:
        await actions.take(work, bea, await seen(work, 1))
    with pytest.raises(errors.Forbidden, match="Bea has T1"):
        await put_off(store, anna)
    await put_off(store, marek)
