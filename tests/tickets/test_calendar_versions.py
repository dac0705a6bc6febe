"""Special days of a calendar, and what it becomes on a day to come."""

from datetime import date, datetime, timedelta

import pytest

from tickets import calendar, calendar_settings
from tickets.calendar_settings import Change, InvalidCalendar

HOUR = timedelta(hours=1)
WORKDAYS = calendar.WEEKDAYS[:5]


def test_a_special_day_has_its_own_hours_holiday_or_not() -> None:
    """M-6, contact-center 2.3: Christmas Eve is half a day, a Saturday is worked for it, a day is closed for all."""
    office = calendar_settings.build(
        "office",
        zone="Europe/Warsaw",
        hours=dict.fromkeys(WORKDAYS, ("08:00-16:00",)),
        holidays="PL",
        special={
            date(2026, 11, 11): ["10:00-12:00"],  # Independence Day
            date(2026, 12, 19): ["08:00-12:00"],  # a Saturday
            date(2026, 12, 30): [],
        },
    )
    opened = {
        day: calendar.worked(
            office, *(datetime(2026, *part, tzinfo=office.zone) for part in (day, (day[0], day[1] + 1)))
        )
        for day in ((11, 11), (12, 19), (12, 30), (12, 25), (12, 29))
    }
    assert {day: found.total_seconds() / 3600 for day, found in opened.items()} == {
        (11, 11): 2,
        (12, 19): 4,
        (12, 30): 0,
        (12, 25): 0,
        (12, 29): 8,
    }
    assert calendar.is_holiday(office, date(2026, 12, 25)) and not calendar.is_holiday(office, date(2026, 11, 11))


def test_new_hours_apply_from_their_day() -> None:
    """Issue "contact center", clocks: a calendar is versioned and applies from a date."""
    monday = {"mon": ["08:00-16:00"]}
    office = calendar_settings.build(
        "office",
        zone="Europe/Warsaw",
        hours=monday,
        holidays="PL",
        changes=[
            Change(date(2027, 3, 1), {"mon": ["06:00-22:00"]}, ""),
            Change(date(2027, 1, 4), {"mon": ["07:00-15:00"]}),
        ],
    )
    hours = {day: calendar.hours_of(office, day) for day in (date(2026, 12, 28), date(2027, 1, 4), date(2027, 3, 1))}
    assert [str(found[0]) for found in hours.values()] == ["08:00-16:00", "07:00-15:00", "06:00-22:00"]
    assert calendar.hours_of(office, date(2027, 3, 29)) != (), "Easter Monday: this version has no holidays"
    assert calendar.hours_of(office, date(2026, 4, 6)) == (), "Easter Monday of the first version"
    over = calendar.due(office, datetime(2026, 12, 28, 14, tzinfo=office.zone), 4 * HOUR)
    assert over == datetime(2027, 1, 4, 9, tzinfo=office.zone), "a target counts on under the new hours"


def test_mistakes_in_special_days_and_changes_are_named() -> None:
    with pytest.raises(InvalidCalendar) as refusal:
        calendar_settings.build(
            "office",
            zone="Europe/Warsaw",
            hours={"mon": ["08:00-16:00"]},
            special={date(2026, 12, 24): ["8-12"]},
            changes=[
                Change(date(2027, 1, 4), {"mon": ["16:00-08:00"]}, "XX"),
                Change(date(2027, 1, 4), {"mo": []}),
            ],
        )
    fields = [problem.field for problem in refusal.value.problems]
    assert fields == [
        "special.2026-12-24",
        "changes.0.holidays",
        "changes.0.hours.mon",
        "changes.1.hours.mo",
        "changes.1.hours",
        "changes",
    ]
