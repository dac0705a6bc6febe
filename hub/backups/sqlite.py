"""SQLite's part of a backup: the online copy of a database in use, and the way back."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from hub import database
from hub.backups import archive
from hub.backups.facts import MIGRATIONS, MIGRATIONS_TABLE, Facts
from kernel.errors import Conflict, Invalid, TryLater
from kernel.unit import WRITING

# without the word index's own tables, which are no rows of ours
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_words%'"
)


async def take(url: str, target: Path) -> Facts:
    """Write a consistent copy to `target`; a hub may go on writing. Raises TryLater if it cannot be copied."""
    source = _file(url)
    if not source.is_file():
        raise TryLater(f"there is no database at {source}")
    try:
        with _reading(source) as reading, contextlib.closing(sqlite3.connect(target)) as copy:
            reading.backup(copy)  # in one step: nobody's writing makes it begin again, and it holds up nobody
    except sqlite3.Error as error:
        raise TryLater(f"the database cannot be copied ({error})") from error
    return _facts(target)


async def refuse_if_used(url: str) -> None:
    """Raise Conflict if there is a database already: a backup is never put over something."""
    target = _file(url)
    if not target.exists():
        return
    try:
        used = _facts(target).rows
    except Invalid as error:
        raise Conflict(f"{target} is there already and cannot be read; move it away first") from error
    if used:
        raise Conflict(f"there is a database at {target} already; move it away, or name another in database.url")


async def check(dump: Path) -> Facts:
    """What is in a dump. Raises Invalid unless SQLite itself calls it whole."""
    try:
        with _reading(dump) as reading:
            said = [line for (line,) in reading.execute("PRAGMA integrity_check")]
            dangling = reading.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        raise Invalid(f"the database in the backup cannot be read ({error})") from error
    if said != ["ok"]:
        raise Invalid(f"the database in the backup is damaged: {said[0]}")
    if dangling:
        raise Invalid(f"{len(dangling)} rows of the database in the backup point at rows that are not there")
    return _facts(dump)


async def put(url: str, dump: Path) -> None:
    """Move a dump to where the database belongs, in one step. Raises OSError."""
    target = _file(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    for rest in ("-wal", "-shm"):  # of an empty database, which this one takes the place of
        target.with_name(target.name + rest).unlink(missing_ok=True)
    moving = target.with_name(target.name + ".restoring")  # on the disk of the target, where a move is one step
    with dump.open("rb") as source, moving.open("wb") as copy:
        archive.copy(source, copy)
    archive.sync(moving)
    moving.replace(target)
    archive.sync(target.parent)  # the new name too


async def facts(url: str) -> Facts:
    """What the database holds now."""
    return _facts(_file(url))


def _facts(file: Path) -> Facts:
    try:
        with _reading(file) as reading:
            names = [name for (name,) in reading.execute(_TABLES)]
            rows = {name: reading.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
            seen = reading.execute(MIGRATIONS).fetchall() if MIGRATIONS_TABLE in names else []
    except sqlite3.Error as error:
        raise Invalid(f"{file} is no database that can be read ({error})") from error
    return Facts(rows, tuple(name for (name,) in seen))


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        yield opened


def _file(url: str) -> Path:
    return Path(str(database.config(url)["connections"][WRITING]["credentials"]["file_path"]))
