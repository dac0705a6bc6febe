"""Messages that should have left by now: told once, taken back where they wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels import failures, outbox, overdue, settling
from channels.contract import MessageId
from channels.errors import Reason, SendError
from channels.events import MessageOverdue
from channels.models import MessageState
from channels.settling import Outcome
from kernel.clock import Clock
from kernel.timers import Timers
from kernel.unit import Store
from tests.channels import fake
from tests.channels.fake import draft

PATIENCE = timedelta(minutes=2)
MOMENT = timedelta(seconds=1)


@pytest.fixture
def told(store: Store) -> list[MessageOverdue]:
    said: list[Any] = []
    store.handlers = {MessageOverdue: (fake.telling(said),)}
    return said


async def look(store: Store) -> None:
    """The hub's timers, until nothing is due."""
    timers = Timers(store, [overdue.SOURCE])
    while await timers.turn() < 1:
        pass


async def test_what_has_not_left_in_time_is_told_once(store: Store, clock: Clock, told: list[MessageOverdue]) -> None:
    """M-10: not a moment before, and not again; what nobody is impatient for is not told at all."""
    [message, _] = await fake.queue(store, draft(patience=PATIENCE), draft())
    clock.push(PATIENCE - MOMENT)
    await look(store)
    assert told == []
    clock.push(MOMENT)
    await look(store)
    await look(store)
    assert [(one.id, one.state, one.purpose) for one in told] == [(message, "queued", "reply")]


async def test_what_is_held_is_waited_for(store: Store, clock: Clock, told: list[MessageOverdue]) -> None:
    """Quiet hours, a bundle: the patience begins when it may leave."""
    await fake.queue(store, draft(patience=PATIENCE, hold_s=600))
    clock.push(timedelta(seconds=600) + PATIENCE - MOMENT)
    await look(store)
    assert told == []
    clock.push(MOMENT)
    await look(store)
    assert len(told) == 1


@pytest.mark.parametrize(
    ("state", "is_told"),
    [
        (MessageState.SENT, False),
        (MessageState.FAILED, False),
        (MessageState.WITHHELD, False),
        (MessageState.MAYBE, True),
        (None, True),
    ],
    ids=["sent", "failed", "withheld", "maybe sent", "under way"],
)
async def test_what_is_not_known_to_have_left_is_overdue(
    store: Store, clock: Clock, told: list[MessageOverdue], state: MessageState | None, is_told: bool
) -> None:
    """M-10: a lost answer is no delivery."""
    await fake.queue(store, draft(patience=PATIENCE))
    [claimed] = await fake.claim(store)
    if state is not None:
        async with store.unit() as work:
            await settling.settle(work, [Outcome(claimed.outbound.id, 1, state)])
    clock.push(PATIENCE)
    await look(store)
    assert bool(told) is is_told


async def test_what_is_put_back_in_line_by_hand_is_nobodys_haste(
    store: Store, clock: Clock, told: list[MessageOverdue]
) -> None:
    [message] = await fake.queue(store, draft(patience=PATIENCE))
    [claimed] = await fake.claim(store)
    async with store.unit() as work:
        await settling.settle(work, [Outcome(claimed.outbound.id, 1, MessageState.FAILED)])
    clock.push(timedelta(hours=1))
    async with store.unit() as work:
        assert await outbox.requeue(work, message)
    await look(store)
    assert told == []


@pytest.mark.parametrize("is_tried", [False, True], ids=["waits", "is to be tried again"])
async def test_what_waits_is_taken_back(store: Store, clock: Clock, is_tried: bool) -> None:
    [message] = await fake.queue(store, draft())
    if is_tried:
        [claimed] = await fake.claim(store)
        async with store.unit() as work:
            failed = failures.after_failure(claimed, SendError(Reason.THROTTLED, retry_after_s=600), clock.now())
            await settling.settle(work, [failed])
    async with store.unit() as work:
        assert await outbox.withdraw(work, MessageId(message), "told by another way")
    row = await fake.row(store, message)
    assert (row["state"], row["reason"]) == ("cancelled", "told by another way")
    clock.push(timedelta(hours=1))
    assert await fake.claim(store) == []


async def test_what_is_under_way_is_tried_no_more(store: Store, clock: Clock) -> None:
    """It cannot be taken back; if this try fails, it was the last."""
    [message] = await fake.queue(store, draft())
    [claimed] = await fake.claim(store)
    async with store.unit() as work:
        assert not await outbox.withdraw(work, MessageId(message), "told by another way")
        failed = failures.after_failure(claimed, SendError(Reason.UNREACHABLE), clock.now())
        await settling.settle(work, [failed])
    clock.push(timedelta(minutes=1))
    assert await fake.claim(store) == []
    assert await fake.states(store) == ["failed"]
