"""Rows as retention finds them: of any age and state, in an opened store."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from channels.files import FileStore
from hub.retention.settings import Retention
from hub.retention.sweep import Sweep
from kernel.unit import Store
from tests.hub import schema

REPEATS = {"webhook": timedelta(days=30), "telegram": timedelta(days=2)}


def sweep(store: Store, folder: Path, *, repeats: dict[str, timedelta] | None = None, **rules: Any) -> Sweep:
    found = REPEATS if repeats is None else repeats
    return Sweep(store, FileStore(folder / "files"), folder, Retention(**rules), found)


async def run(made: Sweep) -> dict[str, int]:
    """Kinds of which something went, and how many."""
    counts: Counter[str] = Counter()
    async for kind, count in made.run():
        counts[kind] += count
    return dict(+counts)


async def look(made: Sweep) -> dict[str, int]:
    counts: Counter[str] = Counter()
    async for kind, count in made.look():
        counts[kind] += count
    return dict(+counts)


def days_before(store: Store, days: float) -> datetime:
    return store.clock.now() - timedelta(days=days)


async def put(store: Store, table: str, row_id: int, /, **changed: Any) -> None:
    """A row of `table` as the migrations' tests have it, with `changed` columns."""
    row = schema.FILLED[table] | {"id": row_id} | changed
    if table == "raw_messages":
        row = row | {"external_key": f"k{row_id}"} | changed
    await schema.put(store.direct(), table, row)


async def ids(store: Store, table: str, where: str = "1 = 1") -> list[int]:
    return [row["id"] for row in await store.reading().fetch(f"SELECT id FROM {table} WHERE {where} ORDER BY id")]
