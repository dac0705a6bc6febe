"""Whose turn it is on a connection that serves one at a time: a short line that may overtake a long one."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """A lock with two lines, each in the order of arrival. Those of the first overtake, but never twice in a row.

    Senders who wait to hear that a message is stored stand in the first, units of work in the other: a storm of
    messages slows the units to every second turn and stops none.
    """

    def __init__(self) -> None:
        self._held = False
        self._overtook = False
        self._first: deque[asyncio.Future[None]] = deque()
        self._rest: deque[asyncio.Future[None]] = deque()

    def locked(self) -> bool:
        return self._held

    async def acquire(self, *, first: bool = False) -> bool:
        """Wait for a turn. Returns True, as asyncio's lock does."""
        if not self._held:
            self._held, self._overtook = True, first
            return True
        line = self._first if first else self._rest
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # it was ours already: on to the next
            else:
                line.remove(turn)
            raise
        return True

    def release(self) -> None:
        """Hand the turn on; nobody who comes now can step in between."""
        while line := self._next():
            turn = line.popleft()
            if not turn.done():
                self._overtook = line is self._first
                turn.set_result(None)
                return
        self._held = False

    def _next(self) -> deque[asyncio.Future[None]]:
        if self._first and not (self._overtook and self._rest):
            return self._first
        return self._rest or self._first
