"""Times as people write them ("tomorrow 9:00", "in 2h", "15.4. 10:00"), read in a person's zone as one instant. Pure.

- A clock time alone is the next such; a weekday the next such day; a date without a year the next such date.
- A day without a clock time means 9:00. "today" (or today's date) needs a clock time. "next week" is its Monday.
- Hours and minutes are counted as they pass; days and weeks by the calendar: "1d" is this time tomorrow.
- A clock time that a day skips (clocks go forward) is moved by what is skipped: 2:30 becomes 3:30.
- A clock time that comes twice (clocks go back) is the first of the two that is still ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from kernel import folding
from kernel.daywords import AWAY, MONTHS, UNITS, WEEKDAYS

MORNING = time(9)
FURTHEST = timedelta(days=5 * 366)
EXAMPLES = '"2h", "9:00", "tomorrow 9:00", "monday 14:00", "15.4. 10:00", "2026-04-15 10:00" or "next week"'
_LEAP = 8  # years in which 29 February comes at least once, 2096 to 2104 too

_END = r"(?=$|\s|[,;]|[:.](?:\s|$))"  # where a word of a time may end
_BEFORE = r"(?:(?:at|on|o|w|we|v|vo|в|во)\s+)?"  # small words before a clock time or a day: "at 9:00", "в понедельник"
_CLOCK = re.compile(rf"{_BEFORE}(\d{{1,2}}):(\d\d)\s?([ap]m)?{_END}", re.IGNORECASE | re.ASCII)
_HOUR = re.compile(rf"(?:at\s+(\d{{1,2}})|(?:at\s+)?(\d{{1,2}})\s?([ap]m)){_END}", re.IGNORECASE | re.ASCII)
_ISO = re.compile(rf"{_BEFORE}(20\d\d)([-.])(\d{{1,2}})\2(\d{{1,2}})\.?(?:T(?=\d)|{_END})", re.IGNORECASE | re.ASCII)
_DOTTED = re.compile(rf"{_BEFORE}(\d{{1,2}})\.\s?(\d{{1,2}})\.?(?:\s?(20\d\d))?{_END}", re.IGNORECASE | re.ASCII)
_NAMED = re.compile(rf"{_BEFORE}(\d{{1,2}})\.?\s+([a-z]{{3,9}})(?:\s+(20\d\d))?{_END}", re.IGNORECASE | re.ASCII)
_AFTER = re.compile(rf"{_BEFORE}(?:the\s+)?day\s+after\s+tomorrow{_END}", re.IGNORECASE)
_NEXT = re.compile(rf"next\s+([^\W\d_]+){_END}", re.IGNORECASE)
_WORD = re.compile(rf"{_BEFORE}([^\W\d_]+){_END}", re.IGNORECASE)
_IN = re.compile(r"(?:in|za|через)\s+", re.IGNORECASE)
_COUNT = re.compile(rf"(?:and\s+)?([0-9]{{1,4}}|an?\b|one\b)\s*([^\W\d_]{{1,9}})(?:{_END}|(?=\d))", re.IGNORECASE)


class Spoken(NamedTuple):
    """What a text says about when. `at`: aware UTC; `rest`: what follows; `remark`: what a change of the clocks did."""

    at: datetime
    rest: str
    remark: str = ""


class _Day(NamedTuple):
    """Days that are meant, the first that is ahead counts. `named`: said as a date or as "today"."""

    candidates: Sequence[date]
    rest: str
    named: bool = False


def read(text: str, *, now: datetime, zone: tzinfo) -> Spoken:
    """The time at the beginning of `text` as of `now` in `zone`, and what follows it.

    Raises ValueError, saying what was expected, if there is none, or it has passed, or is years away.
    """
    try:
        found = _span(text.strip(), now, zone) or _day_and_clock(text.strip(), now, zone)
    except OverflowError as error:
        raise ValueError("that is too far away") from error
    if found is None:
        raise ValueError(f"no time was found; expected one such as {EXAMPLES}")
    if found.at - now > FURTHEST:
        raise ValueError("that is more than five years away")
    return found._replace(rest=found.rest.lstrip(" \t,;:."))


def written(at: datetime, zone: tzinfo) -> str:
    """An instant in full as its reader's clock shows it: "Wed 15 Apr 2026 10:00 CEST"."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def instants(wall: datetime, zone: tzinfo) -> list[Spoken]:
    """When the clocks of `zone` show `wall` (naive): once, twice in the hour that is repeated, moved if skipped."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    shown = first.astimezone(zone)
    if shown.replace(tzinfo=None) != wall:
        return [Spoken(first, "", f"{wall:%H:%M} is skipped that day, the clocks go forward: {shown:%H:%M}")]
    if first == second:
        return [Spoken(first, "")]
    twice = f"{wall:%H:%M} comes twice that day, the clocks go back: this is the"
    return [Spoken(first, "", f"{twice} first"), Spoken(second, "", f"{twice} second")]


# -- how long from now -------------------------------------------------------------------------------------------------


def _span(text: str, now: datetime, zone: tzinfo) -> Spoken | None:
    """`2h`, `in 1d 2h`, `in an hour`; None if the text does not begin so."""
    prefix = _IN.match(text)
    rest = text[prefix.end() :] if prefix else text
    days, passing, is_any = 0, timedelta(), False
    while (found := _COUNT.match(rest)) and (unit := UNITS.get(folding.fold(found[2]))):
        if not found[1].isdigit() and not prefix:
            break  # "a day" that begins the text itself is no time
        count = int(found[1]) if found[1].isdigit() else 1
        days += count * unit.days
        passing += count * timedelta(seconds=unit.seconds)
        rest, is_any = rest[found.end() :].lstrip(), True
    if not is_any:
        return None
    if not days and not passing:
        raise ValueError("that is now; expected a time ahead, such as 10m")
    start = Spoken(now, "")
    if days:
        wall = now.astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=days)
        start = instants(wall, zone)[0]
    return Spoken(start.at + passing, rest, start.remark)


# -- which day, at what time -------------------------------------------------------------------------------------------


def _day_and_clock(text: str, now: datetime, zone: tzinfo) -> Spoken | None:
    """A day, a clock time, or both in either order; None if the text begins with neither."""
    today = now.astimezone(zone).date()
    day = _day(text, today)
    clock, rest = _clock(day.rest if day else text)
    if day is None and clock is not None:
        day = _day(rest, today)
        rest = day.rest if day else rest
    if day is None and clock is None:
        return None
    candidates = day.candidates if day else [today + timedelta(days=ahead) for ahead in range(3)]
    if clock is None and day is not None:
        if day.named and today in candidates:
            raise ValueError("at what time today? Write it too, such as today 15:00")
        candidates = [one for one in candidates if one != today]
    for one in candidates:
        for spoken in instants(datetime.combine(one, clock or MORNING), zone):
            if spoken.at > now:
                return spoken._replace(rest=rest)
    raise ValueError("that has passed")


def _clock(text: str) -> tuple[time | None, str]:
    """`9:00`, `9:30 pm`, `9pm`, `at 9` at the beginning, and what follows."""
    text = text.lstrip(" \t,")
    if found := _CLOCK.match(text):
        hour, minute, half = int(found[1]), int(found[2]), found[3]
    elif found := _HOUR.match(text):
        hour, minute, half = int(found[1] or found[2]), 0, found[3]
    else:
        return None, text
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    elif half:
        hour = 24  # 13am is no time
    if hour > 23 or minute > 59:
        raise ValueError(f"{found[0].strip()} is no time of day; expected 0:00 to 23:59")
    return time(hour, minute), text[found.end() :]


def _day(text: str, today: date) -> _Day | None:
    """A day at the beginning, as a date or in words."""
    text = text.lstrip(" \t,")
    if found := _ISO.match(text):
        return _Day([_date(int(found[1]), int(found[3]), int(found[4]))], text[found.end() :], named=True)
    if found := _DOTTED.match(text):
        return _Day(_yearly(today, int(found[2]), int(found[1]), found[3]), text[found.end() :], named=True)
    if (found := _NAMED.match(text)) and (month := MONTHS.get(found[2].lower())):
        return _Day(_yearly(today, month, int(found[1]), found[3]), text[found.end() :], named=True)
    return _in_words(text, today)


def _in_words(text: str, today: date) -> _Day | None:
    monday = today + timedelta(days=7 - today.weekday())
    if found := _AFTER.match(text):
        return _Day([today + timedelta(days=2)], text[found.end() :])
    if found := _NEXT.match(text):
        word = folding.fold(found[1])
        ahead = 0 if word == "week" else WEEKDAYS.get(word)
        return None if ahead is None else _Day([monday + timedelta(days=ahead)], text[found.end() :])
    found = _WORD.match(text)
    word = folding.fold(found[1]) if found else ""
    if found and word in AWAY:
        return _Day([today + timedelta(days=AWAY[word])], text[found.end() :], named=True)
    if found and word in WEEKDAYS:
        ahead = (WEEKDAYS[word] - today.weekday()) % 7
        return _Day([today + timedelta(days=ahead), today + timedelta(days=ahead + 7)], text[found.end() :])
    return None


def _yearly(today: date, month: int, day: int, year: str | None) -> list[date]:
    """That day of the year given, or of each year from this one on that has it."""
    if year:
        return [_date(int(year), month, day)]
    _date(2000, month, day)  # a leap year: refuses what is in no year
    return list(_existing(range(today.year, today.year + _LEAP + 1), month, day))


def _existing(years: range, month: int, day: int) -> Iterator[date]:
    for year in years:
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(f"there is no day {day} in month {month}; expected a date such as 15.4.") from error
