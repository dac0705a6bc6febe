"""Due times of several sources: what is due at once after a stop is fired in batches, and each source has its turn."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kernel import rows, timers
from kernel.timers import SHORTEST_SLEEP_S, Source, Timers
from kernel.unit import Store, Work

pytestmark = pytest.mark.database
MUCH, BATCH = 11, 2


def source(name: str, fired: list[tuple[str, int]]) -> Source:
    async def fire(work: Work, due: Sequence[int]) -> None:
        await work.change(f"DELETE FROM {name} WHERE id IN ({rows.marks(due)})", *due)
        fired.append((name, len(due)))

    return Source(name, f"SELECT id, due_at FROM {name} WHERE id > 0", fire)


async def test_much_that_is_due_comes_in_batches_and_holds_up_no_other_source(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 5: what came due in a stop is fired soon, by multi-row SQL; what is due elsewhere waits for few batches."""
    monkeypatch.setattr(timers, "BATCH", BATCH)
    fired: list[tuple[str, int]] = []
    async with store.unit() as work:
        for name, count in (("due_much", MUCH), ("due_one", 1)):
            await work.change(f"CREATE TABLE {name} (id BIGINT, due_at TIMESTAMPTZ)")
            for number in range(1, count + 1):
                await work.change(f"INSERT INTO {name} (id, due_at) VALUES (?, ?)", number, work.now)
    loop = Timers(store, (source("due_much", fired), source("due_one", fired)))
    assert await loop.turn() == SHORTEST_SLEEP_S
    assert fired == [("due_much", BATCH)] * timers.AT_ONCE + [("due_one", 1)]
    assert await loop.turn() == SHORTEST_SLEEP_S
    assert sum(count for name, count in fired if name == "due_much") == MUCH
    assert await loop.turn() == timers.LONGEST_SLEEP_S
