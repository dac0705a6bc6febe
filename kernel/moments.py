"""Points in time as people type them ("14:30", "tomorrow 6:00", "fri 9:00", "2h", "12.03. 22:00"), as UTC. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from kernel import folding
from kernel.durations import parse_duration

EXPECTED = 'a time such as "14:30", "tomorrow 6:00", "fri 9:00", "2026-03-12 22:00", "12.03. 22:00", "2h" or "now"'
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NEAR = {"today": 0, "tomorrow": 1}
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.?(?:([0-9]{4})\.?)?")  # day before month, as all of Central Europe
_TOGETHER = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[Tt]([0-9]{1,2}:[0-9]{2})(?::[0-9]{2})?([Zz]?)")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant read from the first `words` words. `is_dated`: its day was written; `is_span`: it was a duration."""

    at: datetime
    words: int
    is_dated: bool = False
    is_span: bool = False
    is_day: bool = False  # a day without a time: it begins at `at`

    @property
    def day_over(self) -> datetime:
        """The end of a day named alone, else the instant itself."""
        return self.at + _DAY if self.is_day else self.at


def leading(words: Sequence[str], zone: tzinfo, now: datetime, *, after: datetime | None = None) -> Moment | None:
    """The moment at the start of `words`, in the local time of `zone`; None where they begin with something else.

    A bare time is today's, past or to come; with `after` it is the first one later than that, and a duration counts
    from it. Raises ValueError for what looks like a moment and is none ("31.02.", "24:30").
    """
    if not words:
        return None
    start = after or now
    word = folding.fold(words[0]).rstrip(",;")
    if word == "now":
        return Moment(now, 1, is_dated=True)
    span = _span(word)
    if span is not None:
        return Moment(start + span, 1, is_dated=True, is_span=True)
    together = _TOGETHER.fullmatch(word)
    if together:
        day, clock = _day(together.group(1), zone, start), _clock(together.group(2))
        if day is None or clock is None:
            raise ValueError(f"got {words[0]!r}, expected {EXPECTED}")
        return Moment(_local(day, clock, UTC if together.group(3) else zone), 1, is_dated=True)
    clock = _clock(word)
    if clock is not None:
        return Moment(_bare(clock, zone, start, later=after is not None), 1)
    return _dated(words, word, zone, start)


def _dated(words: Sequence[str], word: str, zone: tzinfo, start: datetime) -> Moment | None:
    day = _day(word, zone, start)
    if day is None:
        return None
    clock = _clock(words[1].rstrip(",;")) if len(words) > 1 else None
    if clock is None:
        return None if word in _DAYS else Moment(_local(day, timedelta(), zone), 1, is_dated=True, is_day=True)
    at = _local(day, clock, zone)
    if word in _DAYS and at <= start:
        at = _local(day + 7 * _DAY, clock, zone)
    return Moment(at, 2, is_dated=True)


def _span(word: str) -> timedelta | None:
    """A duration in one word; a bare number or word is none."""
    if not word[:1].isdigit():
        return None
    try:
        return parse_duration(word)
    except ValueError:
        return None


def _clock(word: str) -> timedelta | None:
    """The time of day as its distance from midnight; 24:00 ends the day."""
    found = _CLOCK.fullmatch(word)
    if not found:
        return None
    hours, minutes = int(found.group(1)), int(found.group(2))
    told = timedelta(hours=hours, minutes=minutes)
    if told > _DAY or minutes > 59:
        raise ValueError(f"got {word!r}, expected {EXPECTED}")
    return told


def _day(word: str, zone: tzinfo, start: datetime) -> date | None:
    today = start.astimezone(zone).date()
    if word in _NEAR:
        return today + _NEAR[word] * _DAY
    if word in _DAYS:
        return today + (_DAYS.index(word) - today.weekday()) % 7 * _DAY
    iso, dotted = _ISO.fullmatch(word), _DOTTED.fullmatch(word)
    try:
        if iso:
            return date(*(int(part) for part in iso.groups()))
        if dotted:
            return _dotted(int(dotted.group(1)), int(dotted.group(2)), dotted.group(3), today)
    except ValueError as error:
        raise ValueError(f"got {word!r}, expected a day that the calendar has") from error
    return None


def _dotted(day: int, month: int, year: str | None, today: date) -> date:
    """Without a year it is this one's, or next year's if that was more than a month ago."""
    if year:
        return date(int(year), month, day)
    found = date(today.year, month, day)
    return found if found >= today - timedelta(days=31) else date(today.year + 1, month, day)


def _bare(clock: timedelta, zone: tzinfo, start: datetime, *, later: bool) -> datetime:
    today = start.astimezone(zone).date()
    at = _local(today, clock, zone)
    return _local(today + _DAY, clock, zone) if later and at <= start else at


def _local(day: date, clock: timedelta, zone: tzinfo) -> datetime:
    """The wall clock of `zone` at that day and time, in UTC; 24:00 is the next day's midnight."""
    wall = datetime.combine(day, time()) + clock
    return wall.replace(tzinfo=zone).astimezone(UTC)
