"""The dispatcher with an adapter that does as told: accounts apart, every end of a send settled once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from channels import dispatcher as dispatcher_module
from channels import leases, outbox
from channels.contract import Bucket, Outbound, Receipt
from channels.dispatcher import Dispatcher
from channels.errors import Reason, SendError
from channels.events import MessageSettled
from kernel.clock import Clock
from kernel.unit import Store
from tests.channels import fake
from tests.channels.fake import FakeAdapter, Started, draft, raising, reached, until

EVERYTHING = Bucket("account", 1000.0, 1000.0)


async def test_what_is_queued_is_sent_and_settled(store: Store, started: Started) -> None:
    """M-7: out through the channel, with the provider's id kept."""
    told: list[MessageSettled] = []
    store.handlers = {MessageSettled: (fake.telling(told),)}
    adapter = FakeAdapter()
    dispatcher = started(adapter)
    [message] = await fake.queue(store, draft("Hello"))
    await until(reached(store, "sent"))
    await until(lambda: dispatcher.is_idle)
    assert [one.text for one in adapter.sent] == ["Hello"]
    assert (await fake.row(store, message))["external_id"] == "x1"
    assert [(one.id, one.state) for one in told] == [(message, "sent")]
    assert adapter.health.last_out_at is not None


async def test_a_hanging_account_does_not_hold_up_another(store: Store, started: Started) -> None:
    """M-7: each account has a dispatcher of its own."""
    thaw = asyncio.Event()
    hanging, healthy = FakeAdapter("fake:1"), FakeAdapter("fake:2")
    hanging.plan = [fake.hanging(thaw)] * 30
    started(hanging)
    started(healthy)
    await fake.queue(store, *(draft(f"h{n}", f"a{n}", account="fake:1") for n in range(30)))
    await fake.queue(store, *(draft(f"ok{n}", f"b{n}", account="fake:2") for n in range(30)))
    await until(lambda: len(healthy.sent) == 30)
    assert hanging.sent == []
    thaw.set()
    await until(reached(store, *["sent"] * 60))


async def test_what_stands_behind_a_useless_message_goes_at_once(store: Store, started: Started) -> None:
    """M-7: a line of those that are too late is worked off, not one a second."""
    late = [draft(f"late{n}", stale_after=timedelta(seconds=-1)) for n in range(9)]
    await fake.queue(store, *late, draft("in time"))
    adapter = FakeAdapter()
    started(adapter)
    await until(reached(store, *["failed"] * 9, "sent"), timeout_s=3.0)
    assert [one.text for one in adapter.sent] == ["in time"]


@pytest.mark.parametrize(
    ("hold_s", "woken"),
    [
        pytest.param(0.0, {"dispatch"}, id="due now"),
        pytest.param(outbox.SOON.total_seconds() - 0.001, {"dispatch"}, id="due soon"),
        pytest.param(outbox.SOON.total_seconds(), set(), id="held longer than a dispatcher rests"),
    ],
)
async def test_who_queues_what_is_held_wakes_nobody(store: Store, hold_s: float, woken: set[str]) -> None:
    async with store.unit() as work:
        await outbox.enqueue(work, [draft(hold_s=hold_s)])
        assert work.pokes == woken


async def test_no_more_sends_are_under_way_than_the_channel_takes(store: Store, started: Started) -> None:
    thaw, flying, most = asyncio.Event(), 0, 0

    async def slow(outbound: Outbound) -> Receipt:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await thaw.wait()
        flying -= 1
        return Receipt()

    adapter = FakeAdapter(concurrency=4)
    adapter.plan = [slow] * 12
    started(adapter)
    await fake.queue(store, *(draft(str(n), str(n)) for n in range(12)))
    await until(lambda: flying == 4)
    thaw.set()
    await until(reached(store, *["sent"] * 12))
    assert most == 4


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        pytest.param(SendError(Reason.REFUSED, "blocked"), "failed", "refused: blocked", id="refused"),
        pytest.param(SendError(Reason.UNCERTAIN), "maybe_sent", "uncertain", id="uncertain"),
        pytest.param(TimeoutError(), "maybe_sent", "uncertain: no answer", id="no answer in time"),
        pytest.param(KeyError("text"), "failed", "invalid: KeyError", id="a fault of the adapter"),
        pytest.param(ValueError("Eszter's words"), "failed", "invalid: ValueError", id="its words are not kept"),
    ],
)
async def test_every_end_of_a_send_is_settled(
    store: Store, started: Started, error: Exception, state: str, reason: str
) -> None:
    adapter = FakeAdapter()
    adapter.plan = [raising(error)]
    started(adapter)
    [message] = await fake.queue(store, draft())
    await until(reached(store, state))
    row = await fake.row(store, message)
    assert row["reason"].startswith(reason)
    assert "Eszter" not in row["reason"]
    assert await fake.attempts(store, message) == [(1, state)]


async def test_a_failure_that_passes_is_tried_again(store: Store, started: Started, clock: Clock) -> None:
    adapter = FakeAdapter()
    adapter.plan = [raising(SendError(Reason.UNREACHABLE, "502"))]
    dispatcher = started(adapter)
    [message] = await fake.queue(store, draft())

    async def is_retried() -> bool:
        return await fake.attempts(store, message) == [(1, "queued")]

    await until(is_retried)
    clock.push(timedelta(seconds=2))
    dispatcher.poke()
    await until(reached(store, "sent"))
    assert await fake.attempts(store, message) == [(1, "queued"), (2, "sent")]


