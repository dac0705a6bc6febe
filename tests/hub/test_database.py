"""How the database is opened: durable writing, a reader that cannot write, and an honest word when it is away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError, TransactionManagementError

from hub import database
from kernel import errors, rows
from kernel.clock import Clock
from kernel.unit import READING, WRITING, Store
from tests.support.databases import ENGINE

sqlite_only = pytest.mark.skipif(ENGINE != "sqlite", reason="SQLite's own settings")
postgres_only = pytest.mark.skipif(ENGINE != "postgres", reason="a server that can go away")


@sqlite_only
@pytest.mark.parametrize(
    ("name", "pragma", "expected"),
    [
        pytest.param(WRITING, "synchronous", 2, id="writer is durable (FULL)"),
        pytest.param(WRITING, "foreign_keys", 1, id="writer holds foreign keys"),
        pytest.param(WRITING, "journal_mode", "wal", id="writer does not block readers"),
        pytest.param(WRITING, "busy_timeout", database.BUSY_TIMEOUT_MS, id="writer waits for the command line"),
        pytest.param(WRITING, "query_only", 0, id="writer writes"),
        pytest.param(READING, "query_only", 1, id="reader only reads"),
        pytest.param(READING, "busy_timeout", database.BUSY_TIMEOUT_MS, id="reader waits"),
    ],
)
async def test_a_connection_is_set_up(store: Store, name: str, pragma: str, expected: Any) -> None:
    """M-5: a message that was acknowledged survives a power cut."""
    [row] = await rows.fetch(get_connections().get(name), f"PRAGMA {pragma}")
    assert [*row.values()] == [expected]


@postgres_only
@pytest.mark.parametrize(
    ("name", "setting", "expected"),
    [
        pytest.param(WRITING, "synchronous_commit", "on", id="writer is durable"),
        pytest.param(WRITING, "jit", "off", id="writer compiles nothing"),
        pytest.param(READING, "default_transaction_read_only", "on", id="reader only reads"),
        pytest.param(READING, "jit", "off", id="reader compiles nothing"),
    ],
)
async def test_a_session_is_set_up(store: Store, name: str, setting: str, expected: str) -> None:
    """M-5: a message that was acknowledged survives a power cut, whatever the server's own settings are."""
    [row] = await rows.fetch(get_connections().get(name), f"SHOW {setting}")
    assert [*row.values()] == [expected]


@pytest.mark.parametrize(
    ("url", "key", "value"),
    [
        pytest.param("sqlite://centrala.db", "file_path", "centrala.db", id="relative file"),
        pytest.param("sqlite:///var/lib/c.db", "file_path", "/var/lib/c.db", id="absolute file"),
        pytest.param("sqlite://c.db?synchronous=OFF", "synchronous", "FULL", id="what we rely on is not negotiable"),
        pytest.param("sqlite://c.db?cache_size=99", "cache_size", "99", id="what the operator adds stays"),
        pytest.param("postgresql://u:p@h/d", "database", "d", id="PostgreSQL"),
        pytest.param("postgres://u:p@h/d?host=/run/pg", "host", "/run/pg", id="a socket's folder"),
    ],
)
def test_a_url_becomes_a_connection(url: str, key: str, value: str) -> None:
    assert str(database.config(url)["connections"][WRITING]["credentials"][key]) == value


def test_a_migrating_connection_is_one_and_holds_no_foreign_keys() -> None:
    """A table that is rebuilt while keys are held deletes its children."""
    connections = database.config("sqlite://c.db", migrating=True)["connections"]
    assert list(connections) == [WRITING]
    assert connections[WRITING]["credentials"]["foreign_keys"] == "OFF"


async def test_a_new_database_is_empty_and_a_migrated_one_is_not(empty_url: str) -> None:
    await database.connect(empty_url)
    connection = Store(Clock()).direct()
    assert await database.is_empty(connection)
    await database.migrate(empty_url)
    assert not await database.is_empty(connection)
    await database.close()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(
            "sqlite:///nowhere/at/all/centrala.db",
            id="no such folder",
        ),
        pytest.param("postgresql://nobody@/none?host=/nowhere", id="no such socket"),
    ],
)
async def test_a_database_that_is_away_says_try_later(url: str) -> None:
    async with asyncio.timeout(5):
        with pytest.raises(errors.TryLater, match="does not answer"):
            await database.migrate(url)


