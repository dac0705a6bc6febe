"""Loops go on: a failing turn is logged and tried again, a poke wakes, a stop waits for the running turn."""

from __future__ import annotations

import asyncio

import pytest

from kernel import loops
from kernel.loops import Loop


async def test_a_failing_turn_does_not_end_the_loop() -> None:
    turns, healed = 0, asyncio.Event()

    async def turn() -> float:
        nonlocal turns
        turns += 1
        if turns < 3:
            raise RuntimeError("a fault of this turn")
        healed.set()
        return 60.0

    loop = Loop("test", turn)
    loop.start()
    for _ in range(2):
        loop.poke()
    await asyncio.wait_for(healed.wait(), 5)
    await loop.stop()
    assert turns == 3
    assert loop.failures == 0


async def test_a_poke_wakes_a_sleeping_loop() -> None:
    turns: asyncio.Queue[int] = asyncio.Queue()

    async def turn() -> float:
        turns.put_nowait(1)
        return 3_600.0

    loop = Loop("test", turn)
    loop.start()
    await asyncio.wait_for(turns.get(), 5)
    loop.poke()
    await asyncio.wait_for(turns.get(), 5)
    await loop.stop()


async def test_a_poke_during_a_turn_is_not_lost() -> None:
    turns = 0
    began, within, again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def turn() -> float:
        nonlocal turns
        turns += 1
        (began if turns == 1 else again).set()
        await within.wait()
        return 3_600.0

    loop = Loop("test", turn)
    loop.start()
    await began.wait()
    loop.poke()
    within.set()
    await asyncio.wait_for(again.wait(), 5)
    await loop.stop()


async def test_a_turn_that_asks_for_more_is_called_at_once() -> None:
    left, done = 50, asyncio.Event()

    async def turn() -> float:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()
        return 0.0 if left > 0 else 3_600.0

    loop = Loop("test", turn)
    loop.start()
    await asyncio.wait_for(done.wait(), 5)
    await loop.stop()
    assert left == 0


async def test_stopping_lets_the_running_turn_finish() -> None:
    began, finish, finished = asyncio.Event(), asyncio.Event(), False

    async def turn() -> None:
        nonlocal finished
        began.set()
        await finish.wait()
        finished = True

    loop = Loop("test", turn)
    loop.start()
    await began.wait()
    stopping = asyncio.gather(loop.stop())
    finish.set()
    await stopping
    assert finished


async def test_stopping_cancels_a_turn_that_hangs() -> None:
    began = asyncio.Event()

    async def turn() -> None:
        began.set()
        await asyncio.Event().wait()

    loop = Loop("test", turn)
    loop.start()
    await began.wait()
    await loop.stop(grace_s=0.01)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "test"]


async def test_a_loop_never_started_can_be_stopped() -> None:
    async def turn() -> None:
        pytest.fail("it was not started")

    loop = Loop("test", turn)
    await loop.stop()
    assert (loop.busy, loop.failures) == (False, 0)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "test"]


async def test_a_cancelled_task_is_gone() -> None:
    task = loops.spawn(asyncio.Event().wait(), name="waiting")
    await loops.cancel(task)
    assert task.cancelled()
