"""Reminders: told once at the right instant, whatever the clock and the hub do; moved, done, dropped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmcore import timeline
from crmcore.access import Actor
from crmcore.models.staff import Role
from kernel import errors, timers, times
from kernel.clock import Clock
from kernel.unit import Store, Work
from routing import reminders, visible
from routing.events import ReminderChanged, ReminderFired
from routing.models import ReminderKind
from routing.reminders import Wanted
from routing.visible import ReminderView
from tests.conftest import START
from tests.tickets.letters import actor, entries, ticket
from tickets.visible import TicketView

HOUR = timedelta(hours=1)


@pytest.fixture
def heard(store: Store) -> list[Any]:
    """Everything said about reminders."""
    said: list[Any] = []

    async def hear(work: Work, events: Sequence[Any]) -> None:
        said.extend(events)

    store.handlers = {ReminderFired: (hear,), ReminderChanged: (hear,)}
    return said


@pytest.fixture
async def anna(store: Store) -> Actor:
    return await actor(store)


async def remind(store: Store, by: Actor, due_at: datetime, text: str = "Call him", **more: Any) -> ReminderView:
    async with store.unit() as work:
        number = await reminders.remind(work, by, Wanted(due_at, text, **more))
    return await look(store, by, number)


async def look(store: Store, by: Actor, number: int) -> ReminderView:
    found = await visible.by_number(store.reading(), number, by)
    assert found is not None
    return found


async def turn(store: Store) -> float:
    """A fresh loop each time, as after a restart: nothing but the rows remembers."""
    return await timers.Timers(store, (reminders.SOURCE,)).turn()


async def drained(store: Store) -> None:
    """Twice: what the first turn has told, the second must not."""
    for _ in range(2):
        await turn(store)


def told(heard: list[Any]) -> list[int]:
    return [one.reminder_id for one in heard if isinstance(one, ReminderFired)]


async def test_a_reminder_is_told_at_its_instant_and_once(
    store: Store, clock: Clock, heard: list[Any], anna: Actor
) -> None:
    """M-7, S4-18."""
    one = await remind(store, anna, START + HOUR)
    assert one.name == "R1" and one.state == "waiting"
    clock.push(HOUR - timedelta(microseconds=1))
    await drained(store)
    assert told(heard) == []
    clock.push(timedelta(microseconds=1))
    await drained(store)
    await drained(store)
    assert told(heard) == [one.id]
    after = await look(store, anna, 1)
    assert (after.state, after.late, after.fired_at) == ("fired", False, START + HOUR)


@pytest.mark.parametrize(
    ("after", "late"),
    [(timedelta(), False), (timedelta(minutes=5), False), (timedelta(minutes=5, seconds=1), True), (24 * HOUR, True)],
)
async def test_what_the_hub_slept_over_is_told_once_and_marked_late(
    store: Store, clock: Clock, heard: list[Any], anna: Actor, after: timedelta, late: bool
) -> None:
    """R8: process stopped over a due time."""
    await remind(store, anna, START + HOUR)
    clock.push(HOUR + after)
    await drained(store)
    assert len(told(heard)) == 1
    assert (await look(store, anna, 1)).late is late


async def test_two_loops_at_once_tell_it_once(store: Store, clock: Clock, heard: list[Any], anna: Actor) -> None:
    """R8: the conditional update says who tells it."""
    for _ in range(20):
        await remind(store, anna, START + HOUR)
    clock.push(HOUR)
    await asyncio.gather(*(turn(store) for _ in range(4)))
    await drained(store)
    assert Counter(Counter(told(heard)).values()) == {1: 20}


async def test_what_was_moved_after_the_loop_has_looked_is_not_told(
    store: Store, clock: Clock, heard: list[Any], anna: Actor
) -> None:
    """R8: the loop's look may be a moment old; the row itself decides."""
    one = await remind(store, anna, START + HOUR)
    async with store.unit() as work:
        assert await reminders.fire(work, [one.id]) == 0
    assert (await look(store, anna, 1)).state == "waiting"
    assert told(heard) == []


async def test_the_loop_sleeps_until_the_earliest(store: Store, heard: list[Any], anna: Actor) -> None:
    await remind(store, anna, START + timedelta(seconds=3))
    await remind(store, anna, START + timedelta(seconds=2))
    assert await turn(store) == 2.0
    assert await reminders.next_due(store.reading()) == START + timedelta(seconds=2)


