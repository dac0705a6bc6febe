"""Quiet hours against an oracle: minute by minute, also where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import nights

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-10 20:59", None),
        ("2026-03-10 21:00", "2026-03-11 07:00"),
        ("2026-03-11 06:59", "2026-03-11 07:00"),
        ("2026-03-11 07:00", None),
        ("2026-03-28 23:00", "2026-03-29 07:00"),
    ],
)
def test_the_night_is_over_at_its_local_end(at: str, until: str | None) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=WARSAW).astimezone(UTC)
    expected = datetime.fromisoformat(until).replace(tzinfo=WARSAW).astimezone(UTC) if until else None
    assert nights.over_at("21:00-07:00", WARSAW, now) == expected
    assert nights.over_at("", WARSAW, now) is None


@given(
    minutes=st.integers(0, 2 * 366 * 24 * 60),
    hours=st.sampled_from(["21:00-07:00", "01:00-02:30", "02:30-03:15", "12:00-13:00", "00:00-23:59", "23:59-00:00"]),
    zone=st.sampled_from(["Europe/Warsaw", "America/New_York", "UTC"]),
)
def test_it_ends_ahead_and_within_a_day_and_is_over_then(minutes: int, hours: str, zone: str) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    over_at = nights.over_at(hours, ZoneInfo(zone), now)
    if over_at is not None:
        assert now < over_at <= now + timedelta(hours=25)


@pytest.mark.parametrize("text", ["", "night", "21:00", "25:00-07:00", "21:00-21:00", "9-17"])
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Expected two times"):
        nights.read(text)


def test_hours_are_kept_in_one_spelling() -> None:
    assert nights.read(" 9:00 – 17:30 ") == "09:00-17:30"
