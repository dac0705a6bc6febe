"""Times as people write them ("tomorrow 9:00", "in 2h", "15.4. 10:00"), read in a person's zone as one instant. Pure.

Two questions are asked of the same words. `read`: a time ahead, for what is to be told then. `leading`: a time past
or to come, or none, as an outage begins and ends at.

- A clock time alone is the next such; a weekday the next such day; a date without a year the next such date.
- A day without a clock time means 9:00 where a time ahead is read. "today" (or today's date) then needs a clock time.
- Hours and minutes are counted as they pass; days and weeks by the calendar: "1d" is this time tomorrow.
- A clock time that a day skips (clocks go forward) is moved by what is skipped: 2:30 becomes 3:30.
- A clock time that comes twice (clocks go back) is the first of the two that is still ahead.
- "next week" is its Monday, 24:00 the end of the day, and a Z behind a clock time says that it is UTC's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from kernel import folding, sentences
from kernel.daywords import AWAY, MONTHS, UNITS, WEEKDAYS
from kernel.phrases import Moment, Phrase

MORNING = timedelta(hours=9)
FURTHEST = timedelta(days=5 * 366)
EXAMPLES = Phrase('"2h", "9:00", "tomorrow 9:00", "monday 14:00", "15.4. 10:00", "2026-04-15 10:00" or "next week"')
_DAY = timedelta(days=1)
_LATELY = timedelta(days=31)  # a date without a year that lies no further back has been, and is not next year's
_LEAP = 8  # years in which 29 February comes at least once, 2096 to 2104 too

_END = r"(?=$|\s|[,;]|[:.](?:\s|$))"  # where a word of a time may end
_BEFORE = r"(?:(?:at|on|o|w|we|v|vo|в|во)\s+)?"  # small words before a clock time or a day: "at 9:00", "в понедельник"
_NOW = re.compile(rf"now{_END}", re.IGNORECASE)
_CLOCK = re.compile(rf"{_BEFORE}(\d{{1,2}}):(\d\d)(?::\d\d)?(?:(z)|\s?([ap]m))?{_END}", re.IGNORECASE | re.ASCII)
_HOUR = re.compile(rf"(?:at\s+(\d{{1,2}})|(?:at\s+)?(\d{{1,2}})\s?([ap]m)){_END}", re.IGNORECASE | re.ASCII)
_ISO = re.compile(rf"{_BEFORE}(\d{{4}})([-.])(\d{{1,2}})\2(\d{{1,2}})\.?(?:T(?=\d)|{_END})", re.IGNORECASE | re.ASCII)
_DOTTED = re.compile(
    rf"{_BEFORE}(\d{{1,2}})\.\s?(\d{{1,2}})\.?(?:\s?(20\d\d|(?<=\.)\d{{4}})\.?)?{_END}", re.IGNORECASE | re.ASCII
)
_NAMED = re.compile(rf"{_BEFORE}(\d{{1,2}})\.?\s+([a-z]{{3,9}})(?:\s+(20\d\d))?{_END}", re.IGNORECASE | re.ASCII)
_AFTER = re.compile(rf"{_BEFORE}(?:the\s+)?day\s+after\s+tomorrow{_END}", re.IGNORECASE)
_NEXT = re.compile(rf"next\s+([^\W\d_]+){_END}", re.IGNORECASE)
_WORD = re.compile(rf"{_BEFORE}([^\W\d_]+){_END}", re.IGNORECASE)
_IN = re.compile(r"(?:in|za|через)\s+", re.IGNORECASE)
_COUNT = re.compile(rf"(?:and\s+)?([0-9]{{1,5}}|an?\b|one\b)\s*([^\W\d_]{{1,9}})(?:{_END}|(?=\d))", re.IGNORECASE)


class Spoken(NamedTuple):
    """What a text says about when. `at`: aware UTC; `rest`: what follows; `remark`: what a change of the clocks did."""

    at: datetime
    rest: str
    remark: str = ""
    is_dated: bool = False  # its day was said, not only a clock time
    is_span: bool = False  # it was said as a duration
    over_at: datetime | None = None  # of a day named alone, that begins at `at`: when it is over

    @property
    def last_at(self) -> datetime:
        """The end of a day named alone, else the instant itself."""
        return self.over_at or self.at


class _Clock(NamedTuple):
    """A time of day as its distance from midnight. `is_utc`: said of UTC's clocks, not of the reader's."""

    passed: timedelta
    rest: str
    is_utc: bool = False


class _Day(NamedTuple):
    """Days that are meant, the first that is ahead counts. `named`: said as a date or as "today"."""

    candidates: Sequence[date]
    rest: str
    named: bool = False


class _Said(NamedTuple):
    """A day, a clock time, or both, and what follows them."""

    day: _Day | None
    clock: _Clock | None
    rest: str


def read(text: str, *, now: datetime, zone: tzinfo) -> Spoken:
    """The time ahead at the beginning of `text` as of `now` in `zone`, and what follows it.

    Raises ValueError, saying what was expected, if there is none, or it has passed, or is years away.
    """
    text = text.strip()
    if _NOW.match(text):
        raise ValueError(Phrase("That is now; expected a time ahead, such as 10m"))
    try:
        found = _span(text, now, zone) or _ahead(text, now, zone)
    except OverflowError as error:
        raise ValueError(Phrase("That is too far away")) from error
    if found is None:
        raise ValueError(Phrase("No time was found; expected one such as {examples}", examples=EXAMPLES))
    if found.at - now > FURTHEST:
        raise ValueError(Phrase("That is more than five years away"))
    return _tidied(found)


def leading(text: str, *, now: datetime, zone: tzinfo, after: datetime | None = None) -> Spoken | None:
    """The time that `text` begins with, past or to come, and what follows it; None if it begins with something else.

    A clock time alone is today's; with `after` it is the first one later than that, and days and durations count from
    there. A day alone is the whole of it. Raises ValueError for what looks like a time and is none ("31.02.", "24:30").
    """
    text = text.strip()
    if is_now := _NOW.match(text):
        return _tidied(Spoken(now, text[is_now.end() :], is_dated=True))
    try:
        found = _span(text, after or now, zone) or _placed(text, after or now, zone, is_end=after is not None)
    except OverflowError as error:
        raise ValueError(Phrase("That is too far away; expected a time within reach of a calendar")) from error
    return _tidied(found) if found else None


def written(at: datetime, zone: tzinfo) -> Moment:
    """An instant in full as its reader's clock shows it: "Wed 15 Apr 2026 10:00 CEST"."""
    return Moment(at, zone)


