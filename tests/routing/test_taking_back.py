"""Acts taken back, on the database with the clocks' handlers: obligations and due times are as they were before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crmcore.access import Actor
from kernel import errors, timers
from kernel.clock import Clock
from kernel.unit import Store
from routing import escalation, intake
from routing.desk import Desk, Queue
from routing.targets import Targets
from tests.conftest import START
from tests.routing.test_clocks_of_tickets import FIRST, HOUR, NEXT, RESOLUTION
from tests.tickets.letters import LINES, actor, arrived, seen
from tickets import (
    actions,
    calendar,
    casework,
    changes,
    clocks,
    explaining,
    merging,
    moving,
    phases,
    snooze,
    undoing,
    warnings,
)
from tickets.events import Change, ClockBreached, CustomerWrote, TicketChanged
from tickets.models import ClockKind
from tickets.policies import Policy
from tickets.states import SHIPPED
from tickets.tokens import Tokens

ALL = Policy("all", {FIRST: HOUR, NEXT: 2 * HOUR, RESOLUTION: 8 * HOUR}, warn=(50,))


@pytest.fixture
def desk(store: Store) -> Desk:
    found = Desk({"inbox": Queue("inbox", calendar.always())}, (), {"chat": False}, policies=(ALL,))
    store.handlers = {
        TicketChanged: (escalation.resolve, Targets(found).reopened, phases.followed),
        CustomerWrote: (snooze.interrupted,),
        ClockBreached: (escalation.raise_alerts,),
    }
    return found


@pytest.fixture
async def anna(store: Store, desk: Desk) -> Actor:
    return await actor(store, "Anna")


async def writes(store: Store, desk: Desk, text: str = "Hello", **said: Any) -> None:
    async with store.unit() as work:
        await intake.handle(work, desk, [arrived(text=text, proven=True, **said)])


async def reply(store: Store, by: Actor, number: int = 1) -> None:
    async with store.unit() as work:
        await actions.reply(work, by, await seen(work, number), "Answer", lines=LINES, tokens=Tokens())


async def state(store: Store, by: Actor, word: str, number: int = 1) -> None:
    async with store.unit() as work:
        await casework.set_state(work, by, await seen(work, number), SHIPPED[word])


async def close(store: Store, by: Actor, number: int = 1) -> None:
    async with store.unit() as work:
        await actions.close(work, by, await seen(work, number))


async def reopen(store: Store, by: Actor, number: int = 1) -> None:
    async with store.unit() as work:
        await actions.reopen(work, by, await seen(work, number))


async def merge(store: Store, by: Actor, source: int, target: int) -> None:
    async with store.unit() as work:
        await merging.merge(work, by, await seen(work, source), await seen(work, target))


async def split(store: Store, by: Actor) -> None:
    async with store.unit() as work:
        ticket = await seen(work, 1)
        await merging.split(work, by, ticket, (await moving.movable(work, ticket.id))[1:2])


async def undo(store: Store, by: Actor) -> None:
    async with store.unit() as work:
        done = await changes.last(work, by.id)
        assert done is not None
        await undoing.undo(work, by, done)


async def turn(store: Store) -> None:
    firing = timers.Timers(store, (clocks.SOURCE, warnings.SOURCE))
    while await firing.turn() < 0.01:
        pass


async def told(store: Store, number: int = 1) -> dict[ClockKind, tuple[str, timedelta | None]]:
    """Each clock's state and when it is due, from the start of the test."""
    stories = await explaining.explain(store.reading(), (await seen(store.reading(), number)).id)
    return {one.kind: (one.state.value, one.due_at and one.due_at - START) for one in stories}


async def rows_of_clocks(store: Store) -> list[dict[str, Any]]:
    return await store.reading().fetch("SELECT * FROM clocks ORDER BY id")


async def alerts(store: Store) -> set[str]:
    return {row["kind"] for row in await store.reading().fetch("SELECT kind FROM alerts WHERE state <> 'resolved'")}


