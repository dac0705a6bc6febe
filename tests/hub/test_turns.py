"""The line at SQLite's one writer: storing overtakes units of work, never twice in a row; nobody is forgotten."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from hub.turns import Turns


async def served(turns: Turns, wanted: list[bool]) -> list[int]:
    """Who is served in which order while somebody else holds the turn; each wants the first line or not."""
    order: list[int] = []

    async def come(place: int, first: bool) -> None:
        await turns.acquire(first=first)
        order.append(place)
        await asyncio.sleep(0)
        turns.release()

    await turns.acquire()
    coming = [asyncio.create_task(come(place, first)) for place, first in enumerate(wanted)]
    await asyncio.sleep(0)
    turns.release()
    await asyncio.gather(*coming)
    return order


@given(st.lists(st.booleans(), max_size=12))
def test_everybody_has_his_turn_in_the_order_of_his_line(wanted: list[bool]) -> None:
    """G13: the first line overtakes as long as somebody of the other was served before."""
    turns = Turns()
    order = asyncio.run(served(turns, wanted))
    firsts = [place for place, first in enumerate(wanted) if first]
    rest = [place for place, first in enumerate(wanted) if not first]
    assert [place for place in order if wanted[place]] == firsts
    assert [place for place in order if not wanted[place]] == rest
    both = 2 * min(len(firsts), len(rest))  # as long as both lines stand, they take turns, the first beginning
    assert [wanted[place] for place in order[:both]] == [True, False] * (both // 2)
    assert not turns.locked()


async def test_who_leaves_the_line_holds_up_nobody() -> None:
    turns = Turns()
    await turns.acquire()
    leaving, staying = (asyncio.create_task(turns.acquire(first=first)) for first in (True, False))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    turns.release()
    assert await asyncio.wait_for(staying, 1)
    turns.release()
    assert not turns.locked()


async def test_who_is_called_and_leaves_calls_the_next() -> None:
    turns = Turns()
    await turns.acquire()
    called, next_one = (asyncio.create_task(turns.acquire()) for _ in range(2))
    await asyncio.sleep(0)
    turns.release()
    called.cancel()  # his turn was given to him, and he has not taken it yet
    assert await asyncio.wait_for(next_one, 1)
    turns.release()
    assert not turns.locked()
