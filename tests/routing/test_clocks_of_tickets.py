"""Clocks over the life of a ticket, on the database: which run, what ends them, what holds them, what they tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from channels.models import MessageState
from crmcore import companies, persons
from crmcore.access import Actor
from kernel import rows, timers
from kernel.clock import Clock
from kernel.unit import Store, Work
from routing import escalation, intake, recount
from routing.desk import Desk, Queue
from routing.targets import Targets
from tests.conftest import START
from tests.tickets.letters import LINES, actor, arrived, seen
from tests.tickets.test_unanswered import settle
from tickets import (
    actions,
    calendar,
    clocks,
    deliveries,
    explaining,
    happenings,
    phases,
    policies,
    terms,
    visible,
    warnings,
)
from tickets.calendar_settings import build as build_calendar
from tickets.events import Change, ClockBreached, ClockWarned, TicketChanged
from tickets.models import ClockKind
from tickets.policies import Policy
from tickets.tokens import Tokens

HOUR = timedelta(hours=1)
FIRST, NEXT, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLUTION
HOURS = dict.fromkeys(calendar.WEEKDAYS[:5], ("08:00-12:00", "12:30-16:00"))
OFFICE = build_calendar("office", zone="Europe/Warsaw", hours=HOURS, holidays="PL")
ALL = Policy("all", {FIRST: HOUR, NEXT: 2 * HOUR, RESOLUTION: 8 * HOUR}, warn=(50, 80))


@pytest.fixture
def desk(store: Store) -> Desk:
    """A desk with one policy, and the handlers of clocks as the hub wires them."""
    found = Desk({"inbox": Queue("inbox", calendar.always())}, (), {"chat": True}, policies=(ALL,))
    store.handlers = {
        TicketChanged: (escalation.resolve, Targets(found).reopened, phases.followed),
        ClockBreached: (escalation.raise_alerts,),
    }
    return found


@pytest.fixture
async def anna(store: Store) -> Actor:
    return await actor(store, "Anna")


async def writes(store: Store, desk: Desk, text: str = "Hello", **said: Any) -> None:
    async with store.unit() as work:
        await intake.handle(work, desk, [arrived(text=text, **said)])


async def reply(store: Store, by: Actor, text: str = "Answer") -> actions.Sending:
    async with store.unit() as work:
        return await actions.reply(work, by, await seen(work, 1), text, lines=LINES, tokens=Tokens())


async def does(store: Store, act: Any, by: Actor) -> None:
    async with store.unit() as work:
        await act(work, by, await seen(work, 1))


async def turn(store: Store) -> None:
    firing = timers.Timers(store, (clocks.SOURCE, warnings.SOURCE))
    while await firing.turn() < 0.01:
        pass


async def told(store: Store) -> dict[ClockKind, tuple[str, timedelta | None]]:
    """Each clock's state and when it is due, from the start of the test."""
    stories = await explaining.explain(store.reading(), (await seen(store.reading(), 1)).id)
    return {one.kind: (one.state.value, one.due_at and one.due_at - START) for one in stories}


async def test_a_ticket_has_a_clock_for_its_answer_and_one_for_its_end(store: Store, desk: Desk) -> None:
    """M-6: the most urgent of them stands on lists."""
    await writes(store, desk)
    assert await told(store) == {FIRST: ("running", HOUR), RESOLUTION: ("running", 8 * HOUR)}
    view = await seen(store.reading(), 1)
    assert view.urgent == visible.Urgent(FIRST, START + HOUR)


async def test_the_next_answer_counts_from_the_first_unanswered_message(
    store: Store, desk: Desk, clock: Clock, anna: Actor
) -> None:
    """M-6: more messages do not move it; an answer ends it; the next message starts it anew."""
    await writes(store, desk)
    await writes(store, desk, "and this")
    assert NEXT not in await told(store)
    clock.push(HOUR / 4)
    await reply(store, anna)
    assert (await told(store))[FIRST][0] == "met"
    clock.push(HOUR / 4)
    await writes(store, desk, "one thing more")
    clock.push(HOUR / 2)
    await writes(store, desk, "hello?")
    assert (await told(store))[NEXT] == ("running", HOUR / 2 + 2 * HOUR)
    assert (await seen(store.reading(), 1)).urgent == visible.Urgent(NEXT, START + HOUR / 2 + 2 * HOUR)
    await reply(store, anna)
    assert (await told(store))[NEXT][0] == "met"
    clock.push(HOUR)
    await writes(store, desk, "thanks, but")
    assert (await told(store))[NEXT] == ("running", 2 * HOUR + 2 * HOUR)


