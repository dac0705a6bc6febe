"""The walk over a kind's rows: read a page at a time, let go in short units that look at every row once more."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hub.retention.kinds import Kind
from kernel import rows
from kernel.unit import Store

PAGE = 1_000
UNIT = 200  # rows a unit: some ten milliseconds


async def going(store: Store, kind: Kind) -> AsyncIterator[list[int]]:
    """Ids of rows that may go now, at most UNIT at a time, the oldest first. Reads only."""
    after = 0
    while True:
        page = await store.reading().fetch(
            f"SELECT t.id, CASE WHEN t.{kind.age} < ? THEN 1 ELSE 0 END AS is_old,"
            f" CASE WHEN {kind.condition} THEN 1 ELSE 0 END AS goes"
            f" FROM {kind.table} AS t WHERE t.id > ? ORDER BY t.id LIMIT {PAGE}",
            kind.before,
            kind.before,
            *kind.values,
            after,
        )
        found = [row["id"] for row in page if row["goes"]]
        for start in range(0, len(found), UNIT):
            yield found[start : start + UNIT]
        # ids rise with time: behind a page without an old row there is none
        if len(page) < PAGE or not any(row["is_old"] for row in page):
            return
        after = page[-1]["id"]


async def let_go(store: Store, kind: Kind, some: list[int]) -> int:
    """Those of `some` that still may go, in one unit; returns how many went."""
    async with store.unit() as work:
        gone = await work.fetch(  # a count of changes would hold what triggers wrote
            f"{kind.act} WHERE t.id IN ({rows.marks(some)}) AND {kind.condition} RETURNING id",
            *some,
            kind.before,
            *kind.values,
        )
    return len(gone)
