"""Opens the database on either engine and migrates it. Which rows there are is the packages' business."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.connection import get_connections
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor

from hub import steps
from kernel import errors
from kernel.unit import READING, WRITING

APP = "centrala"
MODELS = (
    "channels.models",
    "crmcore.models.people",
    "crmcore.models.staff",
    "crmcore.models.stations",
    "crmcore.models.companies",
    "crmcore.models.exchange",
    "tickets.models",
    "tickets.case_models",
    "tickets.survey_models",
    "tickets.claim_models",
    "tickets.report_models",
    "routing.models",
    "routing.call_models",
    "routing.digest_models",
    "routing.hook_models",
    "routing.incident_models",
    "console.models",
)
MIGRATIONS = "hub.migrations"
BUSY_TIMEOUT_MS = 5_000
NEWER = (
    "the database was brought up by a later version of Centrala than this one; run that version,"
    " or restore a backup made before (docs/how-to/upgrade.md)"
)


def config(url: str, *, migrating: bool = False) -> dict[str, Any]:
    """Tortoise's configuration for `url`: a writing connection and one that only reads.

    The reader refuses to write on both engines. The writer's commits are on disk when they return (SQLite:
    synchronous=FULL, PostgreSQL: synchronous_commit=on): an acknowledged message survives a power cut. While migrating,
    foreign keys are off, because a rebuilt table would delete its children.
    """
    if url.startswith("sqlite"):
        keys = "OFF" if migrating else "ON"
        shared = {"busy_timeout": str(BUSY_TIMEOUT_MS), "foreign_keys": keys}
        connections = {WRITING: _sqlite(_with(url, {**shared, "synchronous": "FULL"}))}
        if not migrating:
            connections[READING] = _sqlite(_with(url, {**shared, "query_only": "ON"}))
    else:
        url = url.replace("postgresql://", "asyncpg://", 1).replace("postgres://", "asyncpg://", 1)
        writing = _postgres(_with(url, {"minsize": "1", "maxsize": "8"}))
        # Plans of foreign keys' checks are kept: one made while a table was empty would read all of it ever after.
        connections = {WRITING: _serving(writing, synchronous_commit="on", enable_seqscan="off")}
        if not migrating:
            reading = _postgres(_with(url, {"minsize": "1", "maxsize": "4"}))
            connections[READING] = _serving(reading, default_transaction_read_only="on")
    apps = {APP: {"models": list(MODELS), "default_connection": WRITING, "migrations": MIGRATIONS}}
    return {"connections": connections, "apps": apps, "use_tz": True, "timezone": "UTC"}


async def connect(url: str) -> None:
    """Set the database up for this process; connections open at their first use, so the store may still be away."""
    await Tortoise.init(config=config(url), _enable_global_fallback=True)


async def close() -> None:
    await Tortoise.close_connections()


def connection(name: str) -> BaseDBAsyncClient:
    """One of this process's connections (`kernel.unit.WRITING`, `READING`)."""
    return get_connections().get(name)


async def migrate(url: str) -> list[str]:
    """Apply what is missing, all of it or nothing, and return the names of the migrations applied.

    One transaction holds tables, indexes and the note of what was applied: whenever the process or the machine dies,
    the database is as it was before, or brought up whole. Raises TryLater if the store does not answer or is a later
    version's, RuntimeError if a foreign key is left dangling.
    """
    applied: list[str] = []
    async with _migrating(url) as connection:
        if await newer(connection):
            raise errors.TryLater(NEWER)
        recording = executor(connection)  # its table first: PostgreSQL ends a transaction that looks for it in vain
        await recording.recorder.ensure_schema(recording._schema_editor(atomic=False))
        async with connection._in_transaction() as inside:
            await executor(inside).migrate(
                progress=lambda event, app, name: applied.append(name) if event == "apply_done" else None
            )
            await _check_keys(inside)
    return applied


async def missing(connection: BaseDBAsyncClient) -> list[str]:
    """The migrations that this version knows and the database has not seen. Raises what the driver raises."""
    await connection.execute_query_dict("SELECT 1 AS one")  # the recorder takes a dead connection for an empty table
    return [step.migration.name for step in await executor(connection).plan()]


async def newer(connection: BaseDBAsyncClient) -> list[str]:
    """Migrations that the database has seen and this version does not know: a later version has been here."""
    await connection.execute_query_dict("SELECT 1 AS one")
    found = executor(connection)
    known = set(await _names(connection))
    return sorted(key.name for key in await found.recorder.applied_migrations() if key.name not in known)


async def is_empty(connection: BaseDBAsyncClient) -> bool:
    """True if no migration has ever been applied here: a new database."""
    return len(await missing(connection)) == len(await _names(connection))


@asynccontextmanager
async def _migrating(url: str) -> AsyncIterator[BaseDBAsyncClient]:
    """A context of its own, with a connection of its own: it ends with the migration."""
    try:
        async with TortoiseContext() as context:
            await context.init(config=config(url, migrating=True))
            yield context.connections.get(WRITING)
    except errors.TryLater:
        raise
    except Exception as error:
        if errors.is_passing(error):
            raise errors.TryLater(f"the database does not answer ({type(error).__name__})") from error
        raise


def executor(connection: BaseDBAsyncClient) -> MigrationExecutor:
    """What applies and reverts migrations over `connection`."""
    apps = {APP: {"models": list(MODELS), "migrations": MIGRATIONS}}
    found = MigrationExecutor(connection, apps)
    found.loader = steps.Loader(apps, found.recorder)
    return found


async def _names(connection: BaseDBAsyncClient) -> list[str]:
    loader = executor(connection).loader
    await loader.build_graph()
    return [key.name for key in loader.graph.nodes]


async def _check_keys(connection: BaseDBAsyncClient) -> None:
    if connection.capabilities.dialect != "sqlite":
        return
    dangling = await connection.execute_query_dict("PRAGMA foreign_key_check")
    if dangling:
        raise RuntimeError(f"{len(dangling)} rows point at rows that are gone, the first in {dangling[0]['table']}")


def _sqlite(url: str) -> dict[str, Any]:
    """Through our own client, which mends a lock that Tortoise's keeps."""
    return {**expand_db_url(url), "engine": "hub.sqlite"}


def _postgres(url: str) -> dict[str, Any]:
    """A `host` in the query (a socket's folder) wins over the one before the path, as libpq has it."""
    expanded = {**expand_db_url(url), "engine": "hub.postgres"}  # our own client, which mends a begin that fails
    host = dict(parse_qsl(urlsplit(url).query)).get("host")
    return {**expanded, "credentials": {**expanded["credentials"], "host": host}} if host else expanded


def _serving(pool: dict[str, Any], **settings: str) -> dict[str, Any]:
    """The pool with sessions that the server keeps to `settings`, whatever its own are.

    Without compiling: the wall's conditions are costed as dear and over in milliseconds, a compilation takes 100 more.
    """
    return {**pool, "credentials": {**pool["credentials"], "server_settings": {"jit": "off", **settings}}}


def _with(url: str, options: dict[str, str]) -> str:
    """`url` with query options added; those that the operator wrote win, save the ones we rely on."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode({**query, **options})))


# For Tortoise's own command line, which drafts migrations: `tortoise -c hub.database.DRAFT makemigrations`.
DRAFT = config("sqlite://:memory:", migrating=True)