async def test_two_letters_of_one_batch_start_one_clock(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    await writes(store, desk)
    await reply(store, anna)
    clock.push(HOUR)
    async with store.unit() as work:
        await intake.handle(work, desk, [arrived(text="one"), arrived(text="two")])
    assert (await told(store))[NEXT] == ("running", 3 * HOUR)


async def test_only_the_public_answer_of_a_person_ends_it(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """M-6: a note, a colleague who takes it, an event of the house and the customer's own machine do not."""
    await writes(store, desk)
    await reply(store, anna)
    await writes(store, desk, "I am away", automatic=True)
    assert NEXT not in await told(store)
    await writes(store, desk, "one thing more")
    async with store.unit() as work:
        view = await seen(work, 1)
        await actions.note(work, anna, view, "look at this")
        await happenings.told(work, view.id, "something happened")
    await writes(store, desk, "I am away", automatic=True)
    assert (await told(store))[NEXT] == ("running", 2 * HOUR)


async def test_an_answer_taken_back_or_lost_ends_nothing(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """M-4: it runs on towards the time that it had."""
    await writes(store, desk)
    await reply(store, anna)
    await settle(store, MessageState.SENT)
    clock.push(HOUR)
    await writes(store, desk, "one thing more")
    clock.push(HOUR)
    sending = await reply(store, anna)
    async with store.unit() as work:
        assert await actions.take_back(work, anna, await seen(work, 1), sending.message_ids)
    assert await told(store) | {FIRST: None} == {
        FIRST: None,
        NEXT: ("running", 3 * HOUR),
        RESOLUTION: ("running", 9 * HOUR),
    }


async def test_the_resolution_stands_still_while_the_customer_has_the_next_word(
    store: Store, desk: Desk, clock: Clock, anna: Actor
) -> None:
    """M-6: it is credited what it stood still, in working time, and has no due time meanwhile."""
    await writes(store, desk)
    clock.push(HOUR)
    await reply(store, anna)
    assert (await told(store))[RESOLUTION] == ("paused", None)
    assert (await seen(store.reading(), 1)).urgent is None
    clock.push(30 * HOUR)
    await turn(store)
    assert (await told(store))[RESOLUTION] == ("paused", None)
    await writes(store, desk, "still broken")
    assert (await told(store))[RESOLUTION] == ("running", 38 * HOUR)


async def test_a_pause_is_credited_in_working_time_only(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """contact-center 2.3: a weekend of waiting is no credit on a calendar without weekends."""
    desk.policies = (Policy("office", {RESOLUTION: 8 * HOUR}, calendar=OFFICE),)
    clock.push(timedelta(days=3))  # Friday, ten in Warsaw
    await writes(store, desk)
    await reply(store, anna)
    clock.push(timedelta(days=3))  # Monday, ten in Warsaw: five and a half hours of Friday and two of Monday credited
    await writes(store, desk, "still broken")
    story = (await explaining.explain(store.reading(), (await seen(store.reading(), 1)).id))[0]
    assert story.basis is not None and story.due_at is not None
    assert calendar.worked(OFFICE, START + timedelta(days=3), START + timedelta(days=6)) == 7.5 * HOUR
    assert story.due_at == START + timedelta(days=7, hours=0.5)  # 5.5 left of Monday, 2.5 of Tuesday
    assert sum((end - start for start, end in story.basis.paused), timedelta()) == 7.5 * HOUR
    assert story.basis.passed == 8 * HOUR


async def test_a_closed_ticket_has_no_due_time(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """contact-center 2.3: closed and merged tickets that still escalated."""
    await writes(store, desk)
    clock.push(HOUR / 2)
    await does(store, actions.close, anna)
    clock.push(30 * HOUR)
    await turn(store)
    assert {kind: state for kind, (state, _) in (await told(store)).items()} == {FIRST: "cancelled", RESOLUTION: "met"}
    assert (await seen(store.reading(), 1)).urgent is None


async def test_whoever_changes_a_state_need_not_know_of_clocks(store: Store, desk: Desk, anna: Actor) -> None:
    await writes(store, desk)
    async with store.unit() as work:
        view = await seen(work, 1)
        await work.change("UPDATE tickets SET state = 'closed' WHERE id = ?", view.id)
        work.say(TicketChanged(view.id, Change.NOTED))
    assert {state for state, _ in (await told(store)).values()} == {"cancelled", "met"}


async def test_a_ticket_opened_again_has_new_clocks(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """By a colleague or by the customer."""
    await writes(store, desk)
    await reply(store, anna)
    await does(store, actions.close, anna)
    clock.push(HOUR)
    await does(store, actions.reopen, anna)
    assert await told(store) == {FIRST: ("running", 2 * HOUR), RESOLUTION: ("running", 9 * HOUR)}
    await does(store, actions.close, anna)
    clock.push(HOUR)
    await writes(store, desk, "not solved")
    assert await told(store) == {FIRST: ("running", 3 * HOUR), RESOLUTION: ("running", 10 * HOUR)}


async def test_an_answer_failed_after_closing_opens_the_resolution_again(
    store: Store, desk: Desk, clock: Clock, anna: Actor
) -> None:
    await writes(store, desk)
    await reply(store, anna)
    await does(store, actions.close, anna)
    clock.push(HOUR)
    async with store.unit() as work:
        await work.change("UPDATE messages SET state = 'failed' WHERE direction = 'out'")
        view = await seen(work, 1)
        assert await _unanswer(work, view.id)
    assert await told(store) == {FIRST: ("running", HOUR), RESOLUTION: ("running", 8 * HOUR)}


async def _unanswer(work: Work, ticket_id: int) -> bool:
    done = await deliveries.unanswer(work, ticket_id)
    work.say(TicketChanged(ticket_id, Change.UNANSWERED))
    return done


async def test_an_answer_ends_no_alert_of_the_resolution(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """M-10: what is late stays late until the ticket is closed."""
    await writes(store, desk)
    clock.push(8 * HOUR)
    await turn(store)
    assert await _alerts(store) == {"first_response", "resolution"}
    await reply(store, anna)
    assert await _alerts(store) == {"resolution"}
    await does(store, actions.close, anna)
    assert await _alerts(store) == set()


async def _alerts(store: Store) -> set[str]:
    found = await store.reading().fetch("SELECT kind FROM alerts WHERE state <> 'resolved'")
    return {row["kind"] for row in found}


async def test_warnings_come_at_percents_of_the_target_and_once(store: Store, desk: Desk, clock: Clock) -> None:
    """M-6."""
    heard: list[ClockWarned] = []

    async def hear(work: Work, events: Sequence[ClockWarned]) -> None:
        heard.extend(events)

    store.handlers = {**store.handlers, ClockWarned: (hear,)}
    desk.policies = (Policy("all", {FIRST: 10 * HOUR}, warn=(50, 80)),)
    await writes(store, desk)
    clock.push(5 * HOUR - timedelta(seconds=1))
    await turn(store)
    assert heard == []
    for hours in (0, 3, 3):
        clock.push(timedelta(seconds=1) + hours * HOUR)
        await turn(store)
    assert [(one.percent, one.due_at) for one in heard] == [(50, START + 10 * HOUR), (80, START + 10 * HOUR)]
    assert await warnings.next_due(store.reading()) is None


async def test_after_a_stop_a_clock_warns_once_of_the_highest_percent(store: Store, desk: Desk, clock: Clock) -> None:
    heard: list[int] = []

    async def hear(work: Work, events: Sequence[ClockWarned]) -> None:
        heard.extend(one.percent for one in events)

    store.handlers = {**store.handlers, ClockWarned: (hear,)}
    await writes(store, desk)
    clock.push(HOUR * 0.9)
    await turn(store)
    assert heard == [80]


async def test_a_warning_that_is_not_due_after_all_is_set_anew(store: Store, desk: Desk, clock: Clock) -> None:
    """A row whose time is too early, or whose terms warn of nothing, stops nobody else's."""
    heard: list[ClockWarned] = []

    async def hear(work: Work, events: Sequence[ClockWarned]) -> None:
        heard.extend(events)

    store.handlers = {ClockWarned: (hear,)}
    await writes(store, desk)
    desk.policies = (Policy("none", {FIRST: HOUR}),)
    await writes(store, desk, matter="other")
    async with store.unit() as work:
        await work.change("UPDATE clocks SET warn_at = ? WHERE kind = 'first_response'", clock.now())
    await turn(store)
    found = await store.reading().fetch("SELECT warn_at FROM clocks WHERE kind = 'first_response' ORDER BY id")
    assert (heard, [rows.maybe_instant(row["warn_at"]) for row in found]) == ([], [START + HOUR / 2, None])


async def test_an_answered_clock_warns_of_nothing(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    desk.policies = (Policy("all", {FIRST: HOUR}, warn=(50,)),)
    await writes(store, desk)
    await reply(store, anna)
    assert await warnings.next_due(store.reading()) is None


async def test_a_company_has_its_own_promise_and_the_clock_says_so(store: Store, desk: Desk, anna: Actor) -> None:
    """S0-16, M-6: the policy, for what it is, and the version; holidays by name."""
    await writes(store, desk)
    own = Policy("gold", {FIRST: HOUR / 2}, {"company": ("B1",)}, OFFICE)
    desk.policies = (ALL, own)
    async with store.unit() as work:
        company, _ = await companies.register(work, None, "Orlik Trans")
        view = await seen(work, 1)
        await persons.link(work, None, company, view.contact_id)
        await actions.close(work, anna, view)
    await writes(store, desk, "again")
    [first, *_] = await explaining.explain(store.reading(), (await seen(store.reading(), 1)).id)
    assert first.basis is not None
    assert (first.kind, first.due_at) == (FIRST, START + HOUR / 2)
    policy = first.basis.terms.policy
    assert (policy.name, policies.why(policy), policies.why_openly(policy)) == ("gold", "company B1", "company")
    assert first.basis.terms.version == terms.of(own, OFFICE).version


async def test_running_clocks_keep_their_terms_until_told(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """M-6, S0-17: a changed policy holds for new clocks; an operator moves those that run."""
    await writes(store, desk)
    clock.push(HOUR / 4)
    policies = (Policy("all", {FIRST: 3 * HOUR, RESOLUTION: 6 * HOUR}),)
    desk.take_up(desk.queues, desk.rules, policies, desk.calendars)
    await writes(store, desk, "hello?")
    await writes(store, desk, "other", address="bela")
    assert (await told(store))[FIRST] == ("running", HOUR)
    planned, after = await recount.moves(store.reading(), desk)
    assert (after, {(one.ticket, one.kind) for one in planned}) == (0, {("T1", FIRST), ("T1", RESOLUTION)})
    assert (await told(store))[FIRST] == ("running", HOUR)
    async with store.unit() as work:
        assert await recount.apply(work, planned) == 2
    assert await told(store) == {FIRST: ("running", 3 * HOUR), RESOLUTION: ("running", 6 * HOUR)}
    assert await recount.moves(store.reading(), desk) == ([], 0)
    assert (await store.reading().one("SELECT count(*) AS n FROM terms") or {})["n"] == 2


async def test_a_pause_is_not_forgotten_when_the_policy_changes(
    store: Store, desk: Desk, clock: Clock, anna: Actor
) -> None:
    """contact-center 2.3: it is in the history, not in a total of the old policy."""
    await writes(store, desk)
    await reply(store, anna)
    clock.push(5 * HOUR)
    await writes(store, desk, "still broken")
    desk.policies = (Policy("all", {RESOLUTION: HOUR}),)
    async with store.unit() as work:
        await recount.apply(work, (await recount.moves(work, desk))[0])
    assert (await told(store))[RESOLUTION] == ("running", 6 * HOUR)


async def test_a_policy_that_is_gone_leaves_no_due_time_once_told(store: Store, desk: Desk) -> None:
    """contact-center 2.3: deleted policies whose due times stayed."""
    await writes(store, desk)
    desk.policies = ()
    async with store.unit() as work:
        await recount.apply(work, (await recount.moves(work, desk, queue="inbox"))[0])
    assert {state for state, _ in (await told(store)).values()} == {"cancelled"}
    assert (await seen(store.reading(), 1)).urgent is None


async def test_a_policy_begins_on_its_day(store: Store, desk: Desk, clock: Clock) -> None:
    """M-6."""
    new = Policy("new", {FIRST: HOUR / 2}, since=date(2026, 3, 11))
    desk.policies = (Policy("old", {FIRST: HOUR}), new)
    await writes(store, desk)
    clock.push(timedelta(days=1))
    await writes(store, desk, "other", address="bela")
    found = await store.reading().fetch("SELECT due_at FROM clocks ORDER BY id")
    due = [rows.instant(row["due_at"]) - START for row in found]
    assert due == [HOUR, timedelta(days=1) + HOUR / 2]
