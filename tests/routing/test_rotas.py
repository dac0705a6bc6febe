"""Duty rotas against an oracle that walks minute by minute: whose turn it is, through both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import rotas
from routing.rotas import Rota

NAMES = ("Ewa", "Marek", "Jan")


def rota(handover: str = "mon 09:00", zone: str = "Europe/Warsaw", since: date | None = None) -> Rota:
    return Rota("cards", NAMES, rotas.handover(handover), ZoneInfo(zone), since)


def at(text: str, zone: str = "Europe/Warsaw") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_duty_passes_on_at_the_handover_and_not_a_minute_before() -> None:
    """Duty rota."""
    own = rota(since=date(2026, 3, 2))
    assert rotas.turn(own, at("2026-03-02 09:00")).name == "Ewa"
    assert rotas.turn(own, at("2026-03-09 08:59")).name == "Ewa"
    assert rotas.turn(own, at("2026-03-09 09:00")) == rotas.Turn("Marek", 1, at("2026-03-16 09:00"))
    assert rotas.turn(own, at("2026-03-23 09:00")).name == "Ewa"
    assert rotas.turn(own, at("2026-03-01 09:00")).name == "Jan"


def test_a_turn_ends_at_the_same_local_hour_when_clocks_change() -> None:
    own = rota(since=date(2026, 3, 23))
    assert rotas.turn(own, at("2026-03-24 09:00")).until == at("2026-03-30 09:00")  # an hour short
    daily = rota("02:30", since=date(2026, 10, 24))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, the first of two
    assert rotas.turn(daily, first - timedelta(minutes=1)).name == "Ewa"
    assert rotas.turn(daily, first).name == "Marek"
    assert rotas.turn(daily, first + timedelta(hours=1)).name == "Marek"  # 02:30 again


@given(
    minutes=st.integers(0, 3 * 366 * 24 * 60),
    handover=st.sampled_from(["mon 09:00", "sun 02:30", "00:00", "02:30", "fri 23:59"]),
    zone=st.sampled_from(["Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_turns_follow_each_other_without_gap_or_overlap(minutes: int, handover: str, zone: str) -> None:
    """Oracle: at the end of a turn begins the next one's, and a moment before it is still the same."""
    own = rota(handover, zone)
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    turn = rotas.turn(own, now)
    assert now < turn.until <= now + timedelta(days=own.handover.days, hours=1)
    assert rotas.turn(own, turn.until - timedelta(seconds=1)).name == turn.name
    assert rotas.turn(own, turn.until).place == (turn.place + 1) % len(NAMES)


@pytest.mark.parametrize(
    ("count", "away", "expected"),
    [
        (0, set(), "Ewa"),
        (1, set(), "Marek"),
        (3, set(), "Ewa"),
        (0, {"Ewa"}, "Marek"),
        (1, {"Ewa"}, "Jan"),
        (1, {"Marek"}, "Jan"),
        (2, {"Ewa", "Marek"}, "Jan"),
        (0, set(NAMES), None),
    ],
)
def test_who_is_away_is_passed_over(count: int, away: set[str], expected: str | None) -> None:
    own = rota(since=date(2026, 3, 2))
    assert rotas.nth(own, at("2026-03-03 12:00"), count, away) == expected


@pytest.mark.parametrize("text", ["", "noon", "mon", "25:00", "mon 9", "someday 09:00", "09:60"])
def test_a_handover_nobody_can_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a weekday"):
        rotas.handover(text)
