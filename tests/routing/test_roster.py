"""Shifts and skills: who is given nothing off shift, who knows the matter, and what waits for a shift to begin."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from kernel.clock import Clock
from kernel.unit import Store
from routing import assign, choosing, pulling, unheld
from routing.choosing import Crew, Giving, Strategy, Waiting
from routing.desk import Desk, Queue
from routing.events import NobodyAble
from routing.roster import Roster, Shift
from tests.conftest import START
from tests.routing.test_pulling import whose, written_down
from tests.tickets.letters import actor, arrived, place
from tickets import calendar, calendar_settings
from tickets.calendar import Calendar

HOUR = timedelta(hours=1)
WARSAW = ZoneInfo("Europe/Warsaw")


def hours(name: str, *spans: str) -> Calendar:
    return calendar_settings.build(name, zone="UTC", hours=dict.fromkeys(calendar.WEEKDAYS, spans))


CALENDARS = {"early": hours("early", "06:00-14:00"), "late": hours("late", "14:00-22:00")}
ROSTER = Roster(
    (Shift("early", "early", ("Anna", "Ewa")), Shift("late", "late", ("Bea", "Ewa"))),
    {"hu": ("Ferenc",), "refunds": ("Ewa", "FERENC")},
)


@pytest.mark.parametrize(
    ("name", "hour", "works"),
    [
        ("Anna", 7, True),
        ("anna", 15, False),
        ("Bea", 15, True),
        ("Ewa", 15, True),
        ("Ewa", 23, False),
        ("Jan", 3, True),
    ],
)
def test_who_works_at_an_hour(name: str, hour: int, works: bool) -> None:
    """M-9: in one of his shifts; who has none works always."""
    at = START.replace(hour=hour, minute=0)
    assert ROSTER.works(name, at, CALENDARS) is works


def test_a_shift_by_a_calendar_that_is_gone_holds_nobody_back() -> None:
    assert ROSTER.works("Anna", START.replace(hour=3), {})


def test_who_knows_what_a_ticket_asks_for() -> None:
    assert ROSTER.knows("ferenc") == {"hu", "refunds"} and ROSTER.knows("Anna") == frozenset()
    assert ROSTER.needed(["Refunds", "vip"], "hu") == {"hu", "refunds"}
    assert ROSTER.needed([], "pl") == frozenset()


@pytest.mark.parametrize(
    ("needs", "loads", "expected"),
    [
        pytest.param({"hu"}, {1: 0, 2: 9, 3: 0}, 2, id="who knows it, however much he has"),
        pytest.param({"hu", "refunds"}, {1: 0, 2: 9, 3: 0}, 2, id="who knows most of it"),
        pytest.param({"refunds"}, {1: 0, 2: 9, 3: 1}, 3, id="of two the less loaded"),
        pytest.param({"law"}, {1: 0, 2: 9, 3: 1}, 1, id="nobody knows it: anybody"),
        pytest.param(set(), {1: 3, 2: 2, 3: 4}, 2, id="nothing is asked for"),
    ],
)
def test_a_queue_gives_by_skills(needs: set[str], loads: dict[int, int], expected: int) -> None:
    """Issue "contact center", queues: the strategy of skills; no ticket waits for one."""
    ticket = Waiting(1, 1, "inbox", 3, 1, "chat", frozenset(needs))
    skills = {2: frozenset({"hu", "refunds"}), 3: frozenset({"refunds"})}
    crew = Crew({"inbox": [1, 2, 3]}, {one: {"chat": load} for one, load in loads.items()}, skills=skills)
    assert choosing.choose([ticket], crew, lambda name: Giving(Strategy.SKILLS)) == [(ticket, expected)]


def desk(*members: str, open_now: Calendar | None = None, giving: Giving | None = None) -> Desk:
    queue = Queue("inbox", open_now or calendar.always(), members=members, giving=giving or Giving())
    return Desk({"inbox": queue}, calendars=CALENDARS, roster=ROSTER)


async def come(store: Store, by: Desk, name: str, **more: object) -> list[NobodyAble]:
    places = await place(store, arrived(name, **more))  # type: ignore[arg-type]
    async with store.unit() as work:
        await assign.distribute(work, by, places)
        return [one for one in work.said if isinstance(one, NobodyAble)]


async def look(store: Store, by: Desk) -> list[NobodyAble]:
    assert await unheld.stands(store.reading())
    async with store.unit() as work:
        await pulling.look(work, by)
        return [one for one in work.said if isinstance(one, NobodyAble)]


async def at(store: Store, clock: Clock, hour: int) -> None:
    """The next time that it is this hour."""
    now = store.clock.now()
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    clock.push(then - now if then > now else then + 24 * HOUR - now)


@pytest.mark.database
async def test_off_shift_nothing_is_given_and_the_next_shift_is_given_it(store: Store, clock: Clock) -> None:
    """M-9: who is off shift is given nothing; when his shift begins, what waits is his, without anything happening."""
    await actor(store, "Bea")
    by = desk("Bea")
    await at(store, clock, 8)
    [told] = await come(store, by, "one")
    assert (told.queue, told.waiting) == ("inbox", 1) and await whose(store) == [None]
    await written_down(store, told.ticket_id)
    assert await look(store, by) == [], "told already, and she is still off shift"
    await at(store, clock, 15)
    assert await look(store, by) == [] and await whose(store) == ["Bea"]
    assert not await unheld.stands(store.reading())


@pytest.mark.database
async def test_while_the_queue_is_closed_nobody_is_missed(store: Store, clock: Clock) -> None:
    """M-9, "never silence": at night no manager is woken; if nobody is there when the queue opens, he is told then."""
    await actor(store, "Bea")
    by = desk("Bea", open_now=CALENDARS["early"])
    await at(store, clock, 3)
    assert await come(store, by, "one") == []
    await at(store, clock, 5)
    assert await look(store, by) == []
    await at(store, clock, 7)
    [told] = await look(store, by)
    assert told.queue == "inbox"


@pytest.mark.database
async def test_the_customers_language_is_a_skill(store: Store, clock: Clock) -> None:
    """M-9: by the words of his ticket's tags, and by his language; from the store as from the letter."""
    for name in ("Anna", "Ferenc"):
        await actor(store, name)
    by = desk("Anna", "Ferenc", giving=Giving(Strategy.SKILLS))
    await at(store, clock, 8)
    places = await place(store, arrived("one"))
    async with store.unit() as work:
        await work.change("UPDATE contacts SET language = 'hu'")
        letters = [replace(one, person=replace(one.person, language="hu")) for one in places[0].letters]
        places[0].letters[:] = letters
        await assign.distribute(work, by, places)
    assert await whose(store) == ["Ferenc"]
    async with store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = NULL")
        await unheld.begin(work, by, [Waiting(places[0].id, 1, "inbox", 3, places[0].contact_id, "chat")])
        assert await pulling.pull(work, by, ["inbox"]) == 1
    assert await whose(store) == ["Ferenc"]
