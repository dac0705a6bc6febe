"""Assignment: the least loaded, evenly, and only what is still nobody's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcore import absences, staff
from crmcore.models.staff import Role
from kernel.unit import Store
from routing import assign, choosing
from routing.choosing import Capacity, Crew, Giving, Strategy, Waiting
from routing.desk import Desk, Queue
from tests.tickets.letters import actor, arrived, place, seen
from tickets import calendar
from tickets.places import Place


def waiting(*tickets: tuple[str, int], contacts: Sequence[int] = (), channel: str = "chat") -> list[Waiting]:
    """(queue, priority) of each, numbered from 1; its customer's number, or 1."""
    return [
        Waiting(number, number, queue, priority, contacts[number - 1] if contacts else 1, channel)
        for number, (queue, priority) in enumerate(tickets, 1)
    ]


ANY = Capacity()


def chosen_by(
    free: Sequence[Waiting],
    members: Mapping[str, Sequence[int]],
    loads: Mapping[int, int],
    strategy: Strategy = Strategy.LEAST_LOADED,
    capacity: Capacity = ANY,
    **more: Any,
) -> list[tuple[Waiting, int]]:
    crew = Crew(members, {one: {"chat": load} for one, load in loads.items()}, **more)
    return choosing.choose(free, crew, lambda queue: Giving(strategy, capacity))


@pytest.mark.parametrize(
    ("tickets", "members", "loads", "expected"),
    [
        pytest.param([("cards", 3)], {}, {}, [], id="nobody works the queue"),
        pytest.param([("cards", 3)], {"cards": [7]}, {}, [(1, 7)], id="the only one"),
        pytest.param([("cards", 3)], {"cards": [7, 8]}, {7: 2, 8: 1}, [(1, 8)], id="the least loaded"),
        pytest.param([("cards", 3)], {"cards": [8, 7]}, {7: 1, 8: 1}, [(1, 7)], id="a tie goes to the older"),
        pytest.param(
            [("cards", 3)] * 3, {"cards": [7, 8]}, {7: 1}, [(1, 8), (2, 7), (3, 8)], id="the batch itself counts"
        ),
        pytest.param([("cards", 3), ("cards", 1)], {"cards": [7]}, {}, [(2, 7), (1, 7)], id="the most urgent first"),
        pytest.param(
            [("cards", 3), ("sales", 3), ("other", 3)],
            {"cards": [7], "sales": [7, 8]},
            {},
            [(1, 7), (2, 8)],
            id="one who works two queues counts once",
        ),
    ],
)
def test_a_ticket_goes_to_the_least_loaded(
    tickets: list[tuple[str, int]],
    members: Mapping[str, Sequence[int]],
    loads: Mapping[int, int],
    expected: list[tuple[int, int]],
) -> None:
    """M-6."""
    chosen = chosen_by(waiting(*tickets), members, loads)
    assert [(one.number, staff_id) for one, staff_id in chosen] == expected


@given(st.integers(1, 12), st.integers(0, 80), st.integers(0, 5), st.data())
def test_who_started_equal_ends_within_one_of_each_other(
    people: int, tickets: int, load: int, data: st.DataObject
) -> None:
    """M-6: fair, whatever the priorities."""
    priorities = data.draw(st.lists(st.integers(1, 4), min_size=tickets, max_size=tickets))
    members = {"cards": list(range(people))}
    chosen = chosen_by(waiting(*(("cards", one) for one in priorities)), members, dict.fromkeys(range(people), load))
    loads = Counter(dict.fromkeys(range(people), load))
    loads.update(staff_id for _, staff_id in chosen)
    assert len(chosen) == tickets
    assert max(loads.values()) - min(loads.values()) <= 1


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 9), min_size=1), st.integers(0, 30))
def test_nobody_is_given_a_ticket_while_another_has_fewer(loads: dict[int, int], tickets: int) -> None:
    now = Counter(loads)
    for _, staff_id in chosen_by(waiting(*([("cards", 3)] * tickets)), {"cards": list(loads)}, loads):
        assert now[staff_id] == min(now[person] for person in loads)
        now[staff_id] += 1


@pytest.mark.parametrize(
    ("turns", "tickets", "expected"),
    [
        pytest.param({}, 3, [7, 8, 9], id="each in turn"),
        pytest.param({("cards", 7): 20, ("cards", 8): 10, ("cards", 9): 30}, 4, [8, 7, 9, 8], id="longest ago first"),
        pytest.param({("cards", 7): 20, ("sales", 8): 90}, 2, [8, 9], id="another queue's turn is no turn here"),
    ],
)
def test_in_turn_the_load_does_not_matter(turns: Any, tickets: int, expected: list[int]) -> None:
    """M-6: who was given one longest ago, though he has the most."""
    members = {"cards": [7, 8, 9]}
    loads = {7: 0, 8: 5, 9: 9}
    chosen = chosen_by(waiting(*[("cards", 3)] * tickets), members, loads, Strategy.ROUND_ROBIN, turns=turns)
    assert [staff_id for _, staff_id in chosen] == expected


