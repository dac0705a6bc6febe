"""Counting what has changed before a report is read, so that it tells of this very moment."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from kernel.unit import Store
from tickets.reports import fold, rebuild

AT_ONCE = 10  # units that a page waits for


async def bring(store: Store, zone: ZoneInfo, *, units: int | None = AT_ONCE) -> int:
    """Count what waits, in at most so many units (None: all); returns how many changes are still not counted."""
    left = await fold.waiting(store.reading())
    done = 0
    while left and (units is None or done < units):
        async with store.unit() as work:
            taken = await fold.catch_up(work, zone)
        done, left = done + 1, max(0, left - taken)
        if not taken:
            break
    return left


async def built_percent(store: Store) -> int:
    """How much of what is older has been counted, 100 when all is."""
    known = await rebuild.progress(store.reading())
    return known.percent if known else 0
