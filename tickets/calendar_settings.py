"""A calendar from its settings: hours, holidays, special days and what changes later, every mistake told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from msgspec import Struct

from kernel.errors import Misread
from kernel.phrases import Phrase
from tickets import calendar
from tickets.calendar import WEEKDAYS, Calendar, Hours, Version, Week

Given = TypeVar("Given")
Read = TypeVar("Read")
WrittenHours = Mapping[str, Sequence[str]]


class InvalidCalendar(ValueError):
    """The calendar cannot be used; `problems` has one for each mistake, under the setting's name in the calendar."""

    def __init__(self, name: str, mistakes: Sequence[Misread]) -> None:
        super().__init__("; ".join(f"calendars.{name}.{one}" for one in mistakes))
        self.problems = tuple(one.problem for one in mistakes)


class Change(Struct, frozen=True):
    """What the calendar becomes on a day. `holidays` None: those it has had before."""

    since: date
    hours: WrittenHours
    holidays: str | None = None


def build(
    name: str,
    *,
    zone: str,
    hours: WrittenHours,
    holidays: str = "",
    special: Mapping[date, Sequence[str]] | None = None,
    changes: Sequence[Change] = (),
) -> Calendar:
    """The calendar of `[calendars.NAME]`: hours by day ("mon" to "sun", a day left out is closed), holidays by code.

    `special`: hours of single days, none for a closed one. Raises InvalidCalendar with every mistake at once.
    """
    mistakes: list[Misread] = []
    known_zone = _tried(mistakes, calendar.parse_zone, zone)
    first = _version(mistakes, Change(date.min, hours, holidays))
    days = {
        day: _tried(mistakes, partial(calendar.parse_day, field=f"special.{day}"), texts) or ()
        for day, texts in (special or {}).items()
    }
    later, code = [], first.country
    for number, change in enumerate(changes):
        code = code if change.holidays is None else change.holidays
        later.append(_version(mistakes, Change(change.since, change.hours, code), f"changes.{number}."))
        code = later[-1].country
    if len({change.since for change in changes}) < len(changes):
        mistakes.append(Misread("changes", Phrase("each change to begin on a day of its own"), "a day twice"))
    if mistakes or known_zone is None:
        raise InvalidCalendar(name, mistakes)
    return Calendar(
        name,
        known_zone,
        first.week,
        first.holidays,
        first.country,
        days,
        tuple(sorted(later, key=lambda one: one.since)),
    )


def _version(mistakes: list[Misread], change: Change, prefix: str = "") -> Version:
    """The week and the holidays; what is wrong with them is added to the mistakes."""
    code = change.holidays or ""
    known = _tried(mistakes, partial(calendar.parse_holidays, field=f"{prefix}holidays"), code)
    days: dict[str, Hours] = {
        day: _tried(mistakes, partial(calendar.parse_day, field=f"{prefix}hours.{day}"), texts) or ()
        for day, texts in change.hours.items()
    }
    mistakes += [
        Misread(f"{prefix}hours.{day}", Phrase("a day such as hours.mon or hours.sun"), repr(day))
        for day in days
        if day not in WEEKDAYS
    ]
    if not any(change.hours.values()):
        expected = Phrase('at least one, such as hours.mon = ["08:00-16:00"]')
        mistakes.append(Misread(f"{prefix}hours", expected, "no open day"))
    week: Week = tuple(days.get(day) or () for day in WEEKDAYS)
    return Version(change.since, week, known, code) if known is not None else Version(change.since, week)


def _tried(mistakes: list[Misread], parse: Callable[[Given], Read], value: Given) -> Read | None:
    """What the parser reads, or its complaint added to the mistakes."""
    try:
        return parse(value)
    except Misread as error:
        mistakes.append(error)
        return None
