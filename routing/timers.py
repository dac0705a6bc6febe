"""The one loop of due times: fires what is due in batches and sleeps until the earliest of the rest."""

from __future__ import annotations

from kernel.unit import Store
from routing import escalation
from tickets import clocks

LONGEST_SLEEP_S = 5.0  # a poke may be lost; a due time may be written by another process
SHORTEST_SLEEP_S = 0.005


async def turn(store: Store) -> float:
    """Fire everything due; return the seconds until the next due time, 0 while there is more at once."""
    reader = store.reading()
    due = [at for at in (await clocks.next_due(reader), await escalation.next_due(reader)) if at is not None]
    if not due:
        return LONGEST_SLEEP_S
    wait_s = (min(due) - store.clock.now()).total_seconds()
    if wait_s > 0:
        return min(LONGEST_SLEEP_S, max(SHORTEST_SLEEP_S, wait_s))
    async with store.unit() as work:
        await clocks.fire(work)
    async with store.unit() as work:
        await escalation.fire(work)
    return SHORTEST_SLEEP_S
