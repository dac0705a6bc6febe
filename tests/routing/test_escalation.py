"""Escalation: raised once, seen by one, back until the customer has his answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from crmcore.access import Actor
from crmcore.models.staff import Role
from kernel import errors, timers
from kernel.clock import Clock
from kernel.unit import Store, Work
from routing import escalation
from routing.events import AlertAcked, AlertRaised, AlertResolved
from tests.conftest import START
from tests.tickets.letters import LINES, actor, seen, ticket, waiting
from tickets import actions, clocks
from tickets.events import ClockBreached, TicketChanged
from tickets.tokens import Tokens

DUE = START + timedelta(hours=1)


@pytest.fixture
def heard(store: Store) -> list[Any]:
    """Everything said about alerts; the table as the hub wires it."""
    said: list[Any] = []

    async def hear(work: Work, events: Sequence[Any]) -> None:
        said.extend(events)

    store.handlers = {
        ClockBreached: (escalation.raise_alerts,),
        TicketChanged: (escalation.resolve,),
        AlertRaised: (hear,),
        AlertAcked: (hear,),
        AlertResolved: (hear,),
    }
    return said


@pytest.fixture
async def marek(store: Store) -> Actor:
    return await actor(store, "Marek", Role.MANAGER)


async def raised(store: Store, clock: Clock, heard: list[Any], *, priority: int = 3) -> int:
    """A ticket whose clock has run out; the alert's id."""
    await ticket(store, due_at=DUE)
    async with store.unit() as work:
        await work.change("UPDATE tickets SET priority = ?", priority)
    clock.push(timedelta(hours=1))
    await turn(store)
    [alert] = [one for one in heard if isinstance(one, AlertRaised)]
    return alert.alert_id


async def fire(store: Store) -> int:
    async with store.unit() as work:
        return await escalation.fire(work, await waiting(work, escalation.SOURCE))


async def turn(store: Store) -> float:
    return await timers.Timers(store, (clocks.SOURCE, escalation.SOURCE)).turn()


async def ack(store: Store, by: Actor, alert_id: int, **how: Any) -> datetime:
    async with store.unit() as work:
        return await escalation.ack(work, by, alert_id, **how)


def runs(heard: list[Any]) -> list[int]:
    return [one.run for one in heard if isinstance(one, AlertRaised)]


async def test_a_breach_is_an_alert(store: Store, clock: Clock, heard: list[Any]) -> None:
    """M-6, M-10."""
    alert_id = await raised(store, clock, heard)
    view = await seen(store.reading(), 1)
    assert heard == [AlertRaised(alert_id, view.id, 1)]
    assert await escalation.open_for(store.reading(), view.id) == alert_id
    assert view.is_breached


async def test_a_breach_said_twice_raises_one_alert(store: Store, clock: Clock, heard: list[Any]) -> None:
    """M-10: once, whatever fires twice."""
    await raised(store, clock, heard)
    view = await seen(store.reading(), 1)
    breach = ClockBreached(view.id, "first_response")
    async with store.unit() as work:
        await escalation.raise_alerts(work, [breach, breach])
    assert runs(heard) == [1]


async def test_an_alert_nobody_looks_at_comes_back(store: Store, clock: Clock, heard: list[Any]) -> None:
    await raised(store, clock, heard)
    clock.push(escalation.REPEAT - timedelta(microseconds=1))
    assert await fire(store) == 0
    clock.push(timedelta(microseconds=1))
    assert await fire(store) == 1
    assert await fire(store) == 0
    assert runs(heard) == [1, 2]


async def test_an_alert_stops_coming_after_ten_hours_and_stays_on_the_lists(
    store: Store, clock: Clock, heard: list[Any]
) -> None:
    await raised(store, clock, heard)
    for _ in range(2 * escalation.MAX_RUNS):
        clock.push(escalation.REPEAT)
        await fire(store)
    assert runs(heard) == list(range(1, escalation.MAX_RUNS + 1))
    assert await escalation.next_due(store.reading()) is None
    assert await escalation.open_for(store.reading(), (await seen(store.reading(), 1)).id) is not None


