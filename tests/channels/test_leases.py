"""How a try to send ends: what a failure becomes, and what is left of a lease whose dispatcher died."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from channels import failures, leases, outbox, settling
from channels.contract import Address, MessageId, Operation, Outbound
from channels.errors import Reason, SendError
from channels.events import MessageSettled
from channels.leases import Leased
from channels.models import MessageState
from channels.settling import Outcome
from kernel import rows
from kernel.clock import Clock
from kernel.unit import Store
from tests.channels import fake
from tests.channels.fake import draft
from tests.conftest import START

LEASED = Leased(
    Outbound(MessageId(1), 1, Operation.SEND, Address("fake", "4711"), "Hello"),
    "fake:1",
    START + timedelta(hours=24),
    START,
)


def after(error: SendError, *, attempt: int = 1, stale_at: datetime | None = LEASED.stale_at) -> tuple[Any, ...]:
    """State, seconds to the next try, reason, new address."""
    leased = replace(LEASED, outbound=replace(LEASED.outbound, attempt=attempt), stale_at=stale_at)
    outcome = failures.after_failure(leased, error, START)
    assert (outcome.id, outcome.attempt) == (1, attempt)
    wait_s = None if outcome.due_at is None else (outcome.due_at - START).total_seconds()
    return outcome.state.value, wait_s, outcome.reason, outcome.moved_to


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(SendError(Reason.UNREACHABLE), ("queued", 2, "unreachable", None), id="network"),
        pytest.param(
            SendError(Reason.THROTTLED, retry_after_s=17.5), ("queued", 17.5, "throttled", None), id="told when"
        ),
        pytest.param(SendError(Reason.THROTTLED), ("queued", 2, "throttled", None), id="throttled, not told when"),
        pytest.param(
            SendError(Reason.MISCONFIGURED, "401"), ("queued", 2, "misconfigured: 401", None), id="a wrong token"
        ),
        pytest.param(SendError(Reason.REFUSED, "blocked"), ("failed", None, "refused: blocked", None), id="blocked"),
        pytest.param(SendError(Reason.OPTED_OUT), ("failed", None, "opted_out", None), id="opted out"),
        pytest.param(SendError(Reason.INVALID, "too long"), ("failed", None, "invalid: too long", None), id="invalid"),
        pytest.param(SendError(Reason.GONE), ("failed", None, "gone", None), id="the target is gone"),
        pytest.param(SendError(Reason.UNCERTAIN), ("maybe_sent", None, "uncertain", None), id="the answer was lost"),
        pytest.param(
            SendError(Reason.INVALID, "moved", moved_to="-100"), ("queued", 0, "invalid: moved", "-100"), id="moved"
        ),
    ],
)
def test_a_failed_send_is_tried_again_or_settled(error: SendError, expected: tuple[Any, ...]) -> None:
    """M-7: the adapter names the reason, one table decides."""
    assert after(error) == expected


@pytest.mark.parametrize(
    ("attempt", "wait_s"),
    [(1, 2), (2, 10), (3, 30), (4, 120), (5, 600), (6, 1800), (7, 3600), (8, 3600), (40, 3600)],
    ids=lambda value: str(value),
)
def test_each_retry_waits_longer_up_to_an_hour(attempt: int, wait_s: int) -> None:
    assert after(SendError(Reason.UNREACHABLE), attempt=attempt)[1] == wait_s


def test_a_retry_that_would_come_too_late_is_a_failure_now() -> None:
    """The operator hears of it while it can still be mended."""
    state, _, reason, _ = after(
        SendError(Reason.THROTTLED, "x", retry_after_s=3600), stale_at=START + timedelta(minutes=59)
    )
    assert (state, reason) == ("failed", "too late, throttled: x")


def test_a_message_without_a_limit_is_never_too_late() -> None:
    assert after(SendError(Reason.UNREACHABLE), attempt=40, stale_at=None)[0] == "queued"


def test_a_long_reason_fits_its_column() -> None:
    assert len(after(SendError(Reason.REFUSED, "x" * 1_000))[2]) == 300


async def leased(store: Store, **more: Any) -> Leased:
    await fake.queue(store, draft(**more))
    [claimed] = await fake.claim(store)
    return claimed


async def lose(store: Store) -> None:
    """The dispatcher died long ago."""
    async with store.unit() as work:
        long_ago = datetime.now(UTC) - timedelta(minutes=10)
        await work.change("UPDATE messages SET lease_until = ? WHERE state = 'leased'", long_ago)


async def recover(store: Store, *, repeats_safely: bool) -> int:
    async with store.unit() as work:
        return await leases.recover(work, fake.CHANNEL, fake.ACCOUNT, repeats_safely=repeats_safely)


async def settle(store: Store, *outcomes: Outcome) -> None:
    async with store.unit() as work:
        await settling.settle(work, outcomes)


def outcome(claimed: Leased, state: MessageState, **more: Any) -> Outcome:
    return Outcome(claimed.outbound.id, claimed.outbound.attempt, state, **more)


async def test_a_lease_that_runs_is_left_alone(store: Store) -> None:
    await leased(store)
    assert await recover(store, repeats_safely=False) == 0
    assert await fake.states(store) == ["leased"]


async def test_a_lost_lease_is_maybe_sent_and_somebody_is_told(store: Store) -> None:
    """M-7: never silently repeated, never silently lost."""
    told: list[MessageSettled] = []
    store.handlers = {MessageSettled: (fake.telling(told),)}
    claimed = await leased(store)
    await lose(store)
    assert await recover(store, repeats_safely=False) == 1
    assert await fake.states(store) == ["maybe_sent"]
    assert [(one.id, one.state, one.reason) for one in told] == [
        (claimed.outbound.id, "maybe_sent", "the hub stopped while sending")
    ]
    assert await fake.claim(store) == []


async def test_a_lost_lease_is_sent_again_where_that_does_no_harm(store: Store) -> None:
    told: list[MessageSettled] = []
    store.handlers = {MessageSettled: (fake.telling(told),)}
    await leased(store)
    await lose(store)
    assert await recover(store, repeats_safely=True) == 1
    [again] = await fake.claim(store)
    assert again.outbound.attempt == 2
    assert told == []


@pytest.mark.parametrize("repeats_safely", [True, False], ids=["queued again", "maybe sent"])
async def test_a_late_settle_of_a_lost_lease_changes_nothing(store: Store, repeats_safely: bool) -> None:
    claimed = await leased(store)
    await lose(store)
    await recover(store, repeats_safely=repeats_safely)
    before = await fake.row(store, claimed.outbound.id)
    await settle(store, outcome(claimed, MessageState.SENT, external_id="late"))
    assert await fake.row(store, claimed.outbound.id) == before


async def test_a_late_settle_does_not_touch_the_next_attempt(store: Store) -> None:
    claimed = await leased(store)
    await lose(store)
    await recover(store, repeats_safely=True)
    [again] = await fake.claim(store)
    await settle(store, outcome(claimed, MessageState.FAILED, reason="late"))
    assert await fake.states(store) == ["leased"]
    await settle(store, outcome(again, MessageState.SENT, external_id="x2"))
    assert (await fake.row(store, claimed.outbound.id))["external_id"] == "x2"


async def test_settling_the_same_outcome_twice_is_settling_it_once(store: Store) -> None:
    """The answer to a commit can be lost: the dispatcher writes again what it has not seen written."""
    claimed = await leased(store)
    done = outcome(claimed, MessageState.SENT, external_id="x1")
    await settle(store, done)
    await settle(store, done)
    assert await fake.attempts(store, claimed.outbound.id) == [(1, "sent")]


async def test_every_try_leaves_a_row(store: Store, clock: Clock) -> None:
    [message] = await fake.queue(store, draft())
    for _ in range(3):
        [claimed] = await fake.claim(store)
        await settle(store, failures.after_failure(claimed, SendError(Reason.UNREACHABLE, "timeout"), clock.now()))
        assert await fake.claim(store) == []
        clock.push(timedelta(minutes=1))
    [claimed] = await fake.claim(store)
    await settle(store, outcome(claimed, MessageState.SENT, external_id="x1"))
    assert await fake.attempts(store, message) == [(1, "queued"), (2, "queued"), (3, "queued"), (4, "sent")]


async def test_a_later_message_waits_while_an_earlier_one_is_tried_again(store: Store, clock: Clock) -> None:
    """M-7: order per address holds over retries; other addresses pass."""
    await fake.queue(store, draft("first"))
    [claimed] = await fake.claim(store)
    failure = SendError(Reason.UNREACHABLE, retry_after_s=600)
    await settle(store, failures.after_failure(claimed, failure, clock.now()))
    await fake.queue(store, draft("second"), draft("other", "4712"))
    assert [one.outbound.text for one in await fake.claim(store)] == ["other"]
    clock.push(timedelta(seconds=600))
    assert [one.outbound.text for one in await fake.claim(store)] == ["first"]


async def test_a_moved_chat_takes_all_that_waits_for_it_along(store: Store) -> None:
    """A Telegram group that becomes a supergroup has a new id: nothing for it is lost."""
    await fake.queue(store, draft("one", "-1"), draft("two", "-1"), draft("other", "-2"))
    [claimed, other] = await fake.claim(store)
    moved = failures.after_failure(claimed, SendError(Reason.INVALID, moved_to="-1001"), store.clock.now())
    await settle(store, moved, outcome(other, MessageState.SENT))
    [again] = await fake.claim(store)
    assert (again.outbound.text, again.outbound.address.value) == ("one", "-1001")
    await settle(store, outcome(again, MessageState.SENT))
    [last] = await fake.claim(store)
    assert (last.outbound.text, last.outbound.address.value) == ("two", "-1001")


async def test_a_lease_given_back_counts_no_try(store: Store, clock: Clock) -> None:
    claimed = await leased(store)
    later = clock.now() + timedelta(seconds=5)
    async with store.unit() as work:
        await leases.release(work, [(claimed, later)])
    assert await fake.claim(store) == []
    clock.push(timedelta(seconds=5))
    [again] = await fake.claim(store)
    assert again.outbound.attempt == 1
    assert await fake.attempts(store, claimed.outbound.id) == []


@pytest.mark.parametrize("detail", ["a\x00b", "a\ud800b"], ids=["NUL", "a lone surrogate"])
async def test_a_providers_odd_words_are_settled_too(store: Store, detail: str) -> None:
    """One outcome that cannot be written would keep all others of the account from being written."""
    claimed = await leased(store)
    await settle(store, failures.after_failure(claimed, SendError(Reason.REFUSED, detail), store.clock.now()))
    row = await fake.row(store, claimed.outbound.id)
    assert row["state"] == "failed"
    assert rows.maybe_instant(row["settled_at"]) == store.clock.now()


async def test_a_toast_stands_in_no_line(store: Store, clock: Clock) -> None:
    """It answers a press within seconds, or not at all: a group's empty budget must not hold it."""
    await fake.queue(store, draft("answer", "-1", priority=outbox.URGENT))
    [answer] = await fake.claim(store)
    async with store.unit() as work:
        await leases.release(work, [(answer, clock.now() + timedelta(seconds=3))])
    await fake.queue(store, draft("toast", "-1", priority=outbox.URGENT, operation=Operation.TOAST))
    [toast] = await fake.claim(store)
    assert toast.outbound.text == "toast"
    clock.push(timedelta(seconds=3))
    assert [one.outbound.text for one in await fake.claim(store)] == ["answer"]  # nor is it in anybody's way