def instants(wall: datetime, zone: tzinfo) -> list[Spoken]:
    """When the clocks of `zone` show `wall` (naive): once, twice in the hour that is repeated, moved if skipped."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    shown = first.astimezone(zone)
    if shown.replace(tzinfo=None) != wall:
        skipped = "{time} is skipped that day, the clocks go forward: {now}"
        return [Spoken(first, "", sentences.line(skipped, time=f"{wall:%H:%M}", now=f"{shown:%H:%M}"))]
    if first == second:
        return [Spoken(first, "")]
    time = f"{wall:%H:%M}"
    earlier = sentences.line("{time} comes twice that day, the clocks go back: this is the first", time=time)
    later = sentences.line("{time} comes twice that day, the clocks go back: this is the second", time=time)
    return [Spoken(first, "", earlier), Spoken(second, "", later)]


def _tidied(spoken: Spoken) -> Spoken:
    return spoken._replace(rest=spoken.rest.lstrip(" \t,;:."))


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
        raise ValueError(Phrase("That is now; expected a time ahead, such as 10m"))
    start = Spoken(now, "")
    if days:
        wall = now.astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=days)
        start = instants(wall, zone)[0]
    return Spoken(start.at + passing, rest, start.remark, is_dated=True, is_span=True)


# -- which day, at what time -------------------------------------------------------------------------------------------


def _ahead(text: str, now: datetime, zone: tzinfo) -> Spoken | None:
    """The first instant after `now` that a day, a clock time or both can mean; None if the text begins with neither."""
    today = now.astimezone(zone).date()
    said = _said(text, today)
    if said is None:
        return None
    candidates = _candidates(said, now, zone)
    if said.clock is None and said.day is not None:
        if said.day.named and today in candidates:
            raise ValueError(Phrase("At what time today? Write it too, such as today 15:00"))
        candidates = [one for one in candidates if one != today]
    for one in candidates:
        for spoken in _instants(one, said.clock, zone, alone=MORNING):
            if spoken.at > now:
                return spoken._replace(rest=said.rest, is_dated=said.day is not None)
    raise ValueError(Phrase("That has passed"))


def _placed(text: str, start: datetime, zone: tzinfo, *, is_end: bool) -> Spoken | None:
    """The instant that is meant as seen from `start`, wherever it lies; an end is the first after `start`."""
    today = start.astimezone(zone).date()
    said = _said(text, today, may_be_two=True)
    if said is None:
        return None
    if said.day and said.clock is None:
        day = _near(said.day.candidates, today)
        begins, ends = (instants(_wall(one), zone)[0] for one in (day, day + _DAY))
        return begins._replace(rest=said.rest, is_dated=True, over_at=ends.at)
    candidates = _candidates(said, start, zone)
    if said.day and said.day.named:
        candidates = [_near(candidates, today)]
    elif said.day is None and not is_end:
        candidates = candidates[:1]
    found = [one for day in candidates for one in _instants(day, said.clock, zone, alone=MORNING)]
    meant = next((one for one in found if one.at > start), found[0])
    return meant._replace(rest=said.rest, is_dated=said.day is not None)


def _said(text: str, today: date, *, may_be_two: bool = False) -> _Said | None:
    """A day and a clock time in either order. `may_be_two`: in "14:30 tomorrow 6:00" the day is the second one's."""
    day = _day(text, today)
    clock = _clock(day.rest if day else text)
    if day is None and clock is not None:
        day = _day(clock.rest, today)
        if day and may_be_two and _clock(day.rest):
            day = None
        return _Said(day, clock, day.rest if day else clock.rest)
    return _Said(day, clock, clock.rest if clock else day.rest) if day else None