@pytest.mark.parametrize(
    ("known", "contacts", "expected"),
    [
        pytest.param({1: 8}, [1], [8], id="who had him last, though he has more"),
        pytest.param({1: 6}, [1], [7], id="who is away: the least loaded"),
        pytest.param({}, [1], [7], id="a new customer: the least loaded"),
        pytest.param({}, [5, 5], [7, 7], id="two of one customer in a batch"),
    ],
)
def test_a_customer_comes_back_to_who_knows_him(
    known: dict[int, int], contacts: list[int], expected: list[int]
) -> None:
    """M-6."""
    free = waiting(*[("cards", 3)] * len(contacts), contacts=contacts)
    chosen = chosen_by(free, {"cards": [7, 8]}, {7: 0, 8: 3}, Strategy.STICKY, known=known)
    assert [staff_id for _, staff_id in chosen] == expected


@pytest.mark.parametrize(
    ("capacity", "loads", "channels", "expected"),
    [
        pytest.param(Capacity(3), {7: {"chat": 2, "email": 1}, 8: {"chat": 2}}, ["chat"] * 2, [8], id="three in all"),
        pytest.param(Capacity(None, {"chat": 1}), {7: {"email": 9}}, ["chat"] * 2, [7], id="one of a channel"),
        pytest.param(Capacity(None, {"chat": 1}), {7: {"chat": 1}}, ["email"] * 2, [7, 7], id="any of the others"),
        pytest.param(Capacity(1), {7: {}, 8: {}}, ["chat"] * 3, [7, 8], id="the batch itself counts"),
        pytest.param(Capacity(1), {7: {"chat": 5}}, ["chat"], [], id="who has more than that already"),
    ],
)
def test_who_is_full_is_given_no_more(
    capacity: Capacity, loads: Mapping[int, Mapping[str, int]], channels: list[str], expected: list[int]
) -> None:
    """M-6."""
    free = [replace(waiting(("cards", 3))[0], id=n, number=n, channel=name) for n, name in enumerate(channels, 1)]
    chosen = choosing.choose(free, Crew({"cards": sorted(loads)}, loads), lambda queue: Giving(capacity=capacity))
    assert [staff_id for _, staff_id in chosen] == expected


@given(
    st.dictionaries(st.integers(0, 5), st.integers(0, 5), min_size=1),
    st.lists(st.sampled_from(["chat", "email"]), max_size=30),
    st.integers(1, 6),
    st.integers(1, 6),
    st.sampled_from(Strategy),
)
def test_nobody_gets_more_than_he_may_and_none_waits_while_one_has_room(
    loads: dict[int, int], channels: list[str], total: int, of_chat: int, strategy: Strategy
) -> None:
    """M-6: whatever the strategy."""
    capacity = Capacity(total, {"chat": of_chat})
    free = [Waiting(n, n, "cards", 3, n, name) for n, name in enumerate(channels, 1)]
    now = {one: Counter({"email": load}) for one, load in loads.items()}
    chosen = dict(choosing.choose(free, Crew({"cards": list(loads)}, now), lambda queue: Giving(strategy, capacity)))
    for one in free:
        able = [it for it in loads if now[it].total() < total and (one.channel != "chat" or now[it]["chat"] < of_chat)]
        assert chosen.get(one) in able if able else one not in chosen
        if one in chosen:
            now[chosen[one]][one.channel] += 1


def desk(**queues: Queue) -> Desk:
    return Desk({"inbox": Queue("inbox", calendar.always()), **queues})


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CARDS = Queue("cards", calendar.always(), members=("béa", "Nobody Yet"))


async def distributed(store: Store, house: Desk, *letters: str, queue: str = "cards") -> list[Place]:
    places = await place(store, *(arrived(address) for address in letters))
    for one in places:
        one.queue = queue
    async with store.unit() as work:
        await assign.distribute(work, house, places)
    return places


async def test_new_tickets_go_to_the_members_of_their_queue(store: Store) -> None:
    """M-6: those of the settings and those added by hand."""
    anna, bea = await actor(store, "Anna"), await actor(store, "Bea")
    await actor(store, "Obcy")
    async with store.unit() as work:
        await assign.join(work, anna.id, ["cards", "cards"])
        await assign.join(work, anna.id, ["cards"])
    places = await distributed(store, desk(cards=CARDS), "a", "b", "c", "d")
    assert Counter(one.assignee_id for one in places) == {anna.id: 2, bea.id: 2}
    assert (await seen(store.reading(), 1)).assignee == "Anna"
    reader = store.reading()
    assert await assign.queues_of(reader, desk(cards=CARDS), anna.id, "Anna") == {"cards"}
    assert await assign.queues_of(reader, desk(cards=CARDS), bea.id, "Bea") == {"cards"}


