"""Random calendars, pauses and days of clock changes against a slow oracle that walks minute by minute."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tickets import calendar
from tickets.calendar import Calendar, Interval, Pause, Span, Version

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SPAN_DAYS = 3  # what a case looks at; the oracle reads two more days on both sides
# Days on which clocks change in each zone, so that cases fall on them often.
CHANGES = {
    "America/Sao_Paulo": ["2018-11-04", "2018-02-17", "1999-10-03"],
    "Europe/Warsaw": ["2026-03-29", "2026-10-25"],
    "Asia/Tehran": ["2022-03-22", "2022-09-21"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "America/St_Johns": ["2006-10-28", "2006-04-02"],
    "America/Havana": ["2026-03-08", "2026-11-01"],
    "Pacific/Apia": ["2011-12-30", "2012-04-01"],
    "Asia/Kathmandu": ["2026-03-02"],
    "UTC": ["2026-03-02"],
}
Case = tuple[Calendar, datetime]


def oracle(cal: Calendar, start: datetime) -> list[bool]:
    """Whether each minute of SPAN_DAYS from start is open, from nothing but what the local clock reads at each."""
    margin = 2 * 24 * 60
    first = start - margin * MINUTE
    minutes = [first + n * MINUTE for n in range(SPAN_DAYS * 24 * 60 + 2 * margin)]
    walls = [at.astimezone(cal.zone).replace(tzinfo=None) for at in minutes]
    shown = [False] * len(minutes)
    for day in {wall.date() for wall in walls[margin // 2 : -margin // 2]}:
        for hours in hours_on(cal, day):
            midnight = datetime.combine(day, time())
            opens = next(n for n, wall in enumerate(walls) if wall >= midnight + hours.start * MINUTE)
            closes = max(n for n, wall in enumerate(walls) if wall < midnight + hours.end * MINUTE) + 1
            shown[opens:closes] = [True] * max(0, closes - opens)
    return shown[margin:-margin]


def hours_on(cal: Calendar, day: date) -> calendar.Hours:
    """Said as the settings say it: a special day, else the newest version that has begun, closed on its holidays."""
    if day in cal.special:
        return cal.special[day]
    week, holidays = cal.week, cal.holidays
    for one in sorted(cal.later, key=lambda one: one.since):
        if one.since <= day:
            week, holidays = one.week, one.holidays
    return () if day in holidays else week[day.weekday()]


def paused(pauses: list[Pause], at: datetime) -> bool:
    return any(begins <= at and (ends is None or at < ends) for begins, ends in pauses)


@st.composite
def weeks(draw: st.DrawFn) -> calendar.Week:
    marks = st.sampled_from([0, 60, 90, 120, 150, 180, 480, 720, 1380, 1410, 1440]) | st.integers(0, 1440)
    days = []
    for _ in range(7):
        cuts = sorted(draw(st.lists(marks, max_size=6, unique=True)))
        days.append(tuple(Interval(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)))
    return tuple(days)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A calendar and a whole minute within a day before a change of its clocks, or on any day."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    any_day = st.dates(date(1990, 1, 1), date(2035, 12, 31))
    day = draw(st.sampled_from(CHANGES[zone]).map(date.fromisoformat) | any_day)
    holidays = draw(st.frozensets(st.integers(-1, 4).map(lambda n: day + n * DAY), max_size=2))
    week = draw(weeks() | st.just(calendar.ALL_WEEK))
    near = st.integers(-1, 4).map(lambda n: day + n * DAY)
    special = draw(st.dictionaries(near, weeks().map(lambda found: found[0]), max_size=2))
    closed = st.frozensets(near, max_size=1)
    later = draw(
        st.lists(st.builds(Version, near, weeks().filter(any), closed), max_size=2, unique_by=lambda one: one.since)
    )
    start = datetime.combine(day, time(12), UTC) - draw(st.integers(0, 36 * 60)) * MINUTE
    versions = tuple(sorted(later, key=lambda one: one.since))
    return Calendar("random", ZoneInfo(zone), week, holidays, special=special, later=versions), start


@st.composite
def pause_lists(draw: st.DrawFn, start: datetime) -> list[Pause]:
    found: list[Pause] = []
    for begins, length in draw(st.lists(st.tuples(st.integers(-600, 4000), st.integers(0, 1500)), max_size=3)):
        begins_at = start + begins * MINUTE
        found.append((begins_at, begins_at + length * MINUTE if length else None))
    return found


@settings(max_examples=60, deadline=None)
@given(cases(), st.data())
def test_every_answer_agrees_with_the_oracle(case: Case, data: st.DataObject) -> None:
    """M-6: deadlines are right on random calendars, with pauses, on the days the clocks change."""
    cal, start = case
    pauses = data.draw(pause_lists(start))
    shown = oracle(cal, start)
    minutes = [start + n * MINUTE for n in range(len(shown))]
    counted = [n for n, is_open in enumerate(shown) if is_open and not paused(pauses, minutes[n])]

    spans = calendar.intervals(cal, start, start + SPAN_DAYS * DAY)
    assert [bool(n) for n in _covered(spans, start, len(shown))] == shown
    stop = data.draw(st.integers(0, len(shown)))
    assert calendar.worked(cal, start, start + stop * MINUTE, pauses) == bisect_left(counted, stop) * MINUTE
    if counted:
        nth = data.draw(st.integers(1, len(counted)))
        assert calendar.due(cal, start, nth * MINUTE, pauses) == minutes[counted[nth - 1]] + MINUTE
    probe = data.draw(st.integers(0, len(shown) - 1))
    assert calendar.is_open(cal, minutes[probe]) == shown[probe]
    opening = next((minutes[n] for n in range(probe, len(shown)) if shown[n]), None)
    found = calendar.next_open(cal, minutes[probe])
    assert found == opening if opening else found is None or found >= start + SPAN_DAYS * DAY


def _covered(spans: Iterable[Span], start: datetime, length: int) -> list[int]:
    """How many spans lie over each minute: never more than one."""
    cover = [0] * length
    for opens, closes in spans:
        for n in range((opens - start) // MINUTE, (closes - start) // MINUTE):
            cover[n] += 1
    assert max(cover) <= 1
    return cover


@settings(max_examples=150, deadline=None)
@given(cases(), st.timedeltas(timedelta(), timedelta(days=20)), st.integers(0, 59_999_999), st.data())
def test_what_was_worked_until_due_is_the_target(
    case: Case, target: timedelta, microseconds: int, data: st.DataObject
) -> None:
    """M-6: a due time leaves exactly the target, to the microsecond, and explain adds up to it."""
    cal, start = case
    start += timedelta(microseconds=microseconds)
    pauses: list[Pause] = [(begins, ends or begins + DAY) for begins, ends in data.draw(pause_lists(start))]
    weeks_of = [cal.week, *(one.week for one in cal.later)]
    weekly = min(sum(one.end - one.start for day in week for one in day) for week in weeks_of)
    assume(target <= weekly * 400 * MINUTE)  # about eight years of weeks; `due` looks ten years ahead
    due = calendar.due(cal, start, target, pauses)
    assert due is not None
    assert calendar.worked(cal, start, due, pauses) == target
    assert not target or calendar.worked(cal, start, due - datetime.resolution, pauses) < target
    told = calendar.explain(cal, start, due, pauses)
    assert sum((closes - opens for opens, closes in told.counted), timedelta()) == target
    spans = sorted(told.counted + told.paused)
    assert list(calendar._joined(spans)) == list(calendar.intervals(cal, start, due))
    assert calendar.worked(cal, start, due) == sum((closes - opens for opens, closes in spans), timedelta())
