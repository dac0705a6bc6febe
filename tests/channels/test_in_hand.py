"""What a dispatcher has in hand while its store is away: nothing is forgotten, sent twice or taken for sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from channels.contract import Bucket, Outbound, Receipt
from channels.dispatcher import Dispatcher
from channels.errors import Reason, SendError
from kernel.unit import Store, Work
from tests.channels import fake
from tests.channels.fake import FakeAdapter, Started, draft, raising, reached, until


class Shaky(Store):
    """A store whose units fail as often as told: before they begin, or once their commit has gone through."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.clock)
        self.failures = 0
        self.answers_lost = 0

    def unit(self) -> AbstractAsyncContextManager[Work]:
        return self._unit()

    @asynccontextmanager
    async def _unit(self) -> AsyncIterator[Work]:
        if self.failures:
            self.failures -= 1
            raise OSError("the store is away")
        async with super().unit() as work:
            yield work
        if self.answers_lost:
            self.answers_lost -= 1
            raise OSError("the connection broke after the commit")


async def test_an_outcome_outlives_a_store_that_fails(store: Store, started: Started) -> None:
    """What was sent is not sent again because the store was away when it landed."""
    shaky = Shaky(store)
    adapter = FakeAdapter()

    async def send(outbound: Outbound) -> Receipt:
        shaky.failures = 3
        adapter.sent.append(outbound)
        return Receipt("x1")

    adapter.plan = [send]
    dispatcher = started(adapter, shaky)
    [message] = await fake.queue(store, draft())
    await until(reached(store, "sent"))
    await until(lambda: dispatcher.is_idle)
    assert len(adapter.sent) == 1
    assert await fake.attempts(store, message) == [(1, "sent")]


async def test_an_outcome_written_unknowingly_does_not_hold_up_the_others(store: Store, started: Started) -> None:
    """The commit went through and its answer was lost: the outcome is written again, and the next ones too."""
    shaky = Shaky(store)
    adapter = FakeAdapter()

    async def send(outbound: Outbound) -> Receipt:
        shaky.answers_lost = 1
        return Receipt("x1")

    adapter.plan = [send]
    dispatcher = started(adapter, shaky)
    [first] = await fake.queue(store, draft("first", "a"))
    await until(reached(store, "sent"))
    await fake.queue(store, draft("second", "b"))
    await until(reached(store, "sent", "sent"))
    await until(lambda: dispatcher.is_idle)
    assert await fake.attempts(store, first) == [(1, "sent")]


async def leases_run_out(store: Store) -> None:
    """As after the minute and a half that a store may be away."""
    async with store.unit() as work:
        await work.change("UPDATE messages SET lease_until = ?", datetime.now(UTC) - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("plan", "state"),
    [
        pytest.param([], "sent", id="sent"),
        pytest.param([raising(SendError(Reason.UNREACHABLE))], "queued", id="to be tried again"),
    ],
)
async def test_an_outcome_in_hand_outlives_its_lease(store: Store, plan: list[fake.Send], state: str) -> None:
    """M-7: what was sent is not shown as maybe sent, because the sweep came before the settling."""
    dispatcher = Dispatcher(store, adapter := FakeAdapter())
    adapter.plan = plan
    [message] = await fake.queue(store, draft())
    await dispatcher._turn()
    await until(lambda: bool(dispatcher._landed))
    await leases_run_out(store)
    dispatcher._swept_at = float("-inf")
    await dispatcher._turn()
    assert await fake.attempts(store, message) == [(1, state)]
    assert await fake.states(store) == [state]


async def test_a_send_under_way_outlives_its_lease(store: Store) -> None:
    thaw, adapter = asyncio.Event(), FakeAdapter()
    adapter.plan = [fake.hanging(thaw)]
    dispatcher = Dispatcher(store, adapter)
    await fake.queue(store, draft())
    await dispatcher._turn()
    await leases_run_out(store)
    dispatcher._swept_at = float("-inf")
    await dispatcher._turn()
    thaw.set()
    await until(lambda: bool(dispatcher._landed))
    await dispatcher._turn()
    assert await fake.states(store) == ["sent"]


async def test_a_lease_that_could_not_be_given_back_is_not_taken_for_sent(store: Store) -> None:
    """It never left; once the store answers again it is queued as it was."""
    shaky, adapter = Shaky(store), FakeAdapter()

    def empty(outbound: Outbound) -> list[Bucket]:
        shaky.failures = 1
        return [Bucket("account", 0.001, 1.0)]

    adapter.buckets = empty  # type: ignore[method-assign]
    dispatcher = Dispatcher(shaky, adapter)
    [_, second] = await fake.queue(store, draft("first", "a"), draft("second", "b"))
    with pytest.raises(OSError, match="away"):
        await dispatcher._turn()
    await leases_run_out(store)
    dispatcher._swept_at = float("-inf")
    await dispatcher._turn()
    row = await fake.row(store, second)
    assert (row["state"], row["tries"]) == ("queued", 0)
    assert [one.text for one in adapter.sent] == ["first"]


async def test_what_a_dead_dispatcher_left_is_maybe_sent(store: Store, started: Started) -> None:
    """M-7: shown, never silently repeated or lost."""
    await fake.queue(store, draft())
    await fake.claim(store)
    await leases_run_out(store)
    adapter = FakeAdapter()
    started(adapter)
    await until(reached(store, "maybe_sent"))
    assert adapter.sent == []


async def test_stopping_with_the_store_away_ends_all_the_same(store: Store) -> None:
    """What comes after it, closing the clients and the database, must happen."""
    shaky, adapter = Shaky(store), FakeAdapter()
    dispatcher = Dispatcher(shaky, adapter)
    await fake.queue(store, draft())
    await dispatcher._turn()
    await until(lambda: bool(dispatcher._landed))
    shaky.failures = 1
    await dispatcher.stop()
    assert shaky.failures == 0
