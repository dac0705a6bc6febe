"""When a customer is rung: the hours he named in his zone, on the first day on which we are open in them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from tickets import calendar
from tickets.calendar import Calendar

PROMISED = timedelta(hours=2)  # of open hours, where he names no window
DAYS = 8  # within which a window is looked for
_WINDOW = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*(?:-|–|—|do|to)\s*(\d{1,2})(?:[:.](\d\d))?")
_DAY_MIN = 24 * 60


class Hours(Struct, frozen=True):
    """Minutes after local midnight, `start` before `end`."""

    start: int
    end: int


class Window(Struct, frozen=True):
    """Between these two instants, aware UTC, he expects the call."""

    start_at: datetime
    end_at: datetime


def read(text: str) -> Hours | None:
    """ "14-16" or "9:30-11:00"; None for anything else."""
    found = _WINDOW.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, to_hour, to_minute = (int(part or 0) for part in found.groups())
    start, end = hour * 60 + minute, to_hour * 60 + to_minute
    is_sound = minute < 60 and to_minute < 60 and start < end <= _DAY_MIN
    return Hours(start, end) if is_sound else None


def window(hours: Hours | None, calendar_: Calendar, zone: ZoneInfo, now: datetime) -> Window:
    """The next such hours in which we are open for a while; without hours, as soon as we can."""
    today = now.astimezone(zone).date()
    for away in range(DAYS):
        if hours is None:
            break
        day = today + timedelta(days=away)
        start_at, end_at = max(now, _at(day, hours.start, zone)), _at(day, hours.end, zone)
        if start_at < end_at and next(calendar.intervals(calendar_, start_at, end_at), None):
            return Window(start_at, end_at)
    start_at = calendar.next_open(calendar_, now) or now
    return Window(start_at, calendar.due(calendar_, now, PROMISED) or start_at + PROMISED)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(day, time())
    return (midnight + timedelta(minutes=minutes)).replace(tzinfo=zone).astimezone(UTC)