async def test_a_providers_waiting_time_holds_that_chat_and_no_other(
    store: Store, started: Started, clock: Clock
) -> None:
    adapter = FakeAdapter()
    adapter.budget = [EVERYTHING, Bucket("chat", 1000.0, 1000.0)]
    adapter.plan = [raising(SendError(Reason.THROTTLED, retry_after_s=3_600))]
    dispatcher = started(adapter)
    [first] = await fake.queue(store, draft("first", "a"))
    await until(lambda: dispatcher._pacer.take(adapter.budget, 0.0) > 0)
    adapter.budget = [EVERYTHING, Bucket("other chat", 1000.0, 1000.0)]
    await fake.queue(store, draft("other", "b"))
    await until(reached(store, "queued", "sent"))
    row = await fake.row(store, first)
    assert row["reason"] == "throttled"
    assert await leases.next_due(store.reading(), fake.CHANNEL, fake.ACCOUNT) == clock.now() + timedelta(hours=1)


async def test_an_empty_budget_gives_the_lease_back_without_a_try(store: Store, started: Started) -> None:
    adapter = FakeAdapter()
    adapter.budget = [Bucket("account", 0.001, 1.0)]
    started(adapter)
    [_, second] = await fake.queue(store, draft("first", "a"), draft("second", "b"))
    await until(reached(store, "sent", "queued"))
    assert (await fake.row(store, second))["tries"] == 0


async def test_no_more_is_claimed_than_the_account_has_tokens_for(store: Store, started: Started) -> None:
    """M-7: a thousand notices are not leased and given back second by second; the next goes when there is a token."""
    adapter = FakeAdapter()
    adapter.budget = [Bucket("account", 10.0, 2.0)]
    started(adapter)
    [first] = await fake.queue(store, draft("first", "a"))
    await until(reached(store, "sent"))
    rest = await fake.queue(store, *(draft(str(n), str(n)) for n in range(4)))
    await until(reached(store, *["sent"] * 5))
    assert [await fake.attempts(store, one) for one in [first, *rest]] == [[(1, "sent")]] * 5


async def test_nothing_is_claimed_while_the_channel_is_not_ready(store: Store, started: Started) -> None:
    adapter = FakeAdapter()
    adapter.health.ready = False
    dispatcher = started(adapter)
    await fake.queue(store, draft())
    await until(lambda: dispatcher.is_idle)
    assert await fake.states(store) == ["queued"]
    adapter.health.ready = True
    dispatcher.poke()
    await until(reached(store, "sent"))


async def test_a_channel_that_cannot_name_its_budgets_sends_all_the_same(store: Store, started: Started) -> None:
    def broken(outbound: Outbound) -> list[Bucket]:
        raise KeyError("a fault of the adapter")

    adapter = FakeAdapter()
    adapter.buckets = broken  # type: ignore[method-assign]
    started(adapter)
    await fake.queue(store, draft("first", "a"), draft("second", "b"))
    await until(reached(store, "sent", "sent"))


async def test_while_a_channel_is_away_what_is_too_late_is_failed(store: Store, clock: Clock) -> None:
    """Nobody waits a week to hear that an answer never left."""
    adapter = FakeAdapter()
    adapter.health.ready = False
    await fake.queue(store, draft("old", stale_after=timedelta(hours=1)))
    clock.push(timedelta(hours=2))
    await Dispatcher(store, adapter)._turn()
    assert await fake.states(store) == ["failed"]


async def test_a_send_without_an_answer_ends(store: Store, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher_module, "SEND_DEADLINE_S", 0.01)
    adapter = FakeAdapter()
    adapter.plan = [fake.hanging(asyncio.Event())]
    started(adapter)
    await fake.queue(store, draft())
    await until(reached(store, "maybe_sent"))


async def test_what_waits_behind_another_does_not_keep_the_loop_busy(store: Store) -> None:
    """A message that is due, but may not go before one that waits for an hour, is no reason to look every moment."""
    adapter = FakeAdapter()
    adapter.plan = [raising(SendError(Reason.THROTTLED, retry_after_s=3_600))]
    dispatcher = Dispatcher(store, adapter)
    await fake.queue(store, draft("first", "a"))
    await dispatcher._turn()
    await until(lambda: bool(dispatcher._landed))
    await dispatcher._settle()
    await fake.queue(store, draft("second", "a"))
    assert await dispatcher._turn() == 1.0


async def test_stopping_lets_a_send_end_and_settles_it(store: Store) -> None:
    leave, adapter = asyncio.Event(), FakeAdapter()
    began = asyncio.Event()

    async def send(outbound: Outbound) -> Receipt:
        began.set()
        await leave.wait()
        return Receipt("x9")

    adapter.plan = [send]
    dispatcher = Dispatcher(store, adapter)
    await fake.queue(store, draft())
    dispatcher.start()
    await began.wait()
    stopping = asyncio.ensure_future(dispatcher.stop())
    leave.set()
    await stopping
    assert await fake.states(store) == ["sent"]


async def test_stopping_settles_a_send_that_hangs_as_maybe_sent(store: Store) -> None:
    adapter, began = FakeAdapter(), asyncio.Event()

    async def send(outbound: Outbound) -> Receipt:
        began.set()
        await asyncio.Event().wait()
        return Receipt()

    adapter.plan = [send]
    dispatcher = Dispatcher(store, adapter)
    await fake.queue(store, draft())
    dispatcher.start()
    await began.wait()
    await dispatcher.stop()
    assert await fake.states(store) == ["maybe_sent"]
    assert dispatcher.is_idle


async def test_what_has_waited_past_its_use_is_swept_before_it_is_sent(
    store: Store, started: Started, clock: Clock
) -> None:
    await fake.queue(store, draft("old", stale_after=timedelta(hours=1)))
    clock.push(timedelta(hours=2))
    adapter = FakeAdapter()
    started(adapter)
    await until(reached(store, "failed"))
    assert adapter.sent == []
