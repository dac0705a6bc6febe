"""What nobody could be given: told once a spell, pulled when there is room, and left alone once touched by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from crmcore import absences
from crmcore.access import Actor
from kernel.clock import Clock
from kernel.unit import Store
from routing import assign, pulling, unheld
from routing.choosing import Capacity, Giving
from routing.desk import Desk, Queue
from routing.events import NobodyAble
from tests.tickets.letters import actor, arrived, entries, place, seen
from tickets import actions, calendar
from tickets.events import Change, TicketChanged

HOUR = timedelta(hours=1)
ONE = Giving(capacity=Capacity(1))


def desk(giving: Giving = ONE) -> Desk:
    return Desk({"inbox": Queue("inbox", calendar.always(), members=("Bea",), giving=giving)})


async def come(store: Store, *names: str, by: Desk | None = None) -> list[NobodyAble]:
    """Letters come in; what is told of it."""
    places = await place(store, *(arrived(name) for name in names))
    async with store.unit() as work:
        await assign.distribute(work, by or desk(), places)
        return [one for one in work.said if isinstance(one, NobodyAble)]


async def pull(store: Store, by: Desk | None = None) -> list[TicketChanged]:
    async with store.unit() as work:
        await pulling.pull(work, by or desk(), ["inbox"])
        return [one for one in work.said if isinstance(one, TicketChanged)]


async def whose(store: Store) -> list[str | None]:
    found = await store.reading().fetch(
        "SELECT s.name FROM tickets AS t LEFT JOIN staff AS s ON s.id = t.assignee_id ORDER BY t.number"
    )
    return [row["name"] for row in found]


async def make_room(store: Store, number: int) -> None:
    async with store.unit() as work:
        await work.change("UPDATE tickets SET state = 'waiting' WHERE number = ?", number)


@pytest.fixture
async def bea(store: Store) -> Actor:
    return await actor(store, "Bea")


async def test_room_for_one_pulls_the_most_urgent_and_then_the_oldest(store: Store, bea: Actor) -> None:
    """M-6: with a line on the ticket, and it has changed for whoever looks at it."""
    await come(store, "a", "b", "c", "d")
    async with store.unit() as work:
        await work.change("UPDATE tickets SET priority = 1 WHERE number = 3")
    assert await whose(store) == ["Bea", None, None, None] and await pull(store) == []
    order = []
    for number in (1, 3, 2):
        before = await whose(store)
        await make_room(store, number)
        [said] = await pull(store)
        after = await whose(store)
        order.append(next(n for n in range(4) if before[n] != after[n]) + 1)
        assert (said.change, said.actor_id, said.said) == (Change.ASSIGNED, None, "given to Bea, who can take it now")
    assert order == [3, 2, 4]
    lines = [text for _, text in await entries(store, 2)]
    assert lines[-2:] == [unheld.NOTED, "given to Bea, who can take it now"]


async def test_it_is_told_once_while_it_lasts(store: Store, clock: Clock, bea: Actor) -> None:
    """M-6: the next spell is told again; here the message that was told is written down by hand."""
    async with store.unit() as work:
        await absences.leave(work, bea.id, None)
    [told] = await come(store, "a", "b")
    assert (told.queue, told.waiting) == ("inbox", 2)
    await written_down(store, told.ticket_id)
    clock.push(3 * HOUR)
    assert await come(store, "c") == []
    async with store.unit() as work:
        await absences.back(work, bea.id)
    by = desk(Giving())
    assert len(await pull(store, by)) == 3
    async with store.unit() as work:
        await absences.leave(work, bea.id, None)
    [again] = await come(store, "d", by=by)
    assert again.waiting == 1


async def test_a_queue_that_empties_and_fills_is_not_told_of_at_each_ticket(
    store: Store, clock: Clock, bea: Actor
) -> None:
    """A lead who takes each by hand is not told of each."""
    async with store.unit() as work:
        await absences.leave(work, bea.id, None)
    [told] = await come(store, "a")
    await written_down(store, told.ticket_id)
    lead = await actor(store, "Jan")
    async with store.unit() as work:
        await actions.take(work, lead, await seen(work, 1))
    clock.push(HOUR / 2)
    assert await come(store, "b") == []
    clock.push(HOUR)
    [again] = await come(store, "c")
    assert again.waiting == 2


async def written_down(store: Store, ticket_id: int) -> None:
    async with store.unit() as work:
        await work.change(
            "UPDATE messages SET ref_kind = ?, created_at = ? WHERE ref_id = ?", unheld.ABOUT, work.now, ticket_id
        )


async def test_what_a_colleague_has_touched_is_left_to_colleagues(store: Store, clock: Clock, bea: Actor) -> None:
    """M-6: who set it down on purpose does not get it back."""
    await come(store, "a", "b")
    clock.push(HOUR)
    async with store.unit() as work:
        await actions.take(work, bea, await seen(work, 2))
    async with store.unit() as work:
        await actions.assign(work, bea, await seen(work, 2), None)
    await make_room(store, 1)
    assert await pull(store) == [] and await whose(store) == ["Bea", None]


async def test_a_colleague_who_left_gives_back_what_he_was_given(store: Store, bea: Actor) -> None:
    """M-6: that was nobody's will."""
    await come(store, "a", "b")
    await make_room(store, 1)
    await pull(store)
    async with store.unit() as work:
        await actions.release(work, bea.id)
        await absences.leave(work, bea.id, None)
    eva = await actor(store, "Eva")
    async with store.unit() as work:
        await assign.join(work, eva.id, ["inbox"])
    await pull(store)
    assert (await whose(store))[1] == "Eva"


async def test_two_hubs_give_one_ticket_once(store: Store, bea: Actor) -> None:
    """Law of claims: what has changed since it was read is let be."""
    await come(store, "a", "b")
    await make_room(store, 1)
    async with store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = ?, version = version + 1 WHERE number = 2", bea.id)
    assert await pull(store) == []


async def test_what_nobody_was_to_be_given_is_not_pulled(store: Store, bea: Actor) -> None:
    """It came when the queue gave nothing by itself."""
    quiet = Desk({"inbox": replace(desk().queues["inbox"], assigns=False)})
    assert await come(store, "a", by=quiet) == []
    assert await pull(store) == []
