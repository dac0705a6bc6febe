"""Assignment: the least loaded, evenly, and only what is still nobody's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcore import staff
from crmcore.models.staff import Role
from kernel.unit import Store
from routing import assign
from routing.desk import Desk, Queue
from tests.tickets.letters import actor, arrived, place, seen
from tickets import calendar
from tickets.threads import Place

BLANK = Place(
    id=0,
    number=0,
    subject="",
    state="open",
    queue="cards",
    priority=3,
    tags=[],
    assignee_id=None,
    contact_id=1,
    channel="chat",
    account="chat:1",
    scheme="chat",
    address="x",
    matter=None,
    answered_at=None,
    closed_at=None,
    version=1,
    is_new=True,
)


def waiting(*tickets: tuple[str, int]) -> list[Place]:
    """(queue, priority) of each, numbered from 1."""
    return [
        replace(BLANK, id=number, number=number, queue=queue, priority=priority)
        for number, (queue, priority) in enumerate(tickets, 1)
    ]


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
    chosen = assign.choose(waiting(*tickets), members, loads)
    assert [(one.number, staff_id) for one, staff_id in chosen] == expected


@given(st.integers(1, 12), st.integers(0, 80), st.integers(0, 5), st.data())
def test_who_started_equal_ends_within_one_of_each_other(
    people: int, tickets: int, load: int, data: st.DataObject
) -> None:
    """M-6: fair, whatever the priorities."""
    priorities = data.draw(st.lists(st.integers(1, 4), min_size=tickets, max_size=tickets))
    members = {"cards": list(range(people))}
    chosen = assign.choose(
        waiting(*(("cards", one) for one in priorities)), members, dict.fromkeys(range(people), load)
    )
    loads = Counter(dict.fromkeys(range(people), load))
    loads.update(staff_id for _, staff_id in chosen)
    assert len(chosen) == tickets
    assert max(loads.values()) - min(loads.values()) <= 1


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 9), min_size=1), st.integers(0, 30))
def test_nobody_is_given_a_ticket_while_another_has_fewer(loads: dict[int, int], tickets: int) -> None:
    now = Counter(loads)
    for _, staff_id in assign.choose(waiting(*([("cards", 3)] * tickets)), {"cards": list(loads)}, loads):
        assert now[staff_id] == min(now[person] for person in loads)
        now[staff_id] += 1


def desk(**queues: Queue) -> Desk:
    return Desk({"inbox": Queue("inbox", calendar.always()), **queues})


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
