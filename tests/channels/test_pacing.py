"""Pacing: budgets are kept in every window, and a provider's waiting time is obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.contract import Bucket
from channels.pacing import Pacer

ACCOUNT = Bucket("account", 30.0, 30.0)
CHAT = Bucket("chat:1", 1.0, 3.0)


@pytest.mark.parametrize(
    ("bucket", "times", "expected"),
    [
        pytest.param(CHAT, [0, 0, 0, 0], [0, 0, 0, 1.0], id="the burst, then a wait"),
        pytest.param(CHAT, [0, 0, 0, 0.25], [0, 0, 0, 0.75], id="the wait shrinks"),
        pytest.param(CHAT, [0, 0, 0, 1, 1], [0, 0, 0, 0, 1.0], id="one a second after it"),
        pytest.param(CHAT, [0, 0, 0, 100, 100, 100, 100], [0, 0, 0, 0, 0, 0, 1.0], id="no more saved than the burst"),
        pytest.param(Bucket("slow", 0.1, 1.0), [0, 0, 10], [0, 10.0, 0], id="one in ten seconds"),
        pytest.param(CHAT, [5, 5, 5, 4], [0, 0, 0, 1.0], id="a clock that goes back saves nothing up"),
    ],
)
def test_a_send_waits_for_its_budget(bucket: Bucket, times: list[float], expected: list[float]) -> None:
    """M-7: at most `rate` a second with `burst` saved up."""
    pacer = Pacer()
    assert [pacer.take([bucket], at) for at in times] == pytest.approx(expected)


def test_a_send_without_budgets_never_waits() -> None:
    assert [Pacer().take([], 0.0) for _ in range(3)] == [0.0] * 3


def test_an_empty_budget_does_not_draw_on_the_others() -> None:
    pacer = Pacer()
    for _ in range(3):
        pacer.take([ACCOUNT, CHAT], 0.0)
    for _ in range(100):
        assert pacer.take([ACCOUNT, CHAT], 0.0) == 1.0
    assert [pacer.take([ACCOUNT], 0.0) for _ in range(27)] == [0.0] * 27


def test_a_chat_that_waits_does_not_hold_up_another() -> None:
    pacer = Pacer()
    while pacer.take([ACCOUNT, CHAT], 0.0) == 0.0:
        pass
    assert pacer.take([ACCOUNT, Bucket("chat:2", 1.0, 3.0)], 0.0) == 0.0


def test_a_frozen_chat_waits_until_it_thaws_and_the_account_goes_on() -> None:
    """The provider said when to come back: to the second, and for that chat only."""
    pacer = Pacer()
    pacer.freeze("chat:1", 17.0)
    pacer.freeze("chat:1", 9.0)
    assert pacer.take([ACCOUNT, CHAT], 0.0) == 17.0
    assert pacer.take([ACCOUNT, CHAT], 16.5) == 0.5
    assert pacer.take([ACCOUNT], 1.0) == 0.0
    assert pacer.take([ACCOUNT, CHAT], 18.0) == 0.0


def test_budgets_not_drawn_on_for_long_are_forgotten_and_frozen_ones_are_not() -> None:
    pacer = Pacer()
    for number in range(1_000):
        pacer.take([Bucket(f"chat:{number}", 1.0, 1.0)], 0.0)
    pacer.freeze("frozen", 5_000.0)
    pacer.take([ACCOUNT], 700.0)
    pacer.forget(1_000.0)
    assert set(pacer._levels) == {"account", "frozen"}


@settings(max_examples=200)
@given(
    rate=st.floats(0.05, 50),
    burst=st.integers(1, 40),
    pauses=st.lists(st.floats(0, 20), min_size=1, max_size=120),
    frozen=st.lists(st.floats(0, 30), max_size=3),
)
def test_never_more_than_rate_and_burst_in_any_window(
    rate: float, burst: int, pauses: list[float], frozen: list[float]
) -> None:
    """M-7: in every window of t seconds at most rate * t + burst sends."""
    pacer, bucket, now, sent = Pacer(), Bucket("x", rate, float(burst)), 0.0, []
    for number, pause in enumerate(pauses):
        now += pause
        if number < len(frozen):
            pacer.freeze("x", now + frozen[number])
        pacer.forget(now)
        while pacer.take([bucket], now) == 0.0:
            sent.append(now)
    for first, start in enumerate(sent):
        for last in range(first, len(sent)):
            assert last - first + 1 <= rate * (sent[last] - start) + burst + 1e-6


@given(st.floats(0.05, 50), st.integers(1, 40))
def test_who_waits_as_long_as_told_may_send(rate: float, burst: int) -> None:
    pacer, bucket = Pacer(), Bucket("x", rate, float(burst))
    now = 0.0
    for _ in range(burst + 20):
        wait_s = pacer.take([bucket], now)
        if wait_s > 0:
            now += wait_s + 1e-6
            assert pacer.take([bucket], now) == 0.0


def test_room_is_what_the_budget_has_tokens_for() -> None:
    """M-7: no more is claimed than can leave at once, and nothing is taken from the budget by asking."""
    pacer = Pacer()
    assert pacer.room(ACCOUNT, 50, 0.0) == pacer.room(ACCOUNT, 50, 0.0) == (30, 0.0)
    assert pacer.room(ACCOUNT, 7, 0.0) == (7, 0.0)
    assert pacer.room(None, 50, 0.0) == (50, 0.0)
    for _ in range(30):
        pacer.take([ACCOUNT], 0.0)
    assert pacer.room(ACCOUNT, 50, 0.0) == (0, pytest.approx(1 / 30))
    assert pacer.room(ACCOUNT, 50, 0.1) == (3, 0.0)