ENDS = {
    "closed": close,
    "solved": lambda store, by: state(store, by, "solved"),
}


@pytest.mark.parametrize("how", list(ENDS))
@pytest.mark.parametrize("minutes", [pytest.param(20, id="in time"), pytest.param(90, id="late")])
@pytest.mark.parametrize("is_answered", [True, False], ids=["answered", "unanswered"])
async def test_an_end_taken_back_leaves_the_clocks_as_they_were(
    store: Store, desk: Desk, clock: Clock, anna: Actor, how: str, minutes: int, is_answered: bool
) -> None:
    """M-6, S5: no first answer is owed anew to who has it, and nothing that was late is healed; its alert is back."""
    await writes(store, desk)
    if is_answered:
        await reply(store, anna)
    clock.push(timedelta(minutes=minutes))
    await turn(store)
    before, late = await rows_of_clocks(store), await alerts(store)
    await ENDS[how](store, anna)
    assert await alerts(store) == set()
    await undo(store, anna)
    assert await rows_of_clocks(store) == before
    assert await alerts(store) == late
    assert (await seen(store.reading(), 1)).state == ("waiting" if is_answered else "open")


async def test_what_was_due_while_it_was_closed_is_late(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """M-6: time went on meanwhile."""
    await writes(store, desk)
    clock.push(HOUR - timedelta(minutes=5))
    await close(store, anna)
    clock.push(timedelta(minutes=10))
    await turn(store)
    assert await alerts(store) == set()
    await undo(store, anna)
    await turn(store)
    assert (await told(store))[FIRST] == ("breached", HOUR)
    assert await alerts(store) == {"first_response"}


async def test_a_reopening_taken_back_brings_back_what_was_met(
    store: Store, desk: Desk, clock: Clock, anna: Actor
) -> None:
    """M-6: the answer that was given in time stays so."""
    await writes(store, desk)
    await reply(store, anna)
    await close(store, anna)
    before = await rows_of_clocks(store)
    clock.push(HOUR)
    await reopen(store, anna)
    assert (await told(store))[FIRST] == ("running", 2 * HOUR)
    await undo(store, anna)
    assert await rows_of_clocks(store) == before


@pytest.mark.parametrize(
    ("word", "first", "is_answered"),
    [
        pytest.param("open", ("running", 2 * HOUR), False, id="open: it begins again"),
        pytest.param("waiting_us", ("running", 2 * HOUR), False, id="waiting for us: it begins again"),
        pytest.param("waiting", ("met", HOUR), True, id="waiting for the customer: it goes on"),
    ],
)
async def test_a_solved_ticket_owes_an_answer_only_where_the_next_word_is_ours(
    store: Store,
    desk: Desk,
    clock: Clock,
    anna: Actor,
    word: str,
    first: tuple[str, timedelta],
    is_answered: bool,
) -> None:
    """M-6, S5: and taken back, it is solved as it was."""
    await writes(store, desk)
    await reply(store, anna)
    await state(store, anna, "solved")
    solved, ended = await seen(store.reading(), 1), await rows_of_clocks(store)
    clock.push(HOUR)
    await state(store, anna, word)
    found = await seen(store.reading(), 1)
    assert (found.state, found.answered_at is not None) == (word, is_answered)
    assert (await told(store))[FIRST] == first
    assert (await told(store))[RESOLUTION] == (("paused", None) if is_answered else ("running", 9 * HOUR))
    await undo(store, anna)
    after = await seen(store.reading(), 1)
    assert (after.state, after.answered_at) == ("solved", solved.answered_at)
    assert await rows_of_clocks(store) == ended


async def test_no_first_answer_is_owed_to_who_has_it(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """M-6: whoever says that a ticket is open again while it waits for the customer."""
    await writes(store, desk)
    await reply(store, anna)
    async with store.unit() as work:
        work.say(TicketChanged((await seen(work, 1)).id, Change.REOPENED))
    assert (await told(store))[FIRST] == ("met", HOUR)


async def test_a_split_taken_back_hides_no_unanswered_words(
    store: Store, desk: Desk, clock: Clock, anna: Actor
) -> None:
    """S5: what the customer was owed on the ticket taken out, he is owed on the first."""
    await writes(store, desk, "one", subject="one")
    await writes(store, desk, "two", subject="one")
    clock.push(timedelta(minutes=5))
    await split(store, anna)
    await reply(store, anna)
    assert (await seen(store.reading(), 1)).state == "waiting"
    owed = (await told(store, 2))[FIRST]
    await _undo_of(store, anna, "split")
    found = await seen(store.reading(), 1)
    assert (found.state, found.answered_at) == ("open", None)
    assert (await told(store))[FIRST] == owed == ("running", HOUR + timedelta(minutes=5))
    assert (await told(store))[RESOLUTION] == ("running", 8 * HOUR)


async def test_a_split_taken_back_at_once_leaves_an_answered_ticket_answered(
    store: Store, desk: Desk, clock: Clock, anna: Actor
) -> None:
    """S5: unless the customer has written on the ticket taken out."""
    await writes(store, desk, "one", subject="one")
    await writes(store, desk, "two", subject="one")
    await reply(store, anna)
    before = await rows_of_clocks(store)
    await split(store, anna)
    await undo(store, anna)
    assert (await seen(store.reading(), 1)).state == "waiting"
    assert (await rows_of_clocks(store))[: len(before)] == before


async def _undo_of(store: Store, by: Actor, verb: str) -> None:
    async with store.unit() as work:
        [row] = await work.fetch("SELECT id FROM ticket_changes WHERE verb = ?", verb)
        done = await changes.by_id(work, row["id"])
        assert done is not None
        await undoing.undo(work, by, done)


@pytest.mark.parametrize("machine", [False, True], ids=["the customer", "his machine"])
async def test_a_reopening_stands_once_the_customer_has_written(
    store: Store, desk: Desk, clock: Clock, anna: Actor, machine: bool
) -> None:
    """S5: taken back, it would hide his words."""
    await writes(store, desk, subject="one")
    await close(store, anna)
    await reopen(store, anna)
    clock.push(timedelta(minutes=1))
    await writes(store, desk, "one thing more", subject="one", automatic=machine)
    if machine:
        await undo(store, anna)
        assert (await seen(store.reading(), 1)).state == "closed"
        return
    with pytest.raises(errors.Conflict, match="The customer has written since"):
        await undo(store, anna)
    assert (await seen(store.reading(), 1)).state == "open"


@pytest.mark.parametrize("has_written", [True, False], ids=["he has written", "he has not"])
async def test_the_target_of_a_merge_stays_open_once_the_customer_has_written(
    store: Store, desk: Desk, clock: Clock, anna: Actor, has_written: bool
) -> None:
    """S5: the words that go back are no such."""
    await writes(store, desk, subject="one")
    await writes(store, desk, subject="two")
    await reply(store, anna, 2)
    before = await rows_of_clocks(store)
    clock.push(timedelta(minutes=1))
    await merge(store, anna, 1, 2)
    assert (await seen(store.reading(), 2)).state == "open"
    clock.push(timedelta(minutes=1))
    if has_written:
        await writes(store, desk, "one thing more", subject="two")
    await undo(store, anna)
    assert (await seen(store.reading(), 1)).state == "open"
    assert (await told(store, 1))[FIRST] == ("running", HOUR)
    assert (await seen(store.reading(), 2)).state == ("open" if has_written else "waiting")
    if not has_written:
        assert _without_pauses(await rows_of_clocks(store)) == _without_pauses(before)


def _without_pauses(clocks_seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a pause counts anew: while it lasts, its due time says nothing."""
    anew = ("due_at", "warn_at", "warn_percent")
    return [{k: v for k, v in row.items() if row["state"] != "paused" or k not in anew} for row in clocks_seen]


@pytest.mark.parametrize("target", ["waiting", "solved"])
async def test_a_merge_drops_nothing_that_is_owed(
    store: Store, desk: Desk, clock: Clock, anna: Actor, target: str
) -> None:
    """S5: a ticket that waits for something on our side owes its customer as one that is open."""
    await writes(store, desk, subject="one")
    await writes(store, desk, subject="two")
    await reply(store, anna, 2)
    await state(store, anna, "waiting_us", 1)
    await state(store, anna, target, 2)
    clock.push(timedelta(minutes=1))
    await merge(store, anna, 1, 2)
    assert (await seen(store.reading(), 2)).state == "waiting_us"
    now = await told(store, 2)
    assert (now[FIRST], now[RESOLUTION][0]) == (("running", HOUR), "running")
    await undo(store, anna)
    assert (await seen(store.reading(), 2)).state == target
    assert (await told(store, 2))[FIRST] == ("met", HOUR)
    assert (await told(store, 1))[FIRST] == ("running", HOUR)
    assert (await seen(store.reading(), 1)).state == "waiting_us"


@pytest.mark.parametrize("is_answered", [True, False], ids=["then answered", "then taken back"])
async def test_the_earlier_of_two_due_times_wins(
    store: Store, desk: Desk, clock: Clock, anna: Actor, is_answered: bool
) -> None:
    """S5: and returns what it was; what was answered meanwhile waits for nothing."""
    await writes(store, desk, subject="one")
    clock.push(timedelta(minutes=10))
    await writes(store, desk, subject="two")
    own = (await told(store, 2))[FIRST]
    await merge(store, anna, 1, 2)
    assert (await told(store, 2))[FIRST] == ("running", HOUR) != own
    if is_answered:
        await reply(store, anna, 2)
    await _undo_of(store, anna, "merge")
    assert (await told(store, 2))[FIRST] == (("met", HOUR) if is_answered else own)


async def test_a_solved_ticket_sleeps_no_more(store: Store, desk: Desk, clock: Clock, anna: Actor) -> None:
    """S5: opened again, by a colleague or by the customer, it is on the lists."""
    await writes(store, desk, subject="one")

    async def sleep() -> None:
        async with store.unit() as work:
            await snooze.snooze(work, anna, await seen(work, 1), clock.now() + 5 * HOUR)

    async def asleep() -> bool:
        return (await seen(store.reading(), 1)).snoozed_until is not None

    await sleep()
    await state(store, anna, "solved")
    assert not await asleep()
    with pytest.raises(errors.Conflict, match="T1 is done"):
        await sleep()
    await undo(store, anna)
    assert await asleep(), "as it was"
    await state(store, anna, "solved")
    async with store.unit() as work:  # as rows were before
        await work.change("UPDATE tickets SET snoozed_until = ?", clock.now() + 5 * HOUR)
    await writes(store, desk, "still broken", subject="one")
    assert not await asleep()
    await state(store, anna, "solved")
    async with store.unit() as work:
        await work.change("UPDATE tickets SET snoozed_until = ?", clock.now() + 5 * HOUR)
    await reopen(store, anna)
    assert not await asleep()


@pytest.mark.parametrize("blocked", ["from@x.test", "reply@x.test"])
async def test_who_is_blocked_is_so_by_either_of_his_addresses(
    store: Store, desk: Desk, anna: Actor, blocked: str
) -> None:
    """S5: /ban names the address that answers go to; a letter may come from another."""
    async with store.unit() as work:
        await work.change(
            "INSERT INTO blocked_addresses (id, scheme, value, reason, by_id, created_at)"
            " VALUES (1, 'mailto', ?, '', ?, ?)",
            blocked,
            anna.id,
            work.now,
        )
    await writes(store, desk, address="reply@x.test", scheme="mailto", sender="from@x.test")
    await writes(store, desk, address="other@x.test", scheme="mailto", sender="other@x.test")
    assert (await seen(store.reading(), 1)).state == "closed"
    assert (await seen(store.reading(), 2)).state == "open"
