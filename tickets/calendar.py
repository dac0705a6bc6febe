"""Business calendars and the arithmetic of working time; what a clock means for a ticket is in sla, its row in clocks.

All instants are aware and all results are aware UTC. Local hours become UTC one interval at a time: an interval opens
at the first instant whose local clock reads its start or later, and closes after the last instant whose local clock
reads earlier than its end. So a time lost in spring moves to the end of the gap, and a time repeated in autumn opens
at its first occurrence and closes at its last: 01:30-02:30 in Warsaw is then two real hours, not one.
"""

import importlib
import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from kernel.errors import Misread
from kernel.phrases import Phrase

Span = tuple[datetime, datetime]
Pause = tuple[datetime, datetime | None]  # None: still paused

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60
DAY = timedelta(days=1)
HORIZON = timedelta(days=3653)  # ten years: a longer search means the calendar is wrong, not the ticket slow
FOREVER = datetime.max.replace(tzinfo=UTC)
CACHED_DAYS = 4096
HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])\s*-\s*([01][0-9]|2[0-4]):([0-5][0-9])")
HOURS_EXPECTED = Phrase('HH:MM-HH:MM within one day, the end after the start, such as "08:00-12:00" or "22:00-24:00"')


class Interval(Struct, frozen=True, order=True):
    """Half-open opening hours in minutes after local midnight; 1440 is the end of the day."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_A_DAY:
            raise Misread("hours", HOURS_EXPECTED, f"minutes {self.start} to {self.end}")

    def __str__(self) -> str:
        return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (self.start, self.end))


Hours = tuple[Interval, ...]
Week = tuple[Hours, ...]
ALL_WEEK: Week = ((Interval(0, MINUTES_A_DAY),),) * 7


@dataclass(frozen=True, slots=True)
class Version:
    """What a calendar is from a local day on. `country`: the code its holidays were asked for by, "" if by none."""

    since: date
    week: Week
    holidays: Container[date] = field(default=frozenset(), hash=False)
    country: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours of seven local days, Monday first, sorted and apart; a holiday is closed all its local day.

    `special`: days with hours of their own, holiday or not, none of them being a closed day. `later`: what the week
    and the holidays become, by date.
    """

    name: str
    zone: ZoneInfo
    week: Week
    holidays: Container[date] = field(default=frozenset(), hash=False)
    country: str = ""  # by which code the holidays were asked for; "" if by none
    special: Mapping[date, Hours] = field(default_factory=dict, hash=False)
    later: tuple[Version, ...] = ()
    days: dict[date, tuple[Span, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"week: got {len(self.week)} days, expected 7, Monday first")
        for hours in self.week:
            _check_apart(hours, "week")


class Explanation(Struct, frozen=True):
    """Working time of a stretch in UTC: what counted against the target, and what a pause took out of it."""

    counted: tuple[Span, ...]
    paused: tuple[Span, ...]


def always() -> Calendar:
    """Open around the clock, every day."""
    return Calendar("always", ZoneInfo("UTC"), ALL_WEEK)


def applies(calendar: Calendar, day: date) -> Version:
    """The calendar as it is on a local day, its special days aside."""
    latest = next((one for one in reversed(calendar.later) if one.since <= day), None)
    return latest or Version(date.min, calendar.week, calendar.holidays, calendar.country)


def hours_of(calendar: Calendar, day: date) -> Hours:
    """The hours of a local day; a holiday has none, unless it is a special day."""
    special = calendar.special.get(day)
    if special is not None:
        return special
    version = applies(calendar, day)
    return () if day in version.holidays else version.week[day.weekday()]


def is_holiday(calendar: Calendar, day: date) -> bool:
    """Whether a local day is closed as a holiday; one with hours of its own is not."""
    return day not in calendar.special and day in applies(calendar, day).holidays


def parse_hours(text: str, *, field: str = "hours") -> Interval:
    """Hours as people write them, "08:00-12:00"; a day may end at 24:00. Raises ValueError."""
    found = HOURS.fullmatch(text.strip())
    if found is None:
        raise Misread(field, HOURS_EXPECTED, repr(text))
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if not start < end <= MINUTES_A_DAY:
        raise Misread(field, HOURS_EXPECTED, repr(text))
    return Interval(start, end)


def parse_day(texts: Iterable[str], *, field: str = "hours") -> tuple[Interval, ...]:
    """The intervals of one day, sorted; they may touch but not overlap. Raises ValueError."""
    hours = tuple(sorted(parse_hours(text, field=field) for text in texts))
    _check_apart(hours, field)
    return hours


def parse_zone(key: str) -> ZoneInfo:
    """A zone of the IANA database. Raises ValueError."""
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError) as error:  # an unknown key, a path, a folder of zones
        expected = Phrase('a name of the IANA database, such as "Europe/Warsaw"')
        raise Misread("zone", expected, repr(key)) from error


