"""The loop that keeps the search index behind the changes, and builds it where it has never been."""

from __future__ import annotations

import time

from kernel import log
from kernel.unit import Store
from tickets.search import index, rebuild

_log = log.get(__name__)
LOOK_S = 0.5  # a change can be found within a second
SHARE = 4  # rests this many times as long as a step took: live work comes first


class Searching:
    """One unit a turn: what has changed first, then the next rows of a build."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_built = False

    async def turn(self) -> float:
        """Returns the seconds to rest before the next."""
        began = time.monotonic()
        if not await self._caught_up() and not await self._built():
            return LOOK_S
        return SHARE * (time.monotonic() - began)

    async def _caught_up(self) -> bool:
        """Index what has changed; False if nothing had."""
        if not await self._store.reading().one("SELECT id FROM search_waiting LIMIT 1"):
            return False
        async with self._store.unit() as work:
            return bool(await index.catch_up(work))

    async def _built(self) -> bool:
        """A step of the build; False if there is nothing to build."""
        if self._is_built:
            known = await rebuild.progress(self._store.reading())
            if known is not None and known.is_over:
                return False
        async with self._store.unit() as work:
            now = await rebuild.step(work)
        if now.is_over and not self._is_built:
            _log.info("search.built", rows=now.done)
        self._is_built = now.is_over
        return not now.is_over
