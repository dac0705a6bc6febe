"""Files that may go: stored ones that no row names any more, and old backups that `migrate` made by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from channels.files import FileStore
from kernel.unit import Store

ORPHAN_S = 24 * 3600.0  # a file is on the disk before the row that names it is committed
PAGE = 1_000
NAMED_IN = (
    ("raw_messages", "file"),
    ("attachments", "file"),
    ("attachments", "thumb_file"),
)  # every column that names a stored file
BACKUPS = "backups"
OWN_BACKUPS = "before-*.tar.gz"
DAY_S = 24 * 3600.0


async def orphans(store: Store, files: FileStore) -> list[str]:
    """Names of stored files, a day old or more, that no row names."""
    old = set(await files.older(ORPHAN_S))  # listed before the rows are read: a newer row names a younger file
    for table, column in NAMED_IN if old else ():
        after = 0
        while page := await store.reading().fetch(
            f"SELECT id, {column} AS file FROM {table} WHERE id > ? ORDER BY id LIMIT {PAGE}", after
        ):
            old.difference_update(row["file"] for row in page if row["file"])
            after = page[-1]["id"]
    return sorted(old)


async def drop_orphans(files: FileStore, names: Sequence[str]) -> int:
    """Remove them, but for what was kept once more meanwhile; returns how many went."""
    return sum([await files.drop(name, ORPHAN_S) for name in names])


async def old_backups(data: Path, days: int) -> list[Path]:
    """Backups that `centrala migrate` made, older than `days`; the newest stays whatever its age. 0 days: none."""
    return await asyncio.to_thread(_old_backups, data / BACKUPS, days) if days else []


async def drop_backups(found: Sequence[Path]) -> int:
    for path in found:
        await asyncio.to_thread(path.unlink, missing_ok=True)
    return len(found)


def _old_backups(folder: Path, days: int) -> list[Path]:
    by_age = sorted((path.stat().st_mtime, path) for path in folder.glob(OWN_BACKUPS))
    return [path for at, path in by_age[:-1] if at < time.time() - days * DAY_S]
