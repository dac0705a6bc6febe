"""The unit of work: one transaction, the events said inside it, and the pokes that follow its commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections
from tortoise.models import Model
from tortoise.transactions import in_transaction

from kernel import rows
from kernel.clock import Clock
from kernel.rows import Row

WRITING = "default"
READING = "reading"
MAX_ROUNDS = 8  # events that answer events; a ninth round is a circle


class Event(Protocol):
    """A frozen value in the past tense that a unit has made true."""


Handler = Callable[["Work", Sequence[Any]], Awaitable[None]]
Handlers = Mapping[type, tuple[Handler, ...]]


class Reader:
    """Reads through one connection. What it returns may be a moment old; it never blocks a writer."""

    def __init__(self, connection: BaseDBAsyncClient, now: datetime) -> None:
        self.connection = connection
        self.now = now

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """The rows of `sql`, whose places are marked `?`."""
        return await rows.fetch(self.connection, sql, *values)

    async def one(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        found = await rows.fetch(self.connection, sql, *values)
        return found[0] if found else None

    @property
    def is_postgres(self) -> bool:
        return rows.dialect(self.connection) == "postgres"


class Work(Reader):
    """What a writer needs: the open transaction, one instant for all it does, and a place to say what happened.

    Inside: no network, no sleep, no other task awaited. On SQLite the first statement should write, so that the
    transaction never has to be raised from reading to writing behind another process's back.
    """

    def __init__(self, connection: BaseDBAsyncClient, now: datetime) -> None:
        super().__init__(connection, now)
        self.said: list[Event] = []
        self.pokes: set[str] = set()

    def say(self, event: Event) -> None:
        """Tell the floors above that `event` has happened; they answer in this same transaction."""
        self.said.append(event)

    def poke(self, loop: str) -> None:
        """Wake the loop of that name once this unit is committed. A lost poke costs time, never work."""
        self.pokes.add(loop)

    async def change(self, sql: str, *values: Any) -> int:
        """Run a writing statement; the number of rows it changed says who won."""
        return await rows.change(self.connection, sql, *values)

    async def insert(
        self, model: type[Model], new: Sequence[Mapping[str, Any]], *, conflict: str = "", returning: str = ""
    ) -> list[Row]:
        """Insert many rows at once; see `kernel.rows.insert`."""
        return await rows.insert(self.connection, model, new, conflict=conflict, returning=returning)

    async def update(
        self, model: type[Model], changed: Sequence[Mapping[str, Any]], *, where: str = "", returning: str = ""
    ) -> list[Row]:
        """Update many rows by id at once; see `kernel.rows.update`."""
        return await rows.update(self.connection, model, changed, where=where, returning=returning)


class Store:
    """The opened database as the floors see it. `hub.database` opens it; only here do transactions begin."""

    def __init__(self, clock: Clock, poke: Callable[[str], None] = lambda loop: None) -> None:
        self.clock = clock
        self.poke = poke
        self.handlers: Handlers = {}

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Work]:
        """Open a transaction; on leaving, drain the events, commit, then poke.

        Any exception rolls everything back, the handlers' work included, and goes on to the caller.
        """
        async with in_transaction(WRITING) as connection:
            work = Work(connection, self.clock.now())
            yield work
            await self._drain(work)
        for loop in work.pokes:
            self.poke(loop)

    def reading(self) -> Reader:
        """A reader on the second connection, which cannot write and does not wait for units."""
        return Reader(get_connections().get(READING), self.clock.now())

    def direct(self) -> BaseDBAsyncClient:
        """The writing connection outside a unit: for the acceptor's single statements, which commit by themselves."""
        return get_connections().get(WRITING)

    async def _drain(self, work: Work) -> None:
        for _ in range(MAX_ROUNDS):
            if not work.said:
                return
            batch, work.said = work.said, []
            for kind, events in _by_kind(batch).items():
                for handler in self.handlers.get(kind, ()):
                    await handler(work, events)
        if work.said:
            raise RuntimeError(f"events still answer events after {MAX_ROUNDS} rounds: {type(work.said[0]).__name__}")


def _by_kind(events: Sequence[Event]) -> dict[type, list[Event]]:
    """Events grouped by class: classes in the order first said, values in the order said."""
    found: dict[type, list[Event]] = {}
    for event in events:
        found.setdefault(type(event), []).append(event)
    return found
