"""What people ask of a calendar: its holidays by name, and whether it is open at an instant, and why. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from msgspec import Struct

from tickets import calendar
from tickets.calendar import Calendar, Interval


class Holiday(Struct, frozen=True):
    """A day on which the calendar is closed; `name` as the country calls it."""

    day: date
    name: str


class Look(Struct, frozen=True):
    """A calendar at an instant. `hours`: of that local day; `holiday`: its name if it is one, else ""."""

    local: datetime
    is_open: bool
    hours: tuple[Interval, ...]
    holiday: str
    next_open: datetime | None


def holidays(found: Calendar, year: int) -> list[Holiday]:
    """All of a year, in order."""
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]
    return [Holiday(day, named(found, day)) for day in days if calendar.is_holiday(found, day)]


def named(found: Calendar, day: date) -> str:
    """What the holiday is called; "" if that is not known or it is none."""
    get = getattr(calendar.applies(found, day).holidays, "get", None)
    return str(get(day) or "") if get else ""


def look(found: Calendar, at: datetime) -> Look:
    """Whether it is open at `at` (aware), and what speaks for it. Raises ValueError for a naive time."""
    local = at.astimezone(found.zone)
    is_holiday = calendar.is_holiday(found, local.date())
    return Look(
        local=local,
        is_open=calendar.is_open(found, at),
        hours=calendar.hours_of(found, local.date()),
        holiday=(named(found, local.date()) or "–") if is_holiday else "",
        next_open=calendar.next_open(found, at),
    )
