"""Points in time as people type them, with what follows left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import moments

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # a Tuesday, 10:00 in Warsaw


def at(text: str) -> datetime:
    """Local time in Warsaw, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("now", NOW, 1),
        ("2h", NOW + timedelta(hours=2), 1),
        ("1d12h", NOW + timedelta(days=1, hours=12), 1),
        ("14:30", at("2026-03-10 14:30"), 1),
        ("9:05 pump", at("2026-03-10 09:05"), 1),
        ("24:00", at("2026-03-11 00:00"), 1),
        ("today 14:30", at("2026-03-10 14:30"), 2),
        ("Tomorrow 6:00 works", at("2026-03-11 06:00"), 2),
        ("fri 9:00", at("2026-03-13 09:00"), 2),
        ("tue 9:00", at("2026-03-17 09:00"), 2),
        ("tue 11:00", at("2026-03-10 11:00"), 2),
        ("2026-03-12 22:00", at("2026-03-12 22:00"), 2),
        ("2026-03-12T22:00", at("2026-03-12 22:00"), 1),
        ("2026-03-12T22:00Z", datetime(2026, 3, 12, 22, tzinfo=UTC), 1),
        ("2026-03-12 maintenance", at("2026-03-12 00:00"), 1),
        ("12.03. 22:00", at("2026-03-12 22:00"), 2),
        ("12.3.2027 22:00", at("2027-03-12 22:00"), 2),
        ("5.1. 8:00", at("2027-01-05 08:00"), 2),
        ("29.03. 12:00", at("2026-03-29 12:00"), 2),  # summer time by then
    ],
)
def test_a_moment_is_read(text: str, expected: datetime, words: int) -> None:
    """S0-8: in the zone of who types it."""
    found = moments.leading(text.split(), WARSAW, NOW)
    assert found is not None and (found.at, found.words) == (expected, words)


@pytest.mark.parametrize("text", ["", "maintenance", "pump 3", "3", "fri", "friday", "2 pumps", "12", "0412", "1.5.3"])
def test_what_is_no_moment_is_left_alone(text: str) -> None:
    assert moments.leading(text.split(), WARSAW, NOW) is None


@pytest.mark.parametrize("text", ["25:00", "24:30", "12:60", "31.02.", "2026-13-01", "2026-02-30 10:00", "99:99"])
def test_what_looks_like_one_and_is_none_is_refused(text: str) -> None:
    """It would else be taken for the first word of a reason."""
    with pytest.raises(ValueError, match="expected"):
        moments.leading(text.split(), WARSAW, NOW)


@pytest.mark.parametrize(
    ("after", "text", "expected"),
    [
        ("2026-03-10 22:00", "6:00", "2026-03-11 06:00"),
        ("2026-03-10 22:00", "23:00", "2026-03-10 23:00"),
        ("2026-03-10 22:00", "22:00", "2026-03-11 22:00"),
        ("2026-03-10 22:00", "8h", "2026-03-11 06:00"),
        ("2026-03-12 22:00", "tomorrow 6:00", "2026-03-13 06:00"),
    ],
)
def test_an_end_is_the_first_one_after_the_beginning(after: str, text: str, expected: str) -> None:
    found = moments.leading(text.split(), WARSAW, NOW, after=at(after))
    assert found is not None and found.at == at(expected)


def test_a_day_alone_lasts_until_midnight() -> None:
    found = moments.leading(["14.03."], WARSAW, NOW)
    assert found is not None and found.day_over == at("2026-03-15 00:00")


@given(st.lists(st.text(max_size=12), max_size=4))
def test_any_words_are_read_left_or_refused(words: list[str]) -> None:
    try:
        found = moments.leading(words, WARSAW, NOW)
    except ValueError:
        return
    assert found is None or (found.at.tzinfo is UTC and 1 <= found.words <= len(words))
