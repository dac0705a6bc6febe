"""What a database looks like from outside, on either engine; and a row in every table."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationTarget

from hub import database
from kernel import rows
from kernel.unit import WRITING
from tests.hub.filled import AT as AT
from tests.hub.filled import FILLED as FILLED
from tests.support.databases import ENGINE


async def migrate(url: str, to: str) -> None:
    """Migrate up or down to the migration of that name."""
    async with TortoiseContext() as context:
        await context.init(config=database.config(url, migrating=True))
        executor = database.executor(context.connections.get(WRITING))
        await executor.migrate([MigrationTarget(database.APP, to)])


async def fill(connection: BaseDBAsyncClient, *, shift: int = 0) -> None:
    """A row in every table there is. `shift` moves every id: only the unique constraints can refuse the second."""
    there = await tables(connection)
    for table, row in FILLED.items():
        if table in there:
            await put(connection, table, _shifted(row, shift))


async def put(connection: BaseDBAsyncClient, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    await rows.change(connection, f"INSERT INTO {table} ({names}) VALUES ({rows.marks(row)})", *row.values())


def double(table: str) -> dict[str, Any]:
    """The table's row again, under another id."""
    return _shifted(FILLED[table], 1_000, keys=("id",))


def _shifted(row: dict[str, Any], by: int, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        name: value + by if name in keys or (not keys and (name == "id" or name.endswith("_id"))) else value
        for name, value in row.items()
    }


async def counts(connection: BaseDBAsyncClient) -> dict[str, int]:
    found = {}
    for table in FILLED:
        [row] = await rows.fetch(connection, f"SELECT count(*) AS n FROM {table}")
        found[table] = row["n"]
    return found


async def counts_of_those_there(connection: BaseDBAsyncClient) -> dict[str, int]:
    """As `counts`, of a database that may be of an earlier version."""
    found = {}
    for table in sorted(await tables(connection)):
        [row] = await rows.fetch(connection, f'SELECT count(*) AS n FROM "{table}"')
        found[table] = row["n"]
    return found


async def empty(url: str) -> None:
    """Take every table away."""
    await database.connect(url)
    connection = database.connection(WRITING)
    if ENGINE == "postgres":
        await rows.change(connection, "DROP SCHEMA public CASCADE")
        await rows.change(connection, "CREATE SCHEMA public")
        await database.close()
    else:
        await database.close()
        file = url.removeprefix("sqlite://")
        for rest in ("", "-wal", "-shm"):
            await asyncio.to_thread(Path(file + rest).unlink, missing_ok=True)


async def tables(connection: BaseDBAsyncClient) -> set[str]:
    sql = (
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        if ENGINE == "postgres"
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND name NOT LIKE 'search_words%'"  # the word index's own
    )
    return {row["name"] for row in await rows.fetch(connection, sql)}


async def indexes(connection: BaseDBAsyncClient) -> dict[str, bool]:
    """Name → is unique, of the indexes that a migration made by name."""
    if ENGINE == "postgres":
        found = await rows.fetch(connection, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        return {row["indexname"]: "UNIQUE" in row["indexdef"] for row in found}
    found = await rows.fetch(connection, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    return {row["name"]: "UNIQUE" in row["sql"] for row in found}


async def columns(connection: BaseDBAsyncClient, table: str) -> dict[str, bool]:
    """Name → may be absent."""
    if ENGINE == "postgres":
        found = await rows.fetch(
            connection, "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = ?", table
        )
        return {row["column_name"]: row["is_nullable"] == "YES" for row in found}
    found = await rows.fetch(connection, f"PRAGMA table_info({table})")
    return {row["name"]: not row["notnull"] for row in found}