async def test_what_is_somebodys_already_is_left_alone(store: Store) -> None:
    """Two hubs never assign one ticket twice: the claim holds only while it is nobody's."""
    anna, obcy = await actor(store, "Bea"), await actor(store, "Obcy", Role.LEAD)
    [one] = await place(store, arrived("a"))
    async with store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = ?", obcy.id)
    one.queue = "cards"
    async with store.unit() as work:
        await assign.distribute(work, desk(cards=CARDS), [one])
    assert one.assignee_id is None
    assert (await seen(store.reading(), 1)).assignee == "Obcy"
    assert anna.id != obcy.id


async def test_who_was_removed_is_given_nothing(store: Store) -> None:
    anna = await actor(store, "Anna")
    async with store.unit() as work:
        await assign.join(work, anna.id, ["cards"])
        await staff.remove(work, "Anna")
    [one] = await distributed(store, desk(cards=CARDS), "a")
    assert one.assignee_id is None


@pytest.mark.parametrize(
    "queue",
    [
        pytest.param(replace(CARDS, assigns=False), id="a queue that does not assign"),
        pytest.param(replace(CARDS, members=()), id="a queue without members"),
    ],
)
async def test_a_ticket_nobody_is_to_get_waits(store: Store, queue: Queue) -> None:
    await actor(store, "Bea")
    [one] = await distributed(store, desk(cards=queue), "a")
    assert one.assignee_id is None


@pytest.mark.parametrize("rest", ["solved", "waiting", "snoozed"])
async def test_what_does_not_wait_for_us_is_no_load(store: Store, rest: str) -> None:
    """M-6: five that are done weigh nothing; one that waits does."""
    anna, bea = await actor(store, "Anna"), await actor(store, "Bea")
    async with store.unit() as work:
        await assign.join(work, anna.id, ["cards"])
    await place(store, *(arrived(f"old{number}") for number in range(6)))
    async with store.unit() as work:
        if rest == "snoozed":
            await work.change("UPDATE tickets SET assignee_id = ?, snoozed_until = ?", anna.id, work.now + HOUR)
        else:
            await work.change("UPDATE tickets SET assignee_id = ?, state = ?", anna.id, rest)
        await work.change("UPDATE tickets SET assignee_id = ?, state = 'open' WHERE number = 6", bea.id)
    [one] = await distributed(store, desk(cards=CARDS), "new")
    assert one.assignee_id == anna.id


async def test_each_in_turn_over_batches(store: Store) -> None:
    """M-6: what he has closed counts as given."""
    anna, bea = await actor(store, "Anna"), await actor(store, "Bea")
    async with store.unit() as work:
        await assign.join(work, anna.id, ["cards"])
    found = []
    for name in ("a", "b", "c", "d"):
        async with store.unit() as work:
            await work.change("UPDATE tickets SET queue = 'cards', state = 'closed'")
        [one] = await distributed(store, desk(cards=replace(CARDS, giving=Giving(Strategy.ROUND_ROBIN))), name)
        found.append(one.assignee_id)
    assert found == [anna.id, bea.id, anna.id, bea.id]


async def test_a_customer_who_writes_again_has_the_same_colleague(store: Store) -> None:
    """M-6: while he is here; else the least loaded."""
    anna, bea = await actor(store, "Anna"), await actor(store, "Bea")
    async with store.unit() as work:
        await assign.join(work, anna.id, ["cards"])
    await place(store, arrived("known"), arrived("other"))
    async with store.unit() as work:
        await work.change(
            "UPDATE tickets SET assignee_id = ?, state = 'closed', closed_at = ? WHERE number = 1",
            bea.id,
            work.now - 60 * DAY,
        )
        await work.change("UPDATE tickets SET assignee_id = ? WHERE number = 2", bea.id)
    sticky = desk(cards=replace(CARDS, giving=Giving(Strategy.STICKY)))
    [again] = await distributed(store, sticky, "known")
    [new] = await distributed(store, sticky, "new")
    assert again.is_new and (again.assignee_id, new.assignee_id) == (bea.id, anna.id)
    async with store.unit() as work:
        await absences.leave(work, bea.id, None)
        await work.change("UPDATE tickets SET state = 'closed', closed_at = ?", work.now - 60 * DAY)
    [instead] = await distributed(store, sticky, "known")
    assert instead.is_new and instead.assignee_id == anna.id


async def test_nobody_with_room_leaves_it_waiting(store: Store) -> None:
    """M-6: a ticket counts by the channel it came by."""
    bea = await actor(store, "Bea")
    full = desk(cards=replace(CARDS, giving=Giving(capacity=Capacity(None, {"chat": 1}))))
    given = [one.assignee_id for name in ("a", "b") for one in await distributed(store, full, name)]
    assert given == [bea.id, None]
