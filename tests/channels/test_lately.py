"""What an account has sent in the last day, as it is told to a channel at a start."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels import lately
from kernel.clock import Clock
from kernel.unit import Store
from tests.channels import fake
from tests.channels.fake import draft


async def left(store: Store, to: str, state: str, **more: object) -> None:
    [message_id] = await fake.queue(store, draft("Hello", to, **more))
    async with store.unit() as work:
        settled_at = None if state in ("queued", "leased") else work.now
        external_id = "SM1" if state in ("sent", "delivered") else None
        await work.change(
            "UPDATE messages SET state = ?, settled_at = ?, external_id = ? WHERE id = ?",
            state,
            settled_at,
            external_id,
            message_id,
        )


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("queued", False),
        ("leased", True),
        ("sent", True),
        ("delivered", True),
        ("maybe_sent", True),
        ("failed", False),
        ("cancelled", False),
    ],
)
async def test_what_went_out_or_may_have_counts(store: Store, state: str, counts: bool) -> None:
    await left(store, "a", state)
    assert await lately.sent(store.reading(), fake.ACCOUNT) == ([("a", 0.0)] if counts else [])


async def test_a_message_that_failed_on_its_way_was_paid_for(store: Store) -> None:
    await left(store, "a", "sent")
    async with store.unit() as work:
        await work.change("UPDATE messages SET state = 'failed'")
    assert await lately.sent(store.reading(), fake.ACCOUNT) == [("a", 0.0)]


async def test_the_oldest_come_first_and_a_day_is_a_day(store: Store, clock: Clock) -> None:
    await left(store, "old", "sent")
    clock.push(timedelta(hours=20))
    await left(store, "a", "sent")
    await left(store, "other", "sent", account="fake:2")
    clock.push(timedelta(hours=3))
    await left(store, "b", "delivered")
    assert await lately.sent(store.reading(), fake.ACCOUNT) == [("old", 82_800.0), ("a", 10_800.0), ("b", 0.0)]
    clock.push(timedelta(hours=1))
    assert await lately.sent(store.reading(), fake.ACCOUNT) == [("a", 14_400.0), ("b", 3_600.0)]
