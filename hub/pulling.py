"""The loop that gives what waits for somebody when a shift begins, or an absence has run out."""

from __future__ import annotations

from kernel.loops import Loop
from kernel.unit import Store
from routing import pulling, unheld
from routing.desk import Desk

LOOK_S = 30.0


def loop(store: Store, desk: Desk) -> Loop:
    """One query a turn while nothing waits."""

    async def turn() -> float:
        if await unheld.stands(store.reading()):
            async with store.unit() as work:
                await pulling.look(work, desk)
        return LOOK_S

    return Loop("pulling", turn)
