"""Set-based SQL for the hot paths: one text for SQLite and PostgreSQL, many rows a statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.fields import DatetimeField, JSONField
from tortoise.models import Model

Row = dict[str, Any]
MAX_VARIABLES = 30_000  # SQLite takes 32,766 a statement


def dialect(connection: BaseDBAsyncClient) -> str:
    return connection.capabilities.dialect


async def fetch(connection: BaseDBAsyncClient, sql: str, *values: Any) -> list[Row]:
    """Run `sql`, its places marked `?`, and return the rows; also for INSERT, UPDATE and DELETE … RETURNING.

    Goes through `execute_query_dict` because `execute_query` returns no rows of a writing statement on PostgreSQL.
    """
    if dialect(connection) == "postgres":
        return await connection.execute_query_dict(_numbered(sql), list(values))
    return await connection.execute_query_dict(sql, list(values))


async def change(connection: BaseDBAsyncClient, sql: str, *values: Any) -> int:
    """Run a writing `sql` and return how many rows it changed."""
    text = _numbered(sql) if dialect(connection) == "postgres" else sql
    count, _ = await connection.execute_query(text, list(values))
    return count


async def insert(
    connection: BaseDBAsyncClient,
    model: type[Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    conflict: str = "",
    returning: str = "",
) -> list[Row]:
    """Insert `rows` (all with the same keys) in as few statements as the engine takes, in their order.

    `conflict`: an ON CONFLICT clause. `returning`: column list; without it the answer is empty.
    """
    if not rows:
        return []
    columns = tuple(rows[0])
    tail = f" {conflict}" if conflict else ""
    tail += f" RETURNING {returning}" if returning else ""
    if dialect(connection) == "postgres":
        sql = f"INSERT INTO {table(model)} ({_names(columns)}) SELECT * FROM {_unnest(model, columns)}{tail}"
        return await connection.execute_query_dict(sql, _columns(model, columns, rows))
    answer: list[Row] = []
    for sql, flat in _inserts(model, rows, tail):
        answer += await connection.execute_query_dict(sql, flat)
    return answer


async def add(
    connection: BaseDBAsyncClient, model: type[Model], rows: Sequence[Mapping[str, Any]], *, conflict: str
) -> int:
    """Insert `rows` as `insert` does and return how many were new.

    For the busiest path: on SQLite, RETURNING hands rows over one by one, the interpreter's lock let go for each.
    """
    if not rows:
        return 0
    if dialect(connection) == "postgres":
        return len(await insert(connection, model, rows, conflict=conflict, returning="id"))
    return sum([(await connection.execute_query(sql, flat))[0] for sql, flat in _inserts(model, rows, f" {conflict}")])


async def update(
    connection: BaseDBAsyncClient,
    model: type[Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    where: str = "",
    returning: str = "",
) -> list[Row]:
    """Set each row's columns on the row of the same `id`, all in one statement; `where` is a further condition.

    In `where` the table is `t` and the new values are `v`. `returning`: columns of the changed rows, which come
    back: their number says who won.
    """
    if not rows:
        return []
    columns = tuple(rows[0])
    sets = ", ".join(f'"{name}" = v."{name}"' for name in columns if name != "id")
    tail = f" WHERE t.id = v.id{' AND ' + where if where else ''}"
    if returning:  # PostgreSQL must be told whose columns; SQLite knows no alias there
        is_postgres = dialect(connection) == "postgres"
        tail += f" RETURNING {'t.' + returning.replace(', ', ', t.') if is_postgres else returning}"
    if dialect(connection) == "postgres":
        sql = f"UPDATE {table(model)} AS t SET {sets} FROM {_unnest(model, columns)} AS v({_names(columns)}){tail}"
        return await connection.execute_query_dict(sql, _columns(model, columns, rows))
    answer: list[Row] = []
    size = max(1, MAX_VARIABLES // len(columns))
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        # SQLite names the columns of VALUES column1 … columnN; a common table expression gives them ours
        values = f"WITH v({_names(columns)}) AS (VALUES {_places(len(columns), len(chunk))})"
        sql = f"{values} UPDATE {table(model)} AS t SET {sets} FROM v{tail}"
        answer += await connection.execute_query_dict(sql, _encode(model, columns, chunk))
    return answer


def _inserts(model: type[Model], rows: Sequence[Mapping[str, Any]], tail: str) -> Iterator[tuple[str, list[Any]]]:
    """SQLite's statements for `rows`, with their values."""
    columns = tuple(rows[0])
    size = max(1, MAX_VARIABLES // len(columns))
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        sql = f"INSERT INTO {table(model)} ({_names(columns)}) VALUES {_places(len(columns), len(chunk))}{tail}"
        yield sql, _encode(model, columns, chunk)


def table(model: type[Model]) -> str:
    return f'"{model._meta.db_table}"'


def marks(values: Sequence[Any]) -> str:
    """`?, ?, ?` for an IN list. Callers keep the list bounded."""
    return ", ".join("?" * len(values))


def among(width: int, height: int) -> str:
    """`IN (…)` for `height` tuples of `width` values. SQLite searches an index for them only as a subquery's rows.

    Written as IN (VALUES (?, ?), (?, ?)), two tuples or more, it reads the whole table instead.
    """
    return f"IN (SELECT * FROM (VALUES {_places(width, height)}) AS wanted)"


def instant(value: Any) -> datetime:
    """A stored time as an aware UTC datetime (SQLite gives text, PostgreSQL a datetime)."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if found.tzinfo is UTC:  # as all of ours are written
        return found
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def maybe_instant(value: Any) -> datetime | None:
    return None if value is None else instant(value)


def json(value: Any) -> Any:
    """A stored JSON value (text on both engines when read by raw SQL)."""
    return orjson.loads(value) if isinstance(value, (str, bytes)) else value


@lru_cache(maxsize=512)
def _numbered(sql: str) -> str:
    parts = sql.split("?")
    return "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1)) + parts[-1]


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


@lru_cache(maxsize=256)
def _places(width: int, height: int) -> str:
    row = f"({', '.join('?' * width)})"
    return ", ".join([row] * height)


@lru_cache(maxsize=256)
def _json_columns(model: type[Model]) -> frozenset[str]:
    return frozenset(name for name, field in model._meta.fields_map.items() if isinstance(field, JSONField))


@lru_cache(maxsize=256)
def _unnest(model: type[Model], columns: tuple[str, ...]) -> str:
    types = (model._meta.fields_map[name].get_for_dialect("postgres", "SQL_TYPE") for name in columns)
    arrays = ", ".join(f"${number}::{kind.split('(')[0]}[]" for number, kind in enumerate(types, 1))
    return f"unnest({arrays})"


def _columns(model: type[Model], columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    as_json = _json_columns(model)
    return [[_text(row[name]) for row in rows] if name in as_json else [row[name] for row in rows] for name in columns]


def _encode(model: type[Model], columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The values row by row as SQLite takes them.

    Times are written out here: sqlite3 would ask an adapter, at 4 us for each. Many rows share one instant, so each
    datetime object is written once; the rows keep it alive, and thereby its id its own.
    """
    as_json, times = _json_columns(model), _time_columns(model)
    if not as_json.isdisjoint(columns) or not times.isdisjoint(columns):
        known: dict[int, str] = {}
        coded = [
            [_coded(row[name], known) for row in rows]
            if name in times
            else [_text(row[name]) for row in rows]
            if name in as_json
            else [row[name] for row in rows]
            for name in columns
        ]
        return [value for row in zip(*coded, strict=True) for value in row]
    return [row[name] for row in rows for name in columns]


def _coded(value: Any, known: dict[int, str]) -> Any:
    text = known.get(id(value))
    if text is None and isinstance(value, datetime):
        text = known[id(value)] = value.isoformat(" ")  # as Tortoise's own adapter writes it
    return value if text is None else text


@lru_cache(maxsize=256)
def _time_columns(model: type[Model]) -> frozenset[str]:
    return frozenset(name for name, field in model._meta.fields_map.items() if isinstance(field, DatetimeField))


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
