"""Caps: what a fraud can cost at most."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from channels.sms.caps import DAY_S, Caps, Limits


def test_ten_thousand_requests_over_one_block_stay_under_its_cap() -> None:
    """S15: 1,000 numbers of one prefix; at most the cap, and not one more."""
    caps = Caps(Limits(per_recipient=50, per_prefix=200, per_day=0))
    taken = [caps.take(f"+4860012{number % 1000:04}", float(number)) for number in range(10_000)]
    assert taken.count("") == 200
    assert set(taken) == {"", "cap per prefix of 200 a day"}


def test_one_number_has_its_own_cap_and_leaves_its_neighbours_theirs() -> None:
    caps = Caps(Limits(3, 100, 0))
    assert [caps.take("+48600120001", 0.0) for _ in range(4)] == ["", "", "", "cap per recipient of 3 a day"]
    assert caps.take("+48600120002", 0.0) == ""


def test_the_account_has_a_cap() -> None:
    caps = Caps(Limits(0, 0, 2))
    assert [caps.take(f"+4860012{number}0000", 0.0) for number in range(3)] == ["", "", "cap of the account of 2 a day"]


def test_no_cap_is_no_cap() -> None:
    caps = Caps(Limits(0, 0, 0))
    assert {caps.take("+48600120001", 0.0) for _ in range(1000)} == {""}


def test_a_day_later_there_is_room_again() -> None:
    caps = Caps(Limits(1, 0, 0))
    assert caps.take("+48600120001", 10.0) == ""
    assert caps.take("+48600120001", 10.0 + DAY_S - 1) != ""
    assert caps.take("+48600120001", 10.0 + DAY_S) == ""


def test_what_did_not_go_out_is_given_back() -> None:
    caps = Caps(Limits(1, 1, 1))
    assert caps.take("+48600120001", 0.0) == ""
    caps.give_back("+48600120001")
    assert caps.take("+48600120001", 1.0) == ""
    assert caps.take("+48600120001", 2.0) != ""


def test_a_refusal_counts_nothing_anywhere() -> None:
    caps = Caps(Limits(1, 5, 5))
    caps.take("+48600120001", 0.0)
    assert all(caps.take("+48600120001", 1.0) for _ in range(10))
    assert [caps.take(f"+4860012000{number}", 1.0) for number in range(2, 6)] == [""] * 4


def test_numbers_of_yesterday_are_forgotten() -> None:
    caps = Caps(Limits(5, 0, 0))
    for number in range(1000):
        caps.take(f"+4860012{number:04}", 0.0)
    caps.take("+48600999999", DAY_S + 1.0)
    assert len(caps._sent) == 1


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 3 * DAY_S)), max_size=80))
def test_no_window_of_a_day_holds_more_than_the_cap(sends: list[tuple[int, float]]) -> None:
    """The oracle counts every window anew."""
    caps, out = Caps(Limits(2, 4, 0)), []
    for number, at in sorted(sends, key=lambda one: one[1]):
        within = [(other, then) for other, then in out if then > at - DAY_S]
        is_full = len(within) >= 4 or sum(other == number for other, _ in within) >= 2
        assert bool(caps.take(f"+4860012000{number}", at)) is is_full
        if not is_full:
            out.append((number, at))


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 2 * DAY_S)), max_size=60), st.integers(0, 60))
def test_a_restart_changes_no_answer(sends: list[tuple[int, float]], at: int) -> None:
    """S15: caps that were told what had gone out decide as those that have seen it go."""
    ordered = sorted(sends, key=lambda one: one[1])
    lasting, limits, out = Caps(Limits(2, 4, 0)), Limits(2, 4, 0), []
    before, after = ordered[:at], ordered[at:]
    for number, then in before:
        if not lasting.take(f"+4860012000{number}", then):
            out.append((number, then))
    fresh = Caps(limits)
    for number, then in out:
        fresh.recall(f"+4860012000{number}", then)
    for number, then in after:
        to = f"+4860012000{number}"
        assert fresh.take(to, then) == lasting.take(to, then)
