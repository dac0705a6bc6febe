"""A heap of messages leaves the loop its turns: what else comes in meanwhile is answered."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from channels.contract import Inbound, Raw
from kernel.unit import Store
from tests.hub.forked import Bench, parse, text


async def test_the_loop_turns_between_two_messages_that_are_understood(store: Store, tmp_path: Path) -> None:
    """A hundred mails of some milliseconds each would otherwise keep everybody waiting for a second."""
    bench = Bench(store, tmp_path / "files")
    await bench.arrive(*[(f"a{number}", text("x")) for number in range(20)])
    turns, seen = 0, []

    async def live() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def slow(raw: Raw) -> Inbound:
        seen.append(turns)
        return parse(raw)

    bench.fork.parsers = {"chat": slow}
    living = asyncio.create_task(live())
    await bench.fork.turn()
    living.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await living
    assert len(set(seen)) == len(seen) == 20
