"""Due times as rows: fired in batches, the earliest first, by one loop that sleeps until the next of them.

A batch that fails is halved until one row is left; that one is passed over for a while and holds up nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from kernel import errors, log, rows
from kernel.unit import Store, Work

_log = log.get(__name__)
BATCH = 200
AT_ONCE = 4  # batches of one source before the others have their turn: after a stop much is due at once
LONGEST_SLEEP_S = 5.0  # a poke may be lost; a due time may be written by another process
SHORTEST_SLEEP_S = 0.005
SET_ASIDE_S = 60.0


class Due(NamedTuple):
    """A row and when it is due."""

    id: int
    at: datetime


class Source(Struct, frozen=True):
    """A table with due times. `waiting`: SELECT id, due_at of the rows that wait, to be read in the order of due_at.

    `fire` does what is due for the rows of these ids, in the caller's transaction; it looks again whether they still
    wait, as another process may have been quicker.
    """

    name: str
    waiting: str
    fire: Callable[[Work, Sequence[int]], Awaitable[object]]


class Timers:
    """Fires what is due of all sources."""

    def __init__(self, store: Store, sources: Sequence[Source]) -> None:
        self._store = store
        self._sources = sources
        self._aside: dict[tuple[str, int], float] = {}

    async def turn(self) -> float:
        """Fire everything due; return the seconds until the next due time, next to 0 while there is more at once."""
        now = time.monotonic()
        self._aside = {key: until for key, until in self._aside.items() if until > now}
        return min([LONGEST_SLEEP_S, *[await self._one(source) for source in self._sources]])

    async def _one(self, source: Source) -> float:
        for _ in range(AT_ONCE):
            upcoming = await self._upcoming(source)
            now = self._store.clock.now()
            ripe = [one.id for one in upcoming if one.at <= now]
            if not ripe:
                break
            await self._fire(source, ripe)
            if len(ripe) < BATCH:
                return SHORTEST_SLEEP_S
        else:
            return SHORTEST_SLEEP_S
        if not upcoming:
            return LONGEST_SLEEP_S
        return max(SHORTEST_SLEEP_S, (upcoming[0].at - now).total_seconds())

    async def _upcoming(self, source: Source) -> list[Due]:
        aside = {place for name, place in self._aside if name == source.name}
        found = await self._store.reading().fetch(
            f"{source.waiting} AND due_at IS NOT NULL ORDER BY due_at LIMIT ?", BATCH + len(aside)
        )
        return [Due(row["id"], rows.instant(row["due_at"])) for row in found if row["id"] not in aside][:BATCH]

    async def _fire(self, source: Source, ripe: Sequence[int]) -> None:
        try:
            async with self._store.unit() as work:
                await source.fire(work, ripe)
        except Exception as error:
            if errors.is_passing(error):
                raise
            if len(ripe) == 1:
                self._aside[source.name, ripe[0]] = time.monotonic() + SET_ASIDE_S
                _log.error("timer.broken", timer=source.name, row=ripe[0], error=log.cause(error))
                return
            middle = len(ripe) // 2
            await self._fire(source, ripe[:middle])
            await self._fire(source, ripe[middle:])