@pytest.mark.parametrize(
    ("priority", "how", "quiet"),
    [
        pytest.param(3, {}, escalation.ACK_NORMAL, id="two hours"),
        pytest.param(1, {}, escalation.ACK_URGENT, id="half an hour for the highest priority"),
        pytest.param(1, {"duration": timedelta(days=1)}, timedelta(days=1), id="as long as he says"),
    ],
)
async def test_an_alert_seen_is_quiet_and_then_comes_back(
    store: Store, clock: Clock, heard: list[Any], marek: Actor, priority: int, how: dict[str, Any], quiet: timedelta
) -> None:
    """M-10: seen is not answered."""
    alert_id = await raised(store, clock, heard, priority=priority)
    back_at = await ack(store, marek, alert_id, **how)
    assert back_at == clock.now() + quiet
    assert heard[-1] == AlertAcked(alert_id, (await seen(store.reading(), 1)).id, "Marek")
    clock.push(quiet - timedelta(microseconds=1))
    assert await fire(store) == 0
    clock.push(timedelta(microseconds=1))
    assert await fire(store) == 1
    assert runs(heard) == [1, 2]
    assert await ack(store, marek, alert_id) > clock.now()


async def test_the_second_to_ack_hears_who_was_first(
    store: Store, clock: Clock, heard: list[Any], marek: Actor
) -> None:
    """M-10."""
    alert_id = await raised(store, clock, heard)
    lead = await actor(store, "Bea", Role.LEAD)
    await ack(store, marek, alert_id)
    with pytest.raises(errors.Conflict, match=r"Already acked by Marek at 10:00 UTC\.") as refusal:
        await ack(store, lead, alert_id)
    assert refusal.value.code == "acked"
    assert len([one for one in heard if isinstance(one, AlertAcked)]) == 1


async def test_of_two_who_ack_at_once_one_is_first(store: Store, clock: Clock, heard: list[Any], marek: Actor) -> None:
    alert_id = await raised(store, clock, heard)
    lead = await actor(store, "Bea", Role.LEAD)
    answers = await asyncio.gather(*(ack(store, by, alert_id) for by in (marek, lead)), return_exceptions=True)
    assert sorted(isinstance(answer, errors.Conflict) for answer in answers) == [False, True]


@pytest.mark.parametrize("is_seen", [False, True], ids=["unseen", "seen"])
@pytest.mark.parametrize("how", ["answered", "closed"])
async def test_an_answer_or_a_close_ends_the_alert(
    store: Store, clock: Clock, heard: list[Any], marek: Actor, how: str, is_seen: bool
) -> None:
    """M-10: and everybody alerted is told how."""
    alert_id = await raised(store, clock, heard)
    if is_seen:
        await ack(store, marek, alert_id)
    async with store.unit() as work:
        view = await seen(work, 1)
        if how == "answered":
            await actions.reply(work, marek, view, "Answer", lines=LINES, tokens=Tokens())
        else:
            await actions.close(work, marek, view)
    assert heard[-1] == AlertResolved(alert_id, view.id, how)
    assert await escalation.open_for(store.reading(), view.id) is None
    clock.push(timedelta(days=1))
    assert await fire(store) == 0
    with pytest.raises(errors.Conflict) as refusal:
        await ack(store, marek, alert_id)
    assert refusal.value.code == "resolved"


async def test_a_note_does_not_end_the_alert(store: Store, clock: Clock, heard: list[Any], marek: Actor) -> None:
    await raised(store, clock, heard)
    async with store.unit() as work:
        view = await seen(work, 1)
        await actions.note(work, marek, view, "I look at it")
        await actions.take(work, marek, view)
    assert await escalation.open_for(store.reading(), view.id) is not None


async def test_an_answer_taken_back_after_the_due_time_alerts_again(
    store: Store, clock: Clock, heard: list[Any], marek: Actor
) -> None:
    await raised(store, clock, heard)
    async with store.unit() as work:
        view = await seen(work, 1)
        sending = await actions.reply(
            work, marek, view, "Answer", lines=LINES, tokens=Tokens(), hold=timedelta(seconds=3)
        )
    async with store.unit() as work:
        await actions.take_back(work, marek, await seen(work, 1), sending.message_ids)
    await turn(store)
    assert runs(heard) == [1, 1]
    assert await escalation.open_for(store.reading(), view.id) is not None


async def test_an_unknown_alert_is_not_found(store: Store, marek: Actor) -> None:
    with pytest.raises(errors.NotFound):
        await ack(store, marek, 4711)


async def test_the_timers_sleep_until_the_earliest_due_time(store: Store, clock: Clock, heard: list[Any]) -> None:
    assert await turn(store) == timers.LONGEST_SLEEP_S
    await ticket(store, due_at=START + timedelta(seconds=2))
    assert await turn(store) == 2.0
    clock.push(timedelta(seconds=2))
    await turn(store)
    assert runs(heard) == [1]
    assert await turn(store) == timers.LONGEST_SLEEP_S
