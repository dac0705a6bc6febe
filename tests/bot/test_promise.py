"""What a customer is promised: never a time for which no clock runs, and never before we open."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot import promise
from kernel import texts
from tickets import calendar, calendar_settings

OFFICE = calendar_settings.build(
    "office",
    zone="Europe/Warsaw",
    hours={day: ["08:00-12:00", "13:00-16:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    holidays="PL",
)
WARSAW = ZoneInfo("Europe/Warsaw")
MONDAY = "We are closed now and open: Monday, 08:00."


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=WARSAW).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "target", "said"),
    [
        pytest.param(at(10, 9), 2, "A colleague will answer by 11:00.", id="open"),
        pytest.param(at(10, 11), 2, "A colleague will answer by 14:00.", id="over the noon break"),
        pytest.param(at(10, 15, 30), 2, "A colleague will answer by Wednesday, 09:30.", id="into the next day"),
        pytest.param(
            at(10, 12, 30), 1, "We are closed now and open: 13:00. A colleague will answer by 14:00.", id="at noon"
        ),
        pytest.param(
            at(13, 18), 1, f"{MONDAY} A colleague will answer by 09:00.", id="weekend"
        ),
        pytest.param(
            at(30, 20, month=4),
            1,
            f"{MONDAY} A colleague will answer by 09:00.",
            id="a holiday before a weekend",
        ),
        pytest.param(
            at(13, 18), 9, f"{MONDAY} A colleague will answer by Tuesday, 10:00.", id="more than a day of work"),
        pytest.param(at(13, 18), None, f"{MONDAY} A colleague will answer then.", id="closed, no clock"),
        pytest.param(at(10, 9), None, "A colleague will answer.", id="open, no clock"),
    ],
)  # fmt: skip
def test_the_promise_is_the_clocks_and_the_calendars(now: datetime, target: int | None, said: str) -> None:
    """S1-7, B-5: the time is the one the clock runs to; closed hours name when we open."""
    due_at = calendar.due(OFFICE, now, timedelta(hours=target)) if target else None
    text = promise.acknowledged("en", "T1", due_at, OFFICE, now)
    assert text == f"We have your message, number T1. {said}"


@given(
    minutes=some.integers(0, 60 * 24 * 365),
    target=some.integers(1, 40),
    clocked=some.booleans(),
    language=some.sampled_from(texts.LANGUAGES),
)
def test_no_time_is_promised_without_a_clock(minutes: int, target: int, clocked: bool, language: str) -> None:
    """Whenever he writes, in whatever language: a time of an answer is in the text exactly if a clock runs."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due_at = calendar.due(OFFICE, now, timedelta(hours=target)) if clocked else None
    text = promise.acknowledged(language, "T1", due_at, OFFICE, now)
    times = re.findall(r"\d?\d:\d\d", text)
    opens_later = not calendar.is_open(OFFICE, now)
    assert len(times) == clocked + opens_later
    if clocked and due_at is not None:
        assert times[-1].zfill(5) == f"{due_at.astimezone(WARSAW):%H:%M}"


def test_a_time_that_has_passed_is_no_promise() -> None:
    text = promise.acknowledged("en", "T1", at(10, 8), OFFICE, at(10, 9))
    assert text == "We have your message, number T1. A colleague will answer."


def test_while_it_is_closed_the_emergency_number_is_named() -> None:
    """B-5: and only then."""
    closed = promise.acknowledged("pl", "T1", None, OFFICE, at(13, 18), emergency="+48 22 123 45 67")
    assert closed.endswith(" W nagłej sprawie zadzwoń: +48 22 123 45 67.")
    assert "+48" not in promise.acknowledged("pl", "T1", None, OFFICE, at(10, 9), emergency="+48 22 123 45 67")
    assert "call" not in promise.acknowledged("en", "T1", None, OFFICE, at(13, 18))
