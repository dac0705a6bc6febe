"""Tables of the traps of business calendars; random calendars against a slow oracle are in test_calendar_oracle."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tickets import calendar, calendar_settings
from tickets.calendar import Calendar, Interval
from tickets.calendar_settings import InvalidCalendar

WARSAW = ZoneInfo("Europe/Warsaw")
HOUR = timedelta(hours=1)
WORKDAYS = calendar.WEEKDAYS[:5]


def office(*hours: str, zone: str = "Europe/Warsaw", days: tuple[str, ...] = WORKDAYS, holidays: str = "") -> Calendar:
    return calendar_settings.build(
        "office", zone=zone, hours=dict.fromkeys(days, hours or ("08:00-16:00",)), holidays=holidays
    )


def local(text: str, zone: str = "Europe/Warsaw", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08:00-12:00", Interval(480, 720)),
        ("22:00-24:00", Interval(1320, 1440)),
        ("00:00-24:00", Interval(0, 1440)),
        (" 12:30 - 16:00 ", Interval(750, 960)),
    ],
)
def test_hours_are_read(text: str, expected: Interval) -> None:
    assert calendar.parse_hours(text) == expected
    assert calendar.parse_hours(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8-16",
        "08:00",
        "12:00-08:00",
        "08:00-08:00",
        "22:00-02:00",
        "24:00-24:00",
        "08:00-24:01",
        "08:60-09:00",
        "x",
    ],
)
def test_nonsense_hours_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r'hours: got .* expected .* such as "08:00-12:00"') as refusal:
        calendar.parse_hours(text)
    assert repr(text) in str(refusal.value)


def test_intervals_of_a_day_are_sorted_and_may_touch() -> None:
    assert calendar.parse_day(["12:00-16:00", "08:00-12:00"]) == (Interval(480, 720), Interval(720, 960))


def test_overlapping_hours_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got 11:59-16:00 after 08:00-12:00, expected .* such as"):
        calendar.parse_day(["08:00-12:00", "11:59-16:00"])


def test_a_wrong_calendar_names_every_mistake() -> None:
    hours = {"mon": ["8-16"], "tue": ["08:00-12:00", "11:00-13:00"], "monday": ["08:00-16:00"]}
    with pytest.raises(InvalidCalendar) as refusal:
        calendar_settings.build("office", zone="Europe/Nowhere", hours=hours, holidays="XX")
    assert [problem.field for problem in refusal.value.problems] == [
        "zone",
        "holidays",
        "hours.mon",
        "hours.tue",
        "hours.monday",
    ]
    assert "calendars.office.zone: got 'Europe/Nowhere'" in str(refusal.value)


@pytest.mark.parametrize("zone", ["", "Europe", "../etc/passwd", "CEST?"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="expected a name of the IANA database"):
        calendar.parse_zone(zone)


@pytest.mark.parametrize("code", ["XX", "Poland?", "DE-ZZ", "-BY"])
def test_a_country_that_is_none_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="expected an ISO 3166 country"):
        calendar.parse_holidays(code)


def test_settings_without_an_open_day_are_refused() -> None:
    with pytest.raises(InvalidCalendar, match=r"calendars\.office\.hours: got no open day"):
        calendar_settings.build("office", zone="UTC", hours={"mon": []})


@pytest.mark.parametrize(
    "week",
    [
        pytest.param(((),) * 6, id="six days"),
        pytest.param(((Interval(0, 60), Interval(30, 90)),) * 7, id="overlap"),
        pytest.param(((Interval(60, 90), Interval(0, 30)),) * 7, id="out of order"),
    ],
)
def test_a_week_that_is_none_is_refused(week: calendar.Week) -> None:
    with pytest.raises(ValueError, match="week: got"):
        Calendar("office", WARSAW, week)


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (60, 60), (0, 1441)])
def test_minutes_outside_a_day_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="expected HH:MM-HH:MM"):
        Interval(start, end)


# Monday 2 March 2026 is an ordinary day; Friday 1 May is a Polish holiday, as is Sunday 3 May.
@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        pytest.param("2026-03-02 07:00", 1, "2026-03-02 09:00", id="before hours"),
        pytest.param("2026-03-02 08:00", 1, "2026-03-02 09:00", id="at opening"),
        pytest.param("2026-03-02 10:30", 1, "2026-03-02 11:30", id="within hours"),
        pytest.param("2026-03-02 15:30", 1, "2026-03-03 08:30", id="over closing"),
        pytest.param("2026-03-02 16:00", 1, "2026-03-03 09:00", id="at closing"),
        pytest.param("2026-03-02 20:00", 1, "2026-03-03 09:00", id="after hours"),
        pytest.param("2026-03-02 15:00", 1, "2026-03-02 16:00", id="due at closing, not at the next opening"),
        pytest.param("2026-03-02 08:00", 8, "2026-03-02 16:00", id="a whole day"),
        pytest.param("2026-03-01 11:00", 1, "2026-03-02 09:00", id="non-working day"),
        pytest.param("2026-03-06 15:30", 1, "2026-03-09 08:30", id="Friday before closing"),
        pytest.param("2026-03-06 16:30", 1, "2026-03-09 09:00", id="Friday after closing"),
        pytest.param("2026-05-01 10:00", 1, "2026-05-04 09:00", id="holiday before a weekend"),
        pytest.param("2026-04-30 15:30", 1, "2026-05-04 08:30", id="over a holiday and a weekend"),
        pytest.param("2026-12-24 12:00", 24, "2026-12-30 16:00", id="Christmas, its Eve free since 2025"),
        pytest.param("2026-12-31 12:00", 40, "2027-01-11 12:00", id="over a year, New Year and Epiphany"),
    ],
)
def test_due_counts_working_time(start: str, hours: int, expected: str) -> None:
    """M-6: deadlines follow the opening hours, weekends and holidays of the queue."""
    found = calendar.due(office(holidays="PL"), local(start), hours * HOUR)
    assert found == local(expected)
    assert found.tzinfo is UTC


def test_due_skips_the_lunch_break() -> None:
    """M-6: a day may have two intervals."""
    split = office("08:00-12:00", "12:30-16:00")
    assert calendar.due(split, local("2026-03-02 11:30"), HOUR) == local("2026-03-02 13:00")
    assert calendar.due(split, local("2026-03-02 11:00"), HOUR) == local("2026-03-02 12:00")
    assert calendar.due(split, local("2026-03-02 12:10"), HOUR) == local("2026-03-02 13:30")
    assert calendar.worked(split, local("2026-03-02 00:00"), local("2026-03-03 00:00")) == 7.5 * HOUR


def test_a_round_the_clock_day_has_no_hole_at_midnight() -> None:
    """M-6: 00:00-24:00 closes for no instant between two days."""
    whole = office("00:00-24:00", days=calendar.WEEKDAYS, holidays="PL")
    start, end = local("2026-03-02 23:59"), local("2026-03-03 00:01")
    assert list(calendar.intervals(whole, start, end)) == [(start, end)]
    assert calendar.due(whole, start, timedelta(minutes=1)) == local("2026-03-03 00:00")
    assert calendar.is_open(whole, local("2026-03-02 23:59:59.999999"))
    assert calendar.is_open(whole, local("2026-03-03 00:00"))


def test_a_night_over_midnight_is_two_days_joined() -> None:
    night = calendar_settings.build("night", zone="UTC", hours={"mon": ["22:00-24:00"], "tue": ["00:00-06:00"]})
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert list(calendar.intervals(night, monday, monday + timedelta(days=3))) == [
        (monday + 22 * HOUR, monday + 30 * HOUR)
    ]
    assert calendar.due(night, monday, 3 * HOUR) == monday + 25 * HOUR


# In Warsaw 2026-03-29 02:00 becomes 03:00 (01:00 UTC) and 2026-10-25 03:00 becomes 02:00 again (01:00 UTC).
@pytest.mark.parametrize(
    ("hours", "day", "opens", "closes"),
    [
        pytest.param("00:00-24:00", "2026-03-29", "2026-03-28 23:00", "2026-03-29 22:00", id="spring day of 23 hours"),
        pytest.param("00:00-24:00", "2026-10-25", "2026-10-24 22:00", "2026-10-25 23:00", id="autumn day of 25 hours"),
        pytest.param("01:00-04:00", "2026-03-29", "2026-03-29 00:00", "2026-03-29 02:00", id="over the gap"),
        pytest.param("02:30-05:00", "2026-03-29", "2026-03-29 01:00", "2026-03-29 03:00", id="opens in the gap"),
        pytest.param("01:00-02:30", "2026-03-29", "2026-03-29 00:00", "2026-03-29 01:00", id="closes in the gap"),
        pytest.param("02:00-03:00", "2026-03-29", None, None, id="lost in the gap"),
        pytest.param(
            "01:30-02:30", "2026-10-25", "2026-10-24 23:30", "2026-10-25 01:30", id="closes at the last 02:30"
        ),
        pytest.param(
            "02:30-04:00", "2026-10-25", "2026-10-25 00:30", "2026-10-25 03:00", id="opens at the first 02:30"
        ),
        pytest.param("02:00-03:00", "2026-10-25", "2026-10-25 00:00", "2026-10-25 02:00", id="repeated"),
        pytest.param("01:00-02:00", "2026-10-25", "2026-10-24 23:00", "2026-10-25 00:00", id="ends before the repeat"),
        pytest.param("03:00-04:00", "2026-10-25", "2026-10-25 02:00", "2026-10-25 03:00", id="begins after the repeat"),
    ],
)
def test_hours_become_utc_one_interval_at_a_time(hours: str, day: str, opens: str | None, closes: str | None) -> None:
    """M-6: deadlines count real hours on the days the clocks change."""
    midnight = local(f"{day} 00:00")
    summer = office(hours, days=("sun",))
    expected = [(local(opens, "UTC"), local(closes, "UTC"))] if opens and closes else []
    assert list(calendar.intervals(summer, midnight - 20 * HOUR, midnight + 40 * HOUR)) == expected


def test_a_day_of_24_hours_over_the_spring_change_is_24_real_hours() -> None:
    whole = replace(office("00:00-24:00", days=calendar.WEEKDAYS), holidays=frozenset({date(2026, 12, 25)}))
    assert calendar.due(whole, local("2026-03-28 12:00"), 24 * HOUR) == local("2026-03-29 13:00")
    assert calendar.due(whole, local("2026-10-24 12:00"), 24 * HOUR) == local("2026-10-25 11:00")


def test_repeated_time_is_counted_once_for_two_intervals() -> None:
    split = office("01:00-02:30", "02:45-04:00", days=("sun",))
    assert calendar.worked(split, local("2026-10-25 00:00"), local("2026-10-26 00:00")) == 4 * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        pytest.param("America/Sao_Paulo", "2018-11-04", 23, id="midnight does not exist"),
        pytest.param("America/Sao_Paulo", "2018-02-17", 25, id="the last hour comes twice"),
        pytest.param("America/St_Johns", "2006-10-28", 25, id="back over midnight at 00:01"),
        pytest.param("Australia/Lord_Howe", "2026-04-05", 24.5, id="half an hour back"),
        pytest.param("Australia/Lord_Howe", "2026-10-04", 23.5, id="half an hour on"),
        pytest.param("Pacific/Apia", "2011-12-30", 0, id="a day that never was"),
        pytest.param("Asia/Kathmandu", "2026-03-02", 24, id="45 minutes off"),
    ],
)
def test_odd_days_of_the_world_have_their_real_length(zone: str, day: str, hours: float) -> None:
    whole = Calendar("world", ZoneInfo(zone), calendar.ALL_WEEK, holidays=frozenset({date(1999, 1, 1)}))
    only = Calendar("world", ZoneInfo(zone), calendar.ALL_WEEK, holidays=_AllBut(date.fromisoformat(day)))
    noon = datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=UTC)
    start, end = noon - 72 * HOUR, noon + 72 * HOUR
    assert calendar.worked(only, start, end) == hours * HOUR
    assert list(calendar.intervals(whole, start, end)) == [(start, end)]


class _AllBut:
    """Every day but one is a holiday."""

    def __init__(self, day: date) -> None:
        self.day = day

    def __contains__(self, day: object) -> bool:
        return day != self.day


def test_hours_are_those_of_the_zone() -> None:
    """M-6: two queues in two zones have deadlines of their own."""
    start = datetime(2026, 3, 2, 0, tzinfo=UTC)
    assert calendar.due(office(zone="Asia/Kathmandu"), start, HOUR) == datetime(2026, 3, 2, 3, 15, tzinfo=UTC)
    assert calendar.due(office(zone="Europe/Warsaw"), start, HOUR) == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert calendar.due(office(zone="America/New_York"), start, HOUR) == datetime(2026, 3, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        pytest.param([("2026-03-02 11:00", "2026-03-02 12:00")], "2026-03-02 13:00", id="an hour"),
        pytest.param([("2026-03-02 15:00", "2026-03-03 09:00")], "2026-03-02 12:00", id="after the due"),
        pytest.param([("2026-03-01 10:00", "2026-03-02 11:00")], "2026-03-02 13:00", id="begun before the start"),
        pytest.param([("2026-03-01 10:00", "2026-03-01 11:00")], "2026-03-02 12:00", id="ended before the start"),
        pytest.param([("2026-03-02 11:00", "2026-03-02 20:00")], "2026-03-03 09:00", id="the night is not credited"),
        pytest.param([("2026-03-02 11:00", "2026-03-07 12:00")], "2026-03-09 09:00", id="ended on a weekend"),
        pytest.param(
            [("2026-03-02 11:30", "2026-03-02 12:30"), ("2026-03-02 11:00", "2026-03-02 12:00")],
            "2026-03-02 13:30",
            id="overlapping and out of order",
        ),
        pytest.param([("2026-03-02 11:00", "2026-03-02 11:00")], "2026-03-02 12:00", id="empty"),
        pytest.param([("2026-03-02 11:00", None)], None, id="without an end"),
        pytest.param([("2026-03-02 13:00", None)], "2026-03-02 12:00", id="without an end, after the due"),
        pytest.param([("2026-03-02 12:00", None)], "2026-03-02 12:00", id="without an end, from the due"),
    ],
)
def test_pauses_are_credited_in_working_time(pauses: list[tuple[str, str | None]], expected: str | None) -> None:
    """M-6: a hold stops the clock for the working time it took, no more."""
    spans = [(local(begins), ends and local(ends)) for begins, ends in pauses]
    found = calendar.due(office(), local("2026-03-02 10:00"), 2 * HOUR, [(a, b or None) for a, b in spans])
    assert found == (expected and local(expected))


def test_a_hold_over_a_holiday_credits_no_holiday() -> None:
    """M-6: a hold from Thursday to Monday over the holiday of 1 May takes an hour of Thursday and one of Monday."""
    hold = (local("2026-04-30 15:00"), local("2026-05-04 09:00"))
    start, target = local("2026-04-30 14:00"), 2 * HOUR
    assert calendar.due(office(holidays="PL"), start, target, [hold]) == local("2026-05-04 10:00")


def test_a_warning_falls_in_working_time() -> None:
    """M-6: an hour of work before a due of 08:30 is 15:30 of the day before."""
    start = local("2026-03-02 10:00")
    assert calendar.due(office(), start, 6.5 * HOUR) == local("2026-03-03 08:30")
    assert calendar.due(office(), start, 5.5 * HOUR) == local("2026-03-02 15:30")


def test_explain_shows_what_was_counted_and_what_was_paused() -> None:
    """M-6: a due time can be explained to a person."""
    hold = (local("2026-03-02 15:00"), local("2026-03-03 09:00"))
    found = calendar.explain(office(), local("2026-03-02 14:00"), local("2026-03-03 10:00"), [hold])
    assert found.counted == (
        (local("2026-03-02 14:00"), local("2026-03-02 15:00")),
        (local("2026-03-03 09:00"), local("2026-03-03 10:00")),
    )
    assert found.paused == (
        (local("2026-03-02 15:00"), local("2026-03-02 16:00")),
        (local("2026-03-03 08:00"), local("2026-03-03 09:00")),
    )


def test_next_open_is_now_while_open() -> None:
    assert calendar.next_open(office(), local("2026-03-02 10:00")) == local("2026-03-02 10:00")
    assert calendar.next_open(office(), local("2026-03-06 16:00")) == local("2026-03-09 08:00")
    assert not calendar.is_open(office(), local("2026-03-06 16:00"))
    assert calendar.is_open(office(), local("2026-03-06 15:59:59.999999"))


def test_always_is_always_open() -> None:
    start = datetime(2026, 12, 25, 23, 59, 30, 5, tzinfo=UTC)
    assert calendar.is_open(calendar.always(), start)
    assert calendar.next_open(calendar.always(), start) == start
    assert calendar.due(calendar.always(), start, 8 * HOUR) == start + 8 * HOUR
    assert calendar.due(calendar.always(), start, 2 * HOUR, [(start + HOUR, start + 3 * HOUR)]) == start + 4 * HOUR


def test_no_target_is_due_at_once() -> None:
    assert calendar.due(office(), local("2026-03-01 10:00"), timedelta()) == local("2026-03-01 10:00")


def test_a_backwards_stretch_has_no_working_time() -> None:
    start, end = local("2026-03-03 10:00"), local("2026-03-02 10:00")
    assert calendar.worked(office(), start, end) == timedelta()
    assert list(calendar.intervals(calendar.always(), start, end)) == []


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param(Calendar("closed", WARSAW, ((),) * 7), id="no hours"),
        pytest.param(Calendar("closed", WARSAW, calendar.ALL_WEEK, holidays=_AllBut(date(1999, 1, 1))), id="holidays"),
    ],
)
def test_a_calendar_that_never_opens_ends_the_search(closed: Calendar) -> None:
    start = local("2026-03-02 10:00")
    assert calendar.next_open(closed, start) is None
    with pytest.raises(ValueError, match="calendar closed: got no more open time"):
        calendar.due(closed, start, HOUR)


def test_times_without_a_zone_are_refused() -> None:
    aware = local("2026-03-02 10:00")
    naive = aware.replace(tzinfo=None)
    calls: list[Callable[[], object]] = [
        lambda: calendar.is_open(office(), naive),
        lambda: calendar.next_open(office(), naive),
        lambda: calendar.intervals(office(), aware, naive),
        lambda: calendar.worked(office(), naive, aware),
        lambda: calendar.due(office(), naive, HOUR),
        lambda: calendar.due(office(), aware, HOUR, [(naive, None)]),
        lambda: calendar.due(office(), aware, HOUR, [(aware, naive)]),
        lambda: calendar.explain(office(), aware, naive),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="without a zone, expected an aware time"):
            call()


def test_impossible_questions_are_refused() -> None:
    at = local("2026-03-02 10:00")
    with pytest.raises(ValueError, match="target: got"):
        calendar.due(office(), at, -HOUR)
    with pytest.raises(ValueError, match="pause: got"):
        calendar.due(office(), at, HOUR, [(at, at - HOUR)])


def test_holidays_of_a_part_of_a_country_are_its_own() -> None:
    assumption = local("2028-08-15 10:00", "Europe/Berlin")  # a Tuesday, a holiday in parts of Germany only
    catholic = office(zone="Europe/Berlin", holidays="DE-SL")
    assert not calendar.is_open(catholic, assumption)
    assert calendar.is_open(office(zone="Europe/Berlin", holidays="DE"), assumption)


def test_a_long_history_does_not_grow_the_calendar_without_end() -> None:
    busy = office()
    calendar.worked(busy, local("1990-01-01 00:00"), local("2026-01-01 00:00"))
    assert len(busy.days) <= calendar.CACHED_DAYS