async def test_what_grew_stale_since_the_last_sweep_is_not_sent(store: Store, clock: Clock) -> None:
    await fake.queue(store, draft("old", stale_after=timedelta(hours=1)))
    clock.push(timedelta(hours=2))
    assert await fake.claim(store) == []
    assert await fake.states(store) == ["failed"]


@pytest.mark.parametrize(
    ("operation", "state"),
    [
        pytest.param(Operation.SEND, "maybe_sent", id="words"),
        pytest.param(Operation.OPEN_TOPIC, "maybe_sent", id="a topic opened twice is two"),
        pytest.param(Operation.EDIT, "queued", id="an edit"),
        pytest.param(Operation.CLOSE_TOPIC, "queued", id="a topic closed"),
        pytest.param(Operation.REOPEN_TOPIC, "queued", id="a topic opened again"),
        pytest.param(Operation.TOAST, "queued", id="a toast"),
    ],
)
async def test_what_is_the_same_done_twice_is_done_again(store: Store, operation: Operation, state: str) -> None:
    """A card whose edit was lost would show what is no longer so."""
    leased = replace(LEASED, outbound=replace(LEASED.outbound, operation=operation))
    assert failures.after_failure(leased, SendError(Reason.UNCERTAIN), START).state.value == state
    [card] = await fake.queue(store, draft("card"))
    async with store.unit() as work:
        await work.change(
            "UPDATE messages SET state = 'leased', operation = ?, lease_until = ? WHERE id = ?",
            operation.value,
            datetime.now(UTC) - timedelta(seconds=1),
            card,
        )
        assert await leases.recover(work, fake.CHANNEL, fake.ACCOUNT, repeats_safely=False) == 1
    assert await fake.states(store) == [state]


@pytest.mark.parametrize("plan", ["hashagg", "hashjoin, mergejoin, material, hashagg, sort", "nestloop"])
async def test_however_the_database_plans_it_no_more_are_leased_than_asked(store: Store, plan: str) -> None:
    """PostgreSQL may run a locked choice once for each row it looks at, and each run skips what the last one took."""
    await fake.queue(store, *(draft(str(n), str(n)) for n in range(12)))
    async with store.unit() as work:
        for method in plan.split(", ") if work.is_postgres else ():
            await work.change(f"SET LOCAL enable_{method} = off")
        claimed = (await leases.claim(work, fake.CHANNEL, fake.ACCOUNT, scheme="fake", limit=4)).ready
    assert [one.outbound.text for one in claimed] == ["0", "1", "2", "3"]
