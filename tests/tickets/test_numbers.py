"""Ticket numbers: read as people type them, and never given out twice."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.unit import Store
from tickets import numbers


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("T12", 12, id="as printed"),
        pytest.param("t12", 12, id="lower case"),
        pytest.param("#T12", 12, id="hash"),
        pytest.param("T-12", 12, id="hyphen"),
        pytest.param("T 12", 12, id="space"),
        pytest.param(" T12 ", 12, id="spaces around"),
        pytest.param("Т12", 12, id="Cyrillic letter"),
        pytest.param("т12", 12, id="Cyrillic lower case"),
        pytest.param("T0", 0, id="zero"),
        pytest.param("T007", 7, id="leading zeros"),
        pytest.param("12", None, id="a mere number"),
        pytest.param("T", None, id="no number"),
        pytest.param("T12x", None, id="something after it"),
        pytest.param("T1234567890123", None, id="too long"),
        pytest.param("T-1-2", None, id="two hyphens"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_number_is_read_as_people_type_it(word: str, expected: int | None) -> None:
    """M-9."""
    assert numbers.parse(word) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("T12 hello", (12, "hello"), id="number and text"),
        pytest.param("#t-12: hello, you", (12, "hello, you"), id="colon"),
        pytest.param("Т 12, hello", (12, "hello"), id="Cyrillic, comma"),
        pytest.param("T12", (12, ""), id="number alone"),
        pytest.param("T12\nline", (12, "\nline"), id="a line break belongs to the text"),
        pytest.param("T12x hello", (None, "T12x hello"), id="a word"),
        pytest.param("hello T12", (None, "hello T12"), id="not at the start"),
        pytest.param("", (None, ""), id="nothing"),
    ],
)
def test_a_leading_number_is_taken_off(text: str, expected: tuple[int | None, str]) -> None:
    assert numbers.leading(text) == expected


@given(st.integers(0, 10**12 - 1))
def test_what_is_written_reads_back(number: int) -> None:
    assert numbers.parse(numbers.written(number)) == number
    assert numbers.leading(f"{numbers.written(number)} rest") == (number, "rest")


async def take(store: Store, count: int) -> list[int]:
    async with store.unit() as work:
        return await numbers.take(work, count)


async def test_numbers_are_given_out_in_order(store: Store) -> None:
    assert await take(store, 3) == [1, 2, 3]
    assert await take(store, 0) == []
    assert await take(store, 2) == [4, 5]


async def test_a_rollback_leaves_no_gap_on_sqlite_and_never_a_double(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.unit() as work:
            await numbers.take(work, 5)
            raise ZeroDivisionError
    expected = 6 if store.reading().is_postgres else 1
    assert await take(store, 1) == [expected]


async def test_units_at_the_same_time_never_get_the_same_number(store: Store) -> None:
    """M-5: a number names one ticket."""
    taken = await asyncio.gather(*(take(store, 1 + number % 4) for number in range(40)))
    given_out = [number for some in taken for number in some]
    assert len(given_out) == len(set(given_out)) == 100
    assert all(some == sorted(some) for some in taken)