NIGHTS = [
    pytest.param("2026-03-28T20:00", "2:30", "2026-03-29T01:30", id="clocks go forward, the time is skipped"),
    pytest.param("2026-03-28T20:00", "9:00", "2026-03-29T07:00", id="the morning after they went forward"),
    pytest.param("2026-10-24T20:00", "2:30", "2026-10-25T00:30", id="clocks go back, the time comes twice"),
    pytest.param("2026-10-24T20:00", "9:00", "2026-10-25T08:00", id="the morning after they went back"),
]


@pytest.mark.parametrize(("now", "said", "due"), NIGHTS)
async def test_over_both_changes_of_the_clocks_it_is_told_once_at_the_right_instant(
    store: Store, clock: Clock, heard: list[Any], anna: Actor, now: str, said: str, due: str
) -> None:
    """R8: minute by minute through the night."""
    begin = datetime.fromisoformat(now).replace(tzinfo=UTC)
    clock.push(begin - clock.now())
    spoken = times.read(f"tomorrow {said}", now=clock.now(), zone=ZoneInfo("Europe/Warsaw"))
    await remind(store, anna, spoken.at)
    at: list[datetime] = []
    for _ in range(13 * 12):
        clock.push(timedelta(minutes=5))
        await drained(store)
        at += [clock.now()] * (len(told(heard)) - len(at))
    assert at == [datetime.fromisoformat(due).replace(tzinfo=UTC)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    dues=st.lists(st.integers(-60, 600), min_size=1, max_size=12),
    jumps=st.lists(st.integers(-300, 400), max_size=12),
)
async def test_under_any_jumps_of_the_clock_each_is_told_exactly_once(
    store: Store, clock: Clock, heard: list[Any], anna: Actor, dues: list[int], jumps: list[int]
) -> None:
    """R8: forward and back, restarting at every step; never before its instant, and none is left behind."""
    heard.clear()
    async with store.unit() as work:
        await work.change("DELETE FROM reminders")
    clock.push(START - clock.now())
    due_at = {}
    for minutes in dues:
        one = await remind(store, anna, START + timedelta(minutes=minutes))
        due_at[one.id] = one.due_at
    for jump in (*jumps, 10_000):
        clock.push(timedelta(minutes=jump))
        before = len(told(heard))
        await drained(store)
        new = told(heard)[before:]
        assert all(due_at[one] <= clock.now() for one in new)
        assert {one for one, at in due_at.items() if at <= clock.now()} <= set(told(heard))
    assert sorted(told(heard)) == sorted(due_at)


async def test_a_reminder_moved_is_told_again_then(store: Store, clock: Clock, heard: list[Any], anna: Actor) -> None:
    """S4-17: [+1h]."""
    one = await remind(store, anna, START + HOUR)
    clock.push(2 * HOUR)
    await drained(store)
    async with store.unit() as work:
        await reminders.move(work, anna, await look(store, anna, 1), clock.now() + HOUR)
    assert heard[-1] == ReminderChanged(one.id, "again", "Anna")
    moved = await look(store, anna, 1)
    assert (moved.state, moved.late, moved.fired_at) == ("waiting", False, None)
    await drained(store)
    assert told(heard) == [one.id]
    clock.push(HOUR)
    await drained(store)
    assert told(heard) == [one.id, one.id]


@pytest.mark.parametrize("how", ["finish", "drop"])
async def test_what_is_over_is_not_told_and_cannot_be_over_twice(
    store: Store, clock: Clock, heard: list[Any], anna: Actor, how: str
) -> None:
    """S4-18."""
    one = await remind(store, anna, START + HOUR)
    for attempt in range(2):
        async with store.unit() as work:
            if attempt == 0:
                await getattr(reminders, how)(work, anna, one)
                continue
            for act in (reminders.finish, reminders.drop):
                with pytest.raises(errors.Conflict, match=r"R1 is d\w+ already"):
                    await act(work, anna, one)
            with pytest.raises(errors.Conflict):
                await reminders.move(work, anna, one, START + 2 * HOUR)
    clock.push(24 * HOUR)
    await drained(store)
    assert told(heard) == []
    assert await visible.mine(store.reading(), anna.id) == ([], 0)