def parse_holidays(code: str, *, field: str = "holidays") -> Container[date]:
    """Public holidays of a country "PL" or a part of it "DE-BY", worked out a year at a time; "" is none.

    Raises ValueError.
    """
    if not code:
        return frozenset()
    country, _, part = code.partition("-")
    try:
        # late: the tables of every country, for those who name one
        found: Container[date] = importlib.import_module("holidays").country_holidays(country, subdiv=part or None)
        return found
    except NotImplementedError as error:
        expected = Phrase('an ISO 3166 country or a part of it, such as "PL" or "DE-BY"')
        raise Misread(field, expected, repr(code)) from error


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether the instant is working time. Raises ValueError for a naive one, as all functions below do."""
    at = _utc("at", at)
    return any(_pieces(calendar, at, at + datetime.resolution))


def next_open(calendar: Calendar, at: datetime) -> datetime | None:
    """The first working instant not before `at` (so `at` itself while open); None if ten years have none."""
    at = _utc("at", at)
    return next((opens for opens, _ in _pieces(calendar, at, at + HORIZON)), None)


def intervals(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Span]:
    """Half-open UTC spans of working time, in order and joined over midnight; none if end <= start."""
    return _joined(_pieces(calendar, _utc("start", start), _utc("end", end)))


def worked(calendar: Calendar, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
    """Working time between two instants outside the pauses; zero if end <= start."""
    start, end = _utc("start", start), _utc("end", end)
    running = _running(start, end, _held(start, end, pauses))
    return sum((closes - opens for span in running for opens, closes in _pieces(calendar, *span)), timedelta())


def due(calendar: Calendar, start: datetime, target: timedelta, pauses: Iterable[Pause] = ()) -> datetime | None:
    """The earliest instant by which `target` of working time has passed since `start`, outside the pauses.

    Pauses are half-open, in any order, and count as extra closed time, so they are credited in working time only (the
    breaks of zammad/zammad:lib/escalation/ticket_biz_break.rb). None while a pause without an end holds the clock.
    A due on the end of an interval is that end, not the next opening. A warning one hour ahead is due() of a target
    one hour smaller. Raises ValueError for a negative target, a pause that ends before it starts, and a calendar that
    does not reach the target in ten years.
    """
    if target < timedelta():
        raise ValueError(f"target: got {target}, expected a duration that is not negative, such as 1:00:00")
    start, left = _utc("start", start), target
    if not left:
        return start
    for lo, hi in _running(start, FOREVER, _held(start, FOREVER, pauses)):
        for opens, closes in _pieces(calendar, lo, hi if hi - lo < HORIZON else lo + HORIZON):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        if hi - lo >= HORIZON:
            raise ValueError(f"calendar {calendar.name}: got no more open time, expected {left} more in ten years")
    return None


def explain(calendar: Calendar, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> Explanation:
    """What worked() adds up and what the pauses took out of it, for a person who doubts a due time."""
    start, end = _utc("start", start), _utc("end", end)
    held = _held(start, end, pauses)
    counted = [piece for span in _running(start, end, held) for piece in _pieces(calendar, *span)]
    paused = [piece for span in held for piece in _pieces(calendar, *span)]
    return Explanation(tuple(_joined(counted)), tuple(_joined(paused)))


def _check_apart(hours: Iterable[Interval], field: str) -> None:
    for earlier, later in pairwise(hours):
        if later.start < earlier.end:
            expected = Phrase('intervals in order that do not overlap, such as "08:00-12:00", "12:30-16:00"')
            raise Misread(field, expected, f"{later} after {earlier}")


def _pieces(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Span]:
    """Working time in order and without overlap, day by day; reads no further than its caller asks."""
    if calendar.week == ALL_WEEK and calendar.holidays == frozenset() and not (calendar.special or calendar.later):
        if start < end:
            yield start, end
        return
    # A clock put back over midnight shows a date twice, so the days on both sides may reach in.
    day = start.astimezone(calendar.zone).date() - DAY
    last = end.astimezone(calendar.zone).date() + DAY
    while day <= last and start < end:
        for opens, closes in _spans(calendar, day):
            opens, closes = max(opens, start), min(closes, end)
            if opens < closes:
                yield opens, closes
                start = closes
        day += DAY


def _spans(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """UTC spans of one local day, kept with the calendar: converting costs far more than all the rest."""
    spans = calendar.days.get(day)
    if spans is None:
        spans = tuple(_converted(calendar, day))
        if len(calendar.days) >= CACHED_DAYS:
            calendar.days.clear()
        calendar.days[day] = spans
    return spans


def _converted(calendar: Calendar, day: date) -> Iterator[Span]:
    midnight = datetime.combine(day, time())
    for hours in hours_of(calendar, day):
        opens = _opening(calendar.zone, midnight + timedelta(minutes=hours.start))
        closes = _closing(calendar.zone, midnight + timedelta(minutes=hours.end))
        if opens < closes:
            yield opens, closes


def _opening(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first instant whose local clock reads `wall` or later."""
    first, last = _both(zone, wall)
    return first if first <= last else _after_gap(zone, wall, last, first)