@sqlite_only
async def test_a_file_that_can_be_opened_at_the_second_try_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "late"
    await database.connect(f"sqlite://{folder / 'centrala.db'}")
    connection = Store(Clock()).direct()
    try:
        with pytest.raises(OperationalError):
            await rows.fetch(connection, "SELECT 1 AS one")
        folder.mkdir()
        async with asyncio.timeout(2):
            assert await rows.fetch(connection, "SELECT 1 AS one") == [{"one": 1}]
    finally:
        await database.close()


@contextmanager
def no_room_beyond(size_bytes: int) -> Iterator[None]:
    """A file of this process cannot grow beyond `size_bytes`: what a full disk looks like to SQLite."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def _count(store: Store, name: str) -> None:
    async with store.unit() as work:
        await work.change("INSERT INTO counters (name, value) VALUES (?, 1)", name)


@sqlite_only
async def test_a_commit_refused_by_a_full_disk_passes_and_leaves_nothing_open(store: Store, database_url: str) -> None:
    """M-5: counted against nobody's message; and what was refused is not committed with the next unit."""
    await _count(store, "before")
    size_bytes = os.path.getsize(database_url.removeprefix("sqlite://") + "-wal")  # noqa: PTH202, ASYNC240
    with no_room_beyond(size_bytes), pytest.raises(OperationalError) as refused:
        await _count(store, "refused")
    assert errors.is_passing(refused.value)
    await _count(store, "after")
    found = await store.reading().fetch("SELECT name FROM counters WHERE value = 1 ORDER BY name")
    assert [row["name"] for row in found] == ["after", "before"]


@sqlite_only
async def test_a_begin_that_fails_leaves_the_connection_free(store: Store) -> None:
    """A lock that is kept would make every later call wait for ever."""
    await _count(store, "before")
    client: Any = store.direct()
    broken, client._connection = client._connection, _Closed()
    with pytest.raises(TransactionManagementError):
        await _count(store, "refused")
    client._connection = broken
    async with asyncio.timeout(2):
        await _count(store, "after")


class _Closed:
    """A connection whose every statement fails."""

    async def commit(self) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    rollback = commit

    async def close(self) -> None: ...


@postgres_only
async def test_a_begin_that_fails_is_over_with_the_next_unit(store: Store, database_url: str) -> None:
    """A loop whose server goes away between two units finds it again: nothing dead stays in its task."""
    for number in range(12):  # more often than the pool has places
        await _until_counted(store, f"before {number}")
        _end_sessions(database_url)
        with contextlib.suppress(Exception):
            await _count(store, f"refused {number}")
    await _until_counted(store, "after")


async def _until_counted(store: Store, name: str) -> None:
    """As a loop does: again and again in the same task."""
    async with asyncio.timeout(5):
        while True:
            try:
                return await _count(store, name)
            except Exception:
                await asyncio.sleep(0.01)


def _end_sessions(url: str) -> None:
    """In a thread that is waited for: the loop must not hear of it before it begins again."""

    async def end() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()

    ending = threading.Thread(target=lambda: asyncio.run(end()))
    ending.start()
    ending.join()


@sqlite_only
async def test_migrating_finds_rows_that_point_at_nothing(database_url: str) -> None:
    path = Path(database_url.removeprefix("sqlite://"))
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO hints (id, staff_id, key) VALUES (1, 4711, 'x')")
    connection.close()
    with pytest.raises(RuntimeError, match="1 rows point at rows that are gone, the first in hints"):
        await database.migrate(database_url)


@postgres_only
async def test_a_server_that_was_tuned_to_commit_later_is_told_to_wait(database_url: str) -> None:
    """M-5: an operator's synchronous_commit = off for another program must not lose what we have acknowledged."""
    await _told(database_url, "SET synchronous_commit = off")
    try:
        await database.connect(database_url)
        [row] = await rows.fetch(get_connections().get(WRITING), "SHOW synchronous_commit")
        assert row["synchronous_commit"] == "on"
    finally:
        await database.close()
        await _told(database_url, "RESET synchronous_commit")


async def _told(url: str, what: str) -> None:
    connection = await asyncpg.connect(url)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} {what}")
    await connection.close()