async def planned(store: Store, by: Actor, view: TicketView) -> ReminderView:
    return await remind(store, by, START + HOUR, "about the card", ticket=view, kind=ReminderKind.CALL)


async def history(store: Store, view: TicketView) -> list[tuple[str, str]]:
    found = await timeline.of_contact(store.reading(), view.contact_id)
    return [(one.kind, one.text) for one in reversed(found)]


async def test_a_planned_contact_and_what_came_of_it_stand_in_the_history(
    store: Store, heard: list[Any], anna: Actor
) -> None:
    """S4-16, S4-17, S4-19."""
    view = await ticket(store)
    one = await planned(store, anna, view)
    said = "R1 call planned for Tue 10 Mar 2026 10:00 UTC: about the card"
    assert await history(store, view) == [("planned", said)]
    async with store.unit() as work:
        await reminders.finish(work, anna, one, "reached him, pays on Friday", ticket=view)
    assert await history(store, view) == [("planned", said), ("call", "reached him, pays on Friday")]
    assert (await entries(store, view.number))[1:] == [
        ("Anna", f"{said} (Anna)"),
        ("Anna", "R1 call by Anna: reached him, pays on Friday"),
    ]


async def test_an_outcome_can_follow_once(store: Store, heard: list[Any], anna: Actor) -> None:
    """S4-16: [Done] first, then the words."""
    view = await ticket(store)
    one = await planned(store, anna, view)
    for outcome in ("", "nobody at home"):
        async with store.unit() as work:
            await reminders.finish(work, anna, one, outcome, ticket=view)
        one = await look(store, anna, 1)
    assert one.outcome == "nobody at home"
    assert [kind for kind, _ in await history(store, view)] == ["planned", "call", "call"]
    async with store.unit() as work:
        with pytest.raises(errors.Conflict):
            await reminders.finish(work, anna, one, "other words", ticket=view)


async def test_a_contact_that_is_dropped_says_so(store: Store, heard: list[Any], anna: Actor) -> None:
    """S4-17."""
    view = await ticket(store)
    one = await planned(store, anna, view)
    async with store.unit() as work:
        await reminders.drop(work, anna, one, ticket=view)
    assert (await history(store, view))[-1] == ("planned", "R1 call dropped by Anna")


async def test_the_outcome_of_a_plain_reminder_is_a_note(store: Store, heard: list[Any], anna: Actor) -> None:
    view = await ticket(store)
    one = await remind(store, anna, START + HOUR, ticket=view)
    assert await history(store, view) == []
    async with store.unit() as work:
        await reminders.finish(work, anna, one, "he knows", ticket=view)
    assert (await entries(store, view.number))[-1] == ("Anna", "R1 done: he knows")


@pytest.mark.parametrize(("text", "why"), [("", "Of what"), (" \n", "Of what"), ("x" * 1001, "1001 characters")])
async def test_a_text_that_does_not_do_is_refused(store: Store, anna: Actor, text: str, why: str) -> None:
    with pytest.raises(errors.Invalid, match=why):
        await remind(store, anna, START + HOUR, text)
    assert await visible.mine(store.reading(), anna.id) == ([], 0)


async def test_a_reminder_is_its_colleagues_and_a_leads_to_see(store: Store, anna: Actor) -> None:
    """Nobody reads another's diary; what a leaver has left anybody may end."""
    await remind(store, anna, START + HOUR)
    bea, marek = await actor(store, "Bea"), await actor(store, "Marek", Role.MANAGER)
    assert await visible.by_number(store.reading(), 1, bea) is None
    assert await visible.by_number(store.reading(), 1, marek) is not None
    async with store.unit() as work:
        await work.change("UPDATE staff SET active = ? WHERE id = ?", False, anna.id)
    assert (await look(store, bea, 1)).is_here is False


async def test_numbers_go_on_and_lists_are_bounded(store: Store, anna: Actor) -> None:
    for hour in range(12, 0, -1):
        await remind(store, anna, START + timedelta(hours=hour))
    found, total = await visible.mine(store.reading(), anna.id)
    assert [one.number for one in found] == list(range(12, 2, -1))
    assert total == 12
    assert [one.number for one in await visible.listed(store.reading(), after=10)] == [11, 12]
