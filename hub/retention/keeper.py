"""The hub's own retention: woken at night, it takes a step at a time and leaves most of the time to live work."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from channels.marks import StoredMarks
from hub.retention.sweep import NAMES, Sweep
from kernel import log
from kernel.loops import Loop

_log = log.get(__name__)
IDLE_S = 3600.0
PAUSE_S = 0.05
SHARE = 4  # rests this many times as long as a step took
RAN = "retention/ran"
OVERDUE = timedelta(hours=25)


class Keeper:
    """Runs a sweep when told to, in a loop of its own. A run cut short by a stop is overdue at the next start."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self._marks = StoredMarks(sweep.store)
        self._is_due = False
        self._steps: AsyncGenerator[tuple[str, int], None] | None = None
        self._counts: Counter[str] = Counter()
        self.loop = Loop("retention", self.turn)

    async def begin(self) -> None:
        """It is time."""
        self._is_due = True
        self.loop.poke()

    async def begin_if_overdue(self) -> None:
        """A hub that is off at night runs it after its start."""
        ran = await self._marks.get(RAN)
        if ran is None or datetime.fromisoformat(ran) < datetime.now(UTC) - OVERDUE:
            await self.begin()

    async def turn(self) -> float:
        """One step; returns the seconds to rest before the next."""
        if not self._is_due:
            return IDLE_S
        if self._steps is None:
            self._steps, self._counts = self._sweep.run(), Counter(dict.fromkeys(NAMES, 0))
        began = time.monotonic()
        try:
            kind, count = await anext(self._steps)
        except StopAsyncIteration:
            await self._end()
            return IDLE_S
        except BaseException:
            self._steps = None  # the next turn begins anew: what has gone is passed over
            raise
        self._counts[kind] += count
        return max(PAUSE_S, SHARE * (time.monotonic() - began))

    async def stop(self) -> None:
        """Let the step end, and leave the rest for the next run."""
        await self.loop.stop()
        if self._steps is not None:
            await self._steps.aclose()

    async def _end(self) -> None:
        self._steps, self._is_due = None, False
        await self._marks.put(RAN, datetime.now(UTC).isoformat(timespec="seconds"))
        _log.info("retention.done", **self._counts)
