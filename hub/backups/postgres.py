"""PostgreSQL's part of a backup: pg_dump under the snapshot in which the rows are counted, and pg_restore."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from hub import database
from hub.backups.facts import MIGRATIONS, MIGRATIONS_TABLE, Facts
from kernel.errors import Conflict, Invalid, TryLater
from kernel.unit import WRITING

SAID_LIMIT = 400
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_PLAIN = ("--no-owner", "--no-privileges")  # the restored rows belong to whoever the settings name
_ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
}


async def take(url: str, target: Path) -> Facts:
    """Write a consistent dump to `target`; a hub may go on writing. Raises TryLater if it cannot be made."""
    async with _connected(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        await _tool("pg_dump", url, "--format=custom", *_PLAIN, f"--snapshot={snapshot}", f"--file={target}")
        return await _facts(connection)


async def refuse_if_used(url: str) -> None:
    """Raise Conflict if the database has tables already: a backup is never put over something."""
    if (await facts(url)).rows:
        raise Conflict("the database has tables already; create an empty one and name it in database.url")


async def check(dump: Path) -> None:
    """Raise Invalid unless pg_restore can read the dump's table of contents; what is in it shows once restored."""
    try:
        await _tool("pg_restore", "", "--list", str(dump))
    except TryLater as error:
        raise Invalid(f"the database in the backup cannot be read ({error})") from error


async def put(url: str, dump: Path) -> None:
    """Restore a dump in one transaction: all of it or nothing. Raises TryLater."""
    name = str(_place(url)["database"])
    await _tool("pg_restore", url, "--single-transaction", "--exit-on-error", *_PLAIN, f"--dbname={name}", str(dump))


async def facts(url: str) -> Facts:
    """What the database holds now. Raises TryLater if it does not answer."""
    async with _connected(url) as connection:
        return await _facts(connection)


async def _facts(connection: Any) -> Facts:
    names = [row["tablename"] for row in await connection.fetch(_TABLES)]
    rows = {name: await connection.fetchval(f'SELECT count(*) FROM "{name}"') for name in names}
    seen = await connection.fetch(MIGRATIONS) if MIGRATIONS_TABLE in names else []
    return Facts(rows, tuple(row["name"] for row in seen))


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    try:
        connection = await asyncpg.connect(**_place(url))
    except (OSError, asyncpg.PostgresError) as error:
        raise TryLater(f"the database does not answer ({type(error).__name__})") from error
    try:
        yield connection
    finally:
        await connection.close()


async def _tool(name: str, url: str, *words: str) -> None:
    """Run one of PostgreSQL's programs; where and who go by its environment, so that no process list shows them."""
    found = shutil.which(name)
    if found is None:
        raise TryLater(f"{name} is not installed; it comes with PostgreSQL's client programs (postgresql-client)")
    where = {_ENVIRONMENT[key]: str(value) for key, value in _place(url).items()} if url else {}
    done = await asyncio.to_thread(
        subprocess.run, [found, *words], env={**os.environ, **where}, stdin=subprocess.DEVNULL, capture_output=True
    )
    if done.returncode:
        said = " / ".join(done.stderr.decode(errors="replace").split("\n")).strip(" /")
        raise TryLater(f"{name} failed: {said[:SAID_LIMIT] or 'it said nothing'}")


def _place(url: str) -> dict[str, Any]:
    """Where the database is and who we are there."""
    found = database.config(url)["connections"][WRITING]["credentials"]
    return {key: found[key] for key in _ENVIRONMENT if found.get(key)}
