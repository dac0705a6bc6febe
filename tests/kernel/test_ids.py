"""Ids rise and never meet, whatever the clock and the threads do."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import ids
from kernel.ids import Mint


def test_ids_of_one_mint_rise_strictly() -> None:
    """M-5: ids give the order of what came in."""
    mint = Mint()
    made = [mint() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_are_unique_over_threads() -> None:
    mint, made = Mint(), []
    threads = [threading.Thread(target=lambda: made.extend([mint() for _ in range(5_000)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 40_000


def test_two_processes_of_different_numbers_never_make_the_same_id() -> None:
    one, other = Mint(1), Mint(2)
    assert not {one() for _ in range(5_000)} & {other() for _ in range(5_000)}


def test_an_id_fits_a_signed_64_bit_column_for_decades() -> None:
    assert 0 < ids.new() < 2**62


def test_ids_tell_their_millisecond() -> None:
    mint = Mint(0)
    before = time.time_ns() // 1_000_000 - ids.EPOCH_MS
    made = mint()
    after = time.time_ns() // 1_000_000 - ids.EPOCH_MS
    assert before <= made >> (ids.PROCESS_BITS + ids.COUNTER_BITS) <= after


@given(st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=40))
def test_ids_rise_also_when_the_wall_clock_jumps(jumps: list[int]) -> None:
    """A clock set back by the machine's time service must not turn the order of messages round."""
    moment = [time.time_ns()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: moment[0])
        mint, made = Mint(), []
        for jump_ms in jumps:
            moment[0] += jump_ms * 1_000_000
            made += [mint(), mint()]
    assert made == sorted(set(made))


def test_more_ids_than_a_millisecond_holds_borrow_the_next_one() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_000)
        mint = Mint(7)
        made = [mint() for _ in range(3 * (1 << ids.COUNTER_BITS))]
    assert made == sorted(set(made))
