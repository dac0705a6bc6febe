"""What the calendar starts: APScheduler says when, and the work itself is a loop's. Never one job a ticket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

# A run that is late is still due, several missed ones are one, and none begins while one is under way.
_DUE = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}


class Jobs:
    """Calls coroutines at set times. They should do little: wake a loop."""

    def __init__(self) -> None:
        self._scheduler: Any = AsyncIOScheduler(timezone=UTC)

    def daily(self, act: Callable[[], Awaitable[None]], at: time, zone: ZoneInfo) -> None:
        """Call `act` once a day. In the night that leaves `at` out it runs after the gap."""
        trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=zone)
        self._scheduler.add_job(act, trigger, **_DUE)

    def minutely(self, act: Callable[[], Awaitable[None]]) -> None:
        """Call `act` when a minute begins."""
        self._scheduler.add_job(act, CronTrigger(minute="*", timezone=UTC), **_DUE)

    def once(self, act: Callable[[], Awaitable[None]], after: timedelta) -> None:
        """Call `act` when `after` has passed."""
        self._scheduler.add_job(act, DateTrigger(datetime.now(UTC) + after), **_DUE)

    def next_at(self) -> list[datetime]:
        """When each job is due next."""
        return [job.next_run_time for job in self._scheduler.get_jobs()]

    def start(self) -> None:
        """Begin, in the running loop."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Start nothing more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            await asyncio.sleep(0)  # it ends in the loop's next turn