def _candidates(said: _Said, start: datetime, zone: tzinfo) -> Sequence[date]:
    """The days that can be meant; of a clock time alone today and those after, as its own clocks show them."""
    if said.day:
        return said.day.candidates
    today = start.astimezone(UTC if said.clock and said.clock.is_utc else zone).date()
    return [today + ahead * _DAY for ahead in range(3)]


def _near(candidates: Sequence[date], today: date) -> date:
    """The first that is not long past; of one alone, whenever it was, itself."""
    return next((one for one in candidates if one >= today - _LATELY), candidates[-1])


def _instants(day: date, clock: _Clock | None, zone: tzinfo, *, alone: timedelta) -> list[Spoken]:
    """When that day shows that time; `alone` is the time of a day without one."""
    return instants(_wall(day, clock.passed if clock else alone), UTC if clock and clock.is_utc else zone)


def _wall(day: date, passed: timedelta = timedelta()) -> datetime:
    return datetime.combine(day, time()) + passed


def _clock(text: str) -> _Clock | None:
    """`9:00`, `9:30 pm`, `9pm`, `at 9`, `24:00`, `9:00Z` at the beginning."""
    text = text.lstrip(" \t,")
    if found := _CLOCK.match(text):
        hour, minute, is_utc, half = int(found[1]), int(found[2]), bool(found[3]), found[4]
    elif found := _HOUR.match(text):
        hour, minute, is_utc, half = int(found[1] or found[2]), 0, False, found[3]
    else:
        return None
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    elif half:
        hour = 25  # 13am is no time
    passed = timedelta(hours=hour, minutes=minute)
    if passed > _DAY or minute > 59:
        raise ValueError(Phrase("{time} is no time of day; expected 0:00 to 24:00", time=found[0].strip()))
    return _Clock(passed, text[found.end() :], is_utc)


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
        raise ValueError(
            Phrase("There is no day {day} in month {month}; expected a date such as 15.4.", day=day, month=month)
        ) from error
