"""What is kept behind the changes by a loop of its own (the index, the counts), and built where it has never been."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from kernel.unit import Reader, Store, Work


class Progress(Protocol):
    """How far a build has come."""

    @property
    def done(self) -> int: ...

    @property
    def is_over(self) -> bool: ...


class Kept(Struct, frozen=True):
    """What is kept. `waiting`: the table in which triggers note what has changed; `built`: told once it is whole.

    `tidy`: a step of what makes it quick, once all is in it; False if there is nothing to do.
    `look_s`: seconds to rest where there was nothing to do; `share`: else this many times as long as the turn took.
    """

    waiting: str
    catch_up: Callable[[Work], Awaitable[int]]
    progress: Callable[[Reader], Awaitable[Progress | None]]
    step: Callable[[Work], Awaitable[Progress]]
    built: Callable[[Progress], None]
    look_s: float
    share: int
    tidy: Callable[[Store], Awaitable[bool]] | None = None


class Behind:
    """One unit a turn: what has changed first, then the next rows of a build."""

    def __init__(self, store: Store, kept: Kept) -> None:
        self._store, self._kept = store, kept
        self._is_built = False

    async def turn(self) -> float:
        """Returns the seconds to rest before the next."""
        began = time.monotonic()
        if not (await self._caught_up() or await self._built() or await self._tidied()):
            return self._kept.look_s
        return self._kept.share * (time.monotonic() - began)

    async def _caught_up(self) -> bool:
        """Take up what has changed; False if nothing had."""
        if not await self._store.reading().one(f"SELECT id FROM {self._kept.waiting} LIMIT 1"):
            return False
        async with self._store.unit() as work:
            return bool(await self._kept.catch_up(work))

    async def _tidied(self) -> bool:
        return self._kept.tidy is not None and await self._kept.tidy(self._store)

    async def _built(self) -> bool:
        """A step of the build; False if there is nothing to build."""
        if self._is_built:
            known = await self._kept.progress(self._store.reading())
            if known is not None and known.is_over:
                return False
        async with self._store.unit() as work:
            now = await self._kept.step(work)
        if now.is_over and not self._is_built:
            self._kept.built(now)
        self._is_built = now.is_over
        return not now.is_over
