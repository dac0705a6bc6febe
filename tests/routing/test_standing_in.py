"""Tickets of colleagues who are away: new ones pass them over, old ones change hands as the queue says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmcore import absences
from kernel.clock import Clock
from kernel.unit import Store
from routing import assign
from routing.desk import Desk, Queue
from routing.standing_in import StandingIn
from tests.tickets.letters import actor, arrived, entries, place, seen, ticket
from tickets import actions, calendar
from tickets.events import CustomerWrote

HOUR = timedelta(hours=1)


def desk(away: str = "deputy") -> Desk:
    return Desk({"inbox": Queue("inbox", calendar.always(), away=away)})


async def test_a_new_ticket_passes_over_who_is_away(store: Store, clock: Clock) -> None:
    """The least loaded is away: the other has it; where all are away it stays nobody's."""
    anna, jan = await actor(store, "Anna"), await actor(store, "Jan")
    async with store.unit() as work:
        for one in (anna, jan):
            await assign.join(work, one.id, ["inbox"])
        await absences.leave(work, anna.id, work.now + HOUR)
    for number in range(1, 3):
        places = await place(store, arrived(f"c{number}"))
        async with store.unit() as work:
            await assign.distribute(work, desk(), places)
        assert (await seen(store.reading(), number)).assignee == "Jan"
    async with store.unit() as work:
        await absences.leave(work, jan.id, None)
    places = await place(store, arrived("c3"))
    async with store.unit() as work:
        await assign.distribute(work, desk(), places)
    assert (await seen(store.reading(), 3)).assignee is None
    clock.push(HOUR)
    places = await place(store, arrived("c4"))
    async with store.unit() as work:
        await assign.distribute(work, desk(), places)
    assert (await seen(store.reading(), 4)).assignee == "Anna"


@pytest.mark.parametrize(
    ("rule", "has_deputy", "deputy_away", "owner"),
    [
        ("deputy", True, False, "Jan"),
        ("deputy", False, False, "Anna"),
        ("deputy", True, True, "Anna"),
        ("free", True, False, "Jan"),
        ("free", False, False, None),
        ("free", True, True, None),
        ("keep", True, False, "Anna"),
    ],
)
async def test_what_a_customer_writes_to_who_is_away_goes_as_the_queue_says(
    store: Store, rule: str, has_deputy: bool, deputy_away: bool, owner: str | None
) -> None:
    anna, jan = await actor(store, "Anna"), await actor(store, "Jan")
    view = await ticket(store)
    async with store.unit() as work:
        await actions.take(work, anna, view)
        await absences.leave(work, anna.id, None, deputy_id=jan.id if has_deputy else None)
        if deputy_away:
            await absences.leave(work, jan.id, None)
    async with store.unit() as work:
        await StandingIn(desk(rule)).wrote(work, [CustomerWrote(view.id, 1)])
    assert (await seen(store.reading(), 1)).assignee == owner
    told = [text for _, text in await entries(store, 1) if "is away" in text]
    assert told == ([] if owner == "Anna" else [f"Anna is away: the ticket goes to {owner or 'nobody'}"])


async def test_nothing_changes_while_its_owner_is_here(store: Store, clock: Clock) -> None:
    anna, jan = await actor(store, "Anna"), await actor(store, "Jan")
    view = await ticket(store)
    async with store.unit() as work:
        await actions.take(work, anna, view)
        await absences.leave(work, anna.id, work.now + HOUR, deputy_id=jan.id)
    clock.push(HOUR)
    async with store.unit() as work:
        await StandingIn(desk()).wrote(work, [CustomerWrote(view.id, 1)])
    assert (await seen(store.reading(), 1)).assignee == "Anna"
