"""The loop that keeps the reports' counts behind the changes, and counts everything where that has never been done."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

from kernel import log
from kernel.unit import Store
from tickets.reports import fold, rebuild

_log = log.get(__name__)
LOOK_S = 2.0
SHARE = 33  # rests this many times as long as a step took: at most 3 % of a processor; a report counts the rest first


class Reporting:
    """One unit a turn: what has changed first, then the next tickets of a build."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._store, self._zone = store, zone
        self._is_built = False

    async def turn(self) -> float:
        """Returns the seconds to rest before the next."""
        began = time.monotonic()
        if not await self._caught_up() and not await self._built():
            return LOOK_S
        return SHARE * (time.monotonic() - began)

    async def _caught_up(self) -> bool:
        """Count what has changed; False if nothing had."""
        if not await self._store.reading().one("SELECT id FROM report_waiting LIMIT 1"):
            return False
        async with self._store.unit() as work:
            return bool(await fold.catch_up(work, self._zone))

    async def _built(self) -> bool:
        """A step of the build; False if there is nothing to build."""
        if self._is_built:
            known = await rebuild.progress(self._store.reading())
            if known is not None and known.is_over:
                return False
        async with self._store.unit() as work:
            now = await rebuild.step(work, self._zone)
        if now.is_over and not self._is_built:
            _log.info("reports.built", tickets=now.done)
        self._is_built = now.is_over
        return not now.is_over
