"""Tortoise's SQLite client, repaired: an opening, a begin or a commit that fails leaves nothing locked or half done.

In Tortoise 1.1.9 the lock is taken before the file is opened and kept if that fails, so that one failure makes every
later call on the connection wait for ever; a connection whose pragmas failed would be used without them; and what a
full disk says to a commit comes out as the driver's own error, with the transaction left open for the next one. A
script inside a transaction first commits it, so that a migration which dies half-way would leave half its tables.
And it counts what triggers change as changed by the statement, where the number of rows says who won.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
)
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from hub.turns import Turns


class _Wrapper(ConnectionWrapper[Any]):
    _lock: Turns  # type: ignore[assignment]

    async def __aenter__(self) -> Any:
        await self._lock.acquire(first=True)  # a single statement: on the writer that is somebody's message
        try:
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection


class _Transaction(SqliteTransactionContext):
    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            await self._undo()
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        found: TransactionalDBClient = self.connection
        return found

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        get_connections().reset(self.token)
        try:
            if kind is None:
                await self.connection.commit()
            else:
                await self.connection.rollback()
        except BaseException as failed:
            await self._undo()
            if isinstance(failed, sqlite3.Error):
                raise OperationalError(failed) from failed
            raise
        finally:
            self._trxlock.release()

    async def _undo(self) -> None:
        """Leave no transaction open: the next statement would join it, and be lost with it."""
        opened = self.connection._connection
        if opened is None:
            return
        try:
            await opened.rollback()
        except (sqlite3.Error, ValueError):  # it cannot even do that: the next unit opens the file anew
            await self.connection._parent.close()


class _Counting(SqliteClient):
    """Counts the rows that a statement itself has changed; where it changed none, those it found."""

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[dict[str, Any]]]:
        plain = query.replace("\x00", "'||CHAR(0)||'")
        async with self.acquire_connection() as connection:
            count, rows = await connection._execute(_run, connection._conn, plain, values or [])
            return count, rows

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        plain = query.replace("\x00", "'||CHAR(0)||'")
        async with self.acquire_connection() as connection:
            found: list[dict[str, Any]] = await connection._execute(_dicts, connection._conn, plain, values or [])
            return found


class _Inside(_Counting, SqliteTransactionWrapper):
    """A transaction whose scripts belong to it, as do those of the transactions within it."""

    async def execute_script(self, query: str) -> None:
        for statement in statements(query):
            await self.execute_query(statement)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(_Inside(self))


class Client(_Counting):
    """One connection to one file."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lock: Any = Turns()

    async def create_connection(self, with_db: bool) -> None:
        if not self._connection:
            await asyncio.to_thread(_try_to_open, self.filename)
        try:
            await super().create_connection(with_db)
        except BaseException:
            await self.close()
            raise

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        return _Wrapper(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(_Inside(self), self._lock)


def statements(script: str) -> list[str]:
    """The statements of a script, a semicolon inside quotes or a trigger being none of its ends. Pure."""
    found, pending = [], ""
    for part in script.split(";"):
        pending += f"{part};"
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return [one for one in [*found, pending.strip()] if one.strip("; \n")]


def _run(connection: sqlite3.Connection, query: str, values: list[Any]) -> tuple[int, list[Any]]:
    """In the connection's own thread: one turn for the statement and all it finds."""
    cursor = connection.execute(query, values)
    rows = cursor.fetchall()
    return (cursor.rowcount if cursor.rowcount > 0 else len(rows)), rows


def _dicts(connection: sqlite3.Connection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    """As `_run`, with what it finds by column: sqlite3's own rows look each name up anew, in four times the time."""
    cursor = connection.cursor()
    cursor.row_factory = None
    cursor.execute(query, values)
    found = cursor.fetchall()
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found]


def _try_to_open(path: str) -> None:
    """aiosqlite's thread outlives a failed opening and then speaks to a loop that may be closed: fail before it."""
    try:
        sqlite3.connect(path).close()
    except sqlite3.OperationalError as error:
        raise OperationalError(error) from error


client_class = Client
