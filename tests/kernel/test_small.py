"""Folding and the clock: the small things that everything compares and reckons with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import Clock
from kernel.folding import fold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Żółć", "zolc", id="Polish"),
        pytest.param("ŁÓDŹ", "lodz", id="a letter Unicode does not take apart"),
        pytest.param("Kőszegi Eszter", "koszegi eszter", id="Hungarian"),
        pytest.param("Ľubomír Žiška", "lubomir ziska", id="Slovak"),
        pytest.param("Ёлка", "елка", id="Russian yo"),
        pytest.param("Straße", "strasse", id="sharp s"),
        pytest.param("  a \t b\n c ", "a b c", id="white space"),
        pytest.param("e\u0301", "e", id="a mark of its own"),
        pytest.param("ﬁn", "fin", id="a ligature"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_letters_are_reduced_to_what_people_type(text: str, expected: str) -> None:
    """S1-7: what is searched for is found without accents."""
    assert fold(text) == expected


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_fixed_clock_stands_until_it_is_pushed() -> None:
    start = datetime(2026, 3, 10, 9, tzinfo=UTC)
    clock = Clock(start)
    assert clock.now() == clock.now() == start
    clock.push(timedelta(hours=2))
    clock.push(timedelta(minutes=-30))
    assert clock.now() == start + timedelta(minutes=90)
    assert clock.shift == timedelta(minutes=90)


def test_a_running_clock_keeps_its_shift() -> None:
    clock = Clock()
    clock.push(timedelta(days=3))
    assert timedelta(days=3) <= clock.now() - datetime.now(UTC) + timedelta(seconds=5) < timedelta(days=3, seconds=6)
    assert clock.now().tzinfo is UTC
