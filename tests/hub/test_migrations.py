"""Migrations on an empty and on a populated database: tables, constraints and indexes by name, and no row lost."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError

from hub import database, migrations
from kernel import rows
from kernel.clock import Clock
from kernel.unit import Store
from tests.hub import schema

STEPS = sorted(module.name for module in pkgutil.iter_modules(migrations.__path__))
FIRST = STEPS[0]


def written(name: str) -> dict[str, str]:
    """The dicts of that name in all migrations: index → what it is on."""
    modules: list[ModuleType] = [importlib.import_module(f"hub.migrations.{step}") for step in STEPS]
    return {index: on for module in modules for index, on in getattr(module, name, {}).items()}


UNIQUE, PLAIN = written("UNIQUE"), written("PLAIN")


class Opened:
    """A database of the engine under test, to be migrated by the test itself."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def connection(self) -> BaseDBAsyncClient:
        await Tortoise.close_connections()
        await database.connect(self.url)
        return Store(Clock()).direct()


@pytest.fixture
async def opened(empty_url: str) -> AsyncIterator[Opened]:
    await database.connect(empty_url)
    yield Opened(empty_url)
    await database.close()


async def test_an_empty_database_gets_every_table_and_named_index(opened: Opened) -> None:
    assert await database.migrate(opened.url) == STEPS
    connection = await opened.connection()
    assert await schema.tables(connection) == {*schema.FILLED, "tortoise_migrations"}
    found = await schema.indexes(connection)
    assert {name for name in UNIQUE if not found.get(name)} == set()
    assert {name for name in PLAIN if name not in found} == set()


async def test_migrating_again_does_nothing(opened: Opened) -> None:
    await database.migrate(opened.url)
    assert await database.migrate(opened.url) == []
    assert await database.missing(await opened.connection()) == []


async def test_a_populated_database_keeps_every_row(opened: Opened) -> None:
    """Altering a table through the tool once deleted all children: rows are counted, parents and children."""
    await schema.migrate(opened.url, FIRST)
    connection = await opened.connection()
    await schema.fill(connection)
    first = await schema.tables(connection)
    assert await database.migrate(opened.url) == STEPS[1:]
    connection = await opened.connection()
    counts = await schema.counts(connection)
    own = 2 if rows.dialect(connection) == "sqlite" else 0  # the counters of tickets and reminders
    assert counts == {table: int(table in first) for table in schema.FILLED} | {"counters": 1 + own}
    [kept] = await rows.fetch(connection, "SELECT text FROM messages")
    assert kept == {"text": "Árvíztűrő"}


async def test_down_to_the_first_and_up_again_keeps_every_row(opened: Opened) -> None:
    await database.migrate(opened.url)
    await schema.fill(await opened.connection())
    await schema.migrate(opened.url, FIRST)
    connection = await opened.connection()
    assert not {*UNIQUE, *PLAIN} & set(await schema.indexes(connection))
    assert await database.missing(connection) == STEPS[1:]
    assert await database.migrate(opened.url) == STEPS[1:]
    connection = await opened.connection()
    assert {*UNIQUE, *PLAIN} <= set(await schema.indexes(connection))
    assert (await schema.counts(connection))["entries"] == 1


@pytest.mark.parametrize("index", UNIQUE, ids=str)
async def test_a_double_is_refused(store: Store, index: str) -> None:
    """M-5: idempotent by constraint; each unique index refuses the second row."""
    connection = store.direct()
    await schema.fill(connection)
    table = UNIQUE[index].split(" ")[0]
    with pytest.raises(IntegrityError):
        await schema.put(connection, table, schema.double(table))
    assert (await schema.counts(connection))[table] == 1


@pytest.mark.parametrize(
    ("table", "change"),
    [
        pytest.param("entries", {"message_id": None}, id="entries without a message"),
        pytest.param("alerts", {"state": "resolved"}, id="an alert that is over beside an open one"),
        pytest.param("raw_messages", {"account": "hook:other"}, id="the same id at another account"),
        pytest.param("identities", {"scheme": "web"}, id="the same value in another scheme"),
    ],
)
async def test_what_is_no_double_is_taken(store: Store, table: str, change: dict[str, Any]) -> None:
    connection = store.direct()
    await schema.fill(connection)
    [before] = await connection.execute_query_dict(f"SELECT count(*) AS n FROM {table}")
    await schema.put(connection, table, schema.double(table) | change)
    await schema.put(connection, table, schema.double(table) | change | {"id": 5_000} | _own(table))
    [after] = await connection.execute_query_dict(f"SELECT count(*) AS n FROM {table}")
    assert after["n"] == before["n"] + 2


def _own(table: str) -> dict[str, Any]:
    return {"raw_messages": {"account": "hook:third"}, "identities": {"scheme": "chat"}}.get(table, {})


@pytest.mark.parametrize(
    ("table", "column"),
    [
        pytest.param("tickets", "contact_id", id="a ticket's contact"),
        pytest.param("entries", "ticket_id", id="an entry's ticket"),
        pytest.param("attempts", "message_id", id="an attempt's message"),
        pytest.param("clocks", "ticket_id", id="a clock's ticket"),
    ],
)
async def test_a_row_cannot_point_at_nothing(store: Store, table: str, column: str) -> None:
    connection = store.direct()
    await schema.fill(connection)
    row = schema.double(table) | {column: 999_999, "number": 2, "kind": "other"}
    row = {name: value for name, value in row.items() if name in schema.FILLED[table]} | {"id": 888}
    if table == "entries":
        row["message_id"] = None
    with pytest.raises(IntegrityError):
        await schema.put(connection, table, row)


async def test_a_parent_cannot_go_while_its_children_stay(store: Store) -> None:
    connection = store.direct()
    await schema.fill(connection)
    with pytest.raises(IntegrityError):
        await rows.change(connection, "DELETE FROM tickets")
    assert (await schema.counts(connection))["entries"] == 1


async def test_models_and_migrations_agree_on_every_column(store: Store) -> None:
    connection = store.direct()
    models = Tortoise.apps[database.APP].values()
    assert {model._meta.db_table for model in models} == set(schema.FILLED)
    for model in models:
        declared = {
            model._meta.fields_map[name].source_field or name: model._meta.fields_map[name].null
            for name in model._meta.db_fields
        }
        assert await schema.columns(connection, model._meta.db_table) == declared, model.__name__
