"""Durations read and written; no calendar."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import durations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1h", timedelta(hours=1), id="hour"),
        pytest.param("30m", timedelta(minutes=30), id="minutes"),
        pytest.param("2h30m", timedelta(hours=2, minutes=30), id="hours and minutes"),
        pytest.param("1d", timedelta(hours=24), id="a day is 24 hours"),
        pytest.param("1w", timedelta(days=7), id="week"),
        pytest.param("90s", timedelta(seconds=90), id="more seconds than a minute"),
        pytest.param("1w2d3h4m5s", timedelta(days=9, hours=3, minutes=4, seconds=5), id="all units"),
        pytest.param(" 1h 30m ", timedelta(minutes=90), id="spaces"),
        pytest.param("0s", timedelta(), id="nothing"),
    ],
)
def test_a_duration_is_read(text: str, expected: timedelta) -> None:
    """M-6: targets of SLA rules are written as durations."""
    assert durations.parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "1", "h", "1x", "-1h", "1.5h", "1H", "30m2h", "1h1h", "1 h", "999999w", "١h", "one hour"]
)
def test_nonsense_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"first_response: got .* expected .* such as") as refusal:
        durations.parse_duration(text, field="first_response")
    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        pytest.param(timedelta(minutes=90), "1h 30m", id="hours and minutes"),
        pytest.param(timedelta(days=8), "1w 1d", id="weeks"),
        pytest.param(timedelta(), "0s", id="nothing"),
        pytest.param(timedelta(milliseconds=900), "0s", id="below a second"),
        pytest.param(timedelta(milliseconds=-900), "0s", id="no minus zero"),
        pytest.param(timedelta(minutes=-90), "-1h 30m", id="overdue"),
    ],
)
def test_a_duration_is_written(duration: timedelta, expected: str) -> None:
    assert durations.format_duration(duration) == expected


@given(st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds)))
def test_what_is_written_reads_back(duration: timedelta) -> None:
    assert durations.parse_duration(durations.format_duration(duration)) == duration
