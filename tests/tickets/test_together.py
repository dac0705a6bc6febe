"""Two units at the same moment: on PostgreSQL they run side by side, and each is done or refused, never stuck."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from crmcore.access import Role
from kernel import errors
from kernel.unit import Store, Work
from tests.tickets import searched
from tests.tickets.letters import actor, arrived, place, seen
from tickets import actions, casework, changes, clocks, merging, undoing
from tickets.clocks import Start
from tickets.models import ClockKind
from tickets.search import documents, index
from tickets.states import SHIPPED


async def test_two_merges_against_each_other_leave_one_merged_and_neither_waits_for_the_other(store: Store) -> None:
    """S5: T1 into T2 and T2 into T1 at once, over and over; the second is told what is in the way."""
    for matter in ("one", "two"):
        await place(store, arrived(text=matter, matter=matter))
    lead = await actor(store, "Marek", Role.LEAD)

    async def merged(source: int, target: int) -> bool:
        try:
            async with store.unit() as work:
                await merging.merge(work, lead, await seen(work, source), await seen(work, target))
        except errors.Conflict:
            return False
        return True

    for _ in range(4):
        assert sorted(await asyncio.gather(merged(1, 2), merged(2, 1))) == [False, True]
        async with store.unit() as work:
            done = await changes.last(work, lead.id)
            assert done is not None
            await undoing.undo(work, lead, done)


async def test_a_close_and_a_solution_at_once_leave_the_second_told(store: Store) -> None:
    """S5: both change the ticket and end its clock; whoever is second hears that it has changed."""
    lead = await actor(store, "Marek", Role.LEAD)

    async def done(act: Callable[[Work], Awaitable[object]]) -> bool:
        try:
            async with store.unit() as work:
                await act(work)
        except errors.Conflict:
            return False
        return True

    for number in range(1, 5):
        await place(store, arrived(text="words", matter=f"matter {number}"))
        ticket = await seen(store.reading(), number)
        async with store.unit() as work:
            due_at = work.now + timedelta(hours=1)
            await clocks.start(work, [Start(ticket.id, ClockKind.FIRST_RESPONSE, due_at)])
        both = await asyncio.gather(
            done(partial(actions.close, actor=lead, ticket=ticket)),
            done(partial(casework.set_state, actor=lead, ticket=ticket, word=SHIPPED["solved"])),
        )
        assert sorted(both) == [False, True]


async def test_two_writers_of_the_index_do_not_write_the_same_row(store: Store) -> None:
    """`centrala search rebuild` beside a hub that catches up: one waits for the other."""
    said = await searched.write(store, [("inbox", "karta")] * 3)
    wanted = [one.entry_id for one in said]

    async def write() -> None:
        async with store.unit() as work:
            await index.write(work, documents.ENTRY, wanted)

    await asyncio.gather(*(write() for _ in range(6)))
    assert await searched.found(store, "karta") == wanted[::-1]
