"""The loop that sends or drops all withheld answers once somebody has ordered it, a unit at a time."""

from __future__ import annotations

from bot.house import House
from kernel import log
from kernel.unit import Store
from tickets import withheld_all

_log = log.get(__name__)
ASLEEP_S = 3600.0  # an order pokes, and a start looks by itself
QUIET_S = 5.0


class Releasing:
    """Works off the order, if there is one; while it is quiet again, nothing is sent."""

    def __init__(self, store: Store, house: House) -> None:
        self._store = store
        self._house = house

    async def turn(self) -> float:
        whole = await withheld_all.under_way(self._store.reading())
        if whole is None:
            return ASLEEP_S
        if whole.is_sending and self._house.quiet.is_on:
            return QUIET_S
        async with self._store.unit() as work:
            count = await withheld_all.step(work)
        _log.info("withheld.part" if count else "withheld.done", messages=count)
        return 0
