"""Terms are kept as they were; what they promise, against a minute-by-minute oracle over a ticket's states."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.tickets.test_calendar_oracle import MINUTE, Case, cases, oracle
from tickets import calendar, calendar_settings, phases, policies, terms
from tickets.calendar import Calendar
from tickets.models import ClockKind
from tickets.policies import Policy

STATES = ("open", "waiting", "closed")
KIND = ClockKind.RESOLUTION
FIRST = ClockKind.FIRST_RESPONSE


@st.composite
def courses(draw: st.DrawFn, start: datetime) -> list[tuple[datetime, str]]:
    """Changes of state on whole minutes, before the start of the clock, too."""
    at = sorted(draw(st.lists(st.integers(-300, 4000), max_size=6)))
    return [(start + minute * MINUTE, draw(st.sampled_from(STATES))) for minute in at]


def state_at(course: list[tuple[datetime, str]], at: datetime) -> str:
    return next((state for since, state in reversed(course) if since <= at), "open")


@settings(max_examples=60)
@given(cases(), st.integers(1, 2000), st.data())
def test_due_and_warnings_are_those_of_an_oracle(case: Case, minutes: int, data: st.DataObject) -> None:
    """M-6: several intervals a day, holidays, zones, days of clock changes; pauses count as closed time."""
    cal, start = case
    course = data.draw(courses(start))
    warn = tuple(sorted(data.draw(st.sets(st.sampled_from([25, 50, 75]), max_size=2))))
    minutes *= 4  # so that a quarter is a whole minute
    found = terms.of(Policy("x", {KIND: minutes * MINUTE}, calendar=cal, warn=warn), calendar.always())
    counted = [
        start + n * MINUTE
        for n, is_open in enumerate(oracle(cal, start))
        if is_open and state_at(course, start + n * MINUTE) != "waiting"
    ]
    assume(len(counted) >= minutes or (course and course[-1][1] == "waiting"))
    times = terms.times(found, KIND, start, phases.pauses(found, KIND, course), start)
    if len(counted) < minutes:
        assert times == terms.Times(None)
        return
    reached = {percent: counted[minutes * percent // 100 - 1] + MINUTE for percent in (*warn, 100)}
    assert times.due_at == reached[100]
    assert (times.warn_percent, times.warn_at) == next(((p, reached[p]) for p in warn), (None, None))


@given(cases(), st.data())
def test_a_customer_who_waits_for_an_answer_waits_in_every_state(case: Case, data: st.DataObject) -> None:
    """M-6: what holds a resolution holds no response."""
    cal, start = case
    found = terms.of(Policy("x", {FIRST: MINUTE}, calendar=cal), cal)
    assert phases.pauses(found, FIRST, data.draw(courses(start))) == ()


@given(cases(), st.sets(st.sampled_from(policies.CATEGORIES)), st.none() | st.dates())
def test_terms_read_back_are_the_same_terms(case: Case, holds: set[str], since: date | None) -> None:
    """M-6: what is stored says all that a due time is counted by."""
    cal, start = case
    given = Policy("x", {KIND: timedelta(hours=3)}, {"queue": ("a", "b")}, cal, (50, 80), frozenset(holds), since)
    found = terms.of(given, calendar.always())
    again = terms.read(found.digest, found.body)
    assert terms.of(again.policy, calendar.always()) == found
    assert again.policy.when == given.when
    week = start + timedelta(days=7)
    assert list(calendar.intervals(again.calendar, start, week)) == list(calendar.intervals(cal, start, week))


def test_another_hour_is_another_version_and_the_same_wording_the_same() -> None:
    """M-6: policies and calendars are versioned by what they say."""
    first, again = (terms.of(Policy("x", {KIND: timedelta(hours=3)}), calendar.always()) for _ in range(2))
    longer = terms.of(Policy("x", {KIND: timedelta(hours=4)}), calendar.always())
    office = calendar_settings.build("office", zone="Europe/Warsaw", hours={"mon": ["08:00-16:00"]}, holidays="PL")
    assert (first.digest, len({first.digest, longer.digest})) == (again.digest, 2)
    with_hours = terms.of(Policy("x", {KIND: timedelta(hours=3)}), office)
    assert with_hours.digest != first.digest
    read = terms.read(with_hours.digest, with_hours.body).calendar
    assert (read.zone, date(2026, 5, 3) in read.holidays, date(2026, 5, 4) in read.holidays) == (
        ZoneInfo("Europe/Warsaw"),
        True,
        False,
    )


def test_a_warning_falls_into_working_time() -> None:
    """contact-center 2.3: a warning "an hour before" that fell on midnight."""
    office = calendar_settings.build("office", zone="UTC", hours={"mon": ["08:00-10:00"], "tue": ["08:00-10:00"]})
    found = terms.of(Policy("x", {KIND: timedelta(hours=4)}, calendar=office, warn=(75,)), office)
    monday = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert terms.times(found, KIND, monday, (), monday) == terms.Times(
        datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 9, tzinfo=UTC), 75
    )


def test_whole_days_have_no_closed_minute_at_midnight() -> None:
    """contact-center 2.3: 00:00-23:59 closed for a minute."""
    days = {day: ["00:00-24:00"] for day in calendar.WEEKDAYS}
    found = terms.of(
        Policy("x", {KIND: timedelta(hours=72)}), calendar_settings.build("all", zone="Europe/Warsaw", hours=days)
    )
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert terms.times(found, KIND, start, (), start).due_at == start + timedelta(hours=72)
    assert isinstance(found.calendar, Calendar)
