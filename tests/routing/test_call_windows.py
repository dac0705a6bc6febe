"""When a customer is rung: in the hours he named, on his clock, and never on a day on which nobody is here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from routing import call_windows
from routing.call_windows import Hours, Window
from tickets import calendar, calendar_settings

WARSAW = ZoneInfo("Europe/Warsaw")
OFFICE = calendar_settings.build(
    "office", zone="Europe/Warsaw", hours={day: ["08:00-16:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=WARSAW).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("14-16", Hours(14 * 60, 16 * 60)),
        ("9:30 - 11:00", Hours(570, 660)),
        ("9.30–11", Hours(570, 660)),
        ("16-14", None),
        ("25-26", None),
        ("9:75-10", None),
        ("later", None),
        ("", None),
    ],
)
def test_hours_as_people_write_them(text: str, hours: Hours | None) -> None:
    """B-5."""
    assert call_windows.read(text) == hours


@pytest.mark.parametrize(
    ("now", "hours", "window"),
    [
        pytest.param(at(10, 9), Hours(840, 960), Window(at(10, 14), at(10, 16)), id="later today"),
        pytest.param(at(10, 15), Hours(840, 960), Window(at(10, 15), at(10, 16)), id="what is left of it"),
        pytest.param(at(10, 17), Hours(840, 960), Window(at(11, 14), at(11, 16)), id="tomorrow"),
        pytest.param(at(13, 17), Hours(840, 960), Window(at(16, 14), at(16, 16)), id="after the weekend"),
        pytest.param(at(10, 9), None, Window(at(10, 9), at(10, 11)), id="as soon as we can"),
        pytest.param(at(13, 17), None, Window(at(16, 8), at(16, 10)), id="when we open"),
        pytest.param(at(10, 9), Hours(1200, 1260), Window(at(10, 9), at(10, 11)), id="hours in which we never are"),
    ],
)
def test_the_window_is_the_next_in_which_we_are_open(now: datetime, hours: Hours | None, window: Window) -> None:
    """B-5: the customer's hours, our calendar."""
    assert call_windows.window(hours, OFFICE, WARSAW, now) == window


@given(
    minutes=some.integers(0, 60 * 24 * 365),
    start=some.integers(0, 1438),
    length=some.integers(1, 1440),
    zone=some.sampled_from(["Europe/Warsaw", "Asia/Yekaterinburg", "America/New_York"]),
)
def test_a_window_is_ahead_and_somebody_is_here_in_it(minutes: int, start: int, length: int, zone: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    hours = Hours(start, min(start + length, 1440))
    found = call_windows.window(hours, OFFICE, ZoneInfo(zone), now)
    assert now <= found.start_at < found.end_at
    assert calendar.worked(OFFICE, found.start_at, found.end_at) > timedelta()