def _closing(zone: ZoneInfo, wall: datetime) -> datetime:
    """The end of the last instant whose local clock reads earlier than `wall`."""
    first, last = _both(zone, wall)
    if first > last:
        return _after_gap(zone, wall, last, first)
    # The very first of the repeated times closes at once: the clock comes back to it, but no more before it.
    return last if _wall(zone, last - datetime.resolution) < wall else first


def _both(zone: ZoneInfo, wall: datetime) -> Span:
    """Both readings of a local time: equal as a rule, in order if it is repeated, reversed if it is lost (PEP 495)."""
    local = wall.replace(tzinfo=zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _after_gap(zone: ZoneInfo, wall: datetime, before: datetime, after: datetime) -> datetime:
    """The second at which the clock jumped over `wall`; offsets are whole seconds, so bisecting seconds is exact."""
    seconds = range(int((after - before).total_seconds()))
    jump = bisect_left(seconds, True, key=lambda second: _wall(zone, before + timedelta(seconds=second)) >= wall)
    return before + timedelta(seconds=jump)


def _wall(zone: ZoneInfo, at: datetime) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _held(start: datetime, end: datetime, pauses: Iterable[Pause]) -> list[Span]:
    """Pauses in order, joined and cut to the stretch; one without an end lasts to its end."""
    cut = []
    for begins, ends in pauses:
        begins, ends = _utc("pause start", begins), FOREVER if ends is None else _utc("pause end", ends)
        if ends < begins:
            raise ValueError(f"pause: got {begins} to {ends}, expected an end not before the start, or None")
        if max(begins, start) < min(ends, end):
            cut.append((max(begins, start), min(ends, end)))
    return list(_joined(sorted(cut)))


def _running(start: datetime, end: datetime, held: Iterable[Span]) -> Iterator[Span]:
    """What the held spans leave of a stretch."""
    for begins, ends in held:
        if start < begins:
            yield start, begins
        start = ends
    if start < end:
        yield start, end


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Sorted spans with those that touch or overlap made one."""
    current: Span | None = None
    for begins, ends in spans:
        if current is None:
            current = begins, ends
        elif begins <= current[1]:
            current = current[0], max(current[1], ends)
        else:
            yield current
            current = begins, ends
    if current is not None:
        yield current


def _utc(name: str, at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"{name}: got {at} without a zone, expected an aware time such as 2026-03-02T08:00:00+00:00")
    return at.astimezone(UTC)
