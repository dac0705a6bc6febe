"""Supervised background loops: the only place that creates tasks, and the only one that catches everything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from kernel import log

_log = log.get(__name__)
MAX_PAUSE_S = 30.0


class Loop:
    """Calls `turn` again and again: when poked, and after the seconds that the last turn has asked for.

    A turn that raises is logged and tried again after a pause that doubles up to 30 s; it never ends the loop.
    """

    def __init__(self, name: str, turn: Callable[[], Awaitable[float | None]], *, idle_s: float = 1.0) -> None:
        """`turn` returns the seconds to wait (0: there is more, at once), or None for `idle_s`."""
        self.name = name
        self._turn = turn
        self._idle_s = idle_s
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.busy = False
        self.failures = 0

    def start(self) -> None:
        self._task = spawn(self._run(), name=self.name)

    def poke(self) -> None:
        self._wake.set()

    async def stop(self, *, grace_s: float = 1.5) -> None:
        """Let the running turn finish within `grace_s`, then cancel it."""
        self._stopping = True
        self._wake.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=grace_s)
        if not done:
            await cancel(self._task)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            pause_s = await self._one()
            if pause_s > 0 and not self._stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause_s)

    async def _one(self) -> float:
        self.busy = True
        try:
            pause_s = await self._turn()
            self.failures = 0
        except Exception as error:
            self.failures += 1
            _log.error("loop.failed", loop=self.name, failures=self.failures, error=log.cause(error))
            return min(MAX_PAUSE_S, 0.1 * 2.0 ** min(self.failures, 10))
        finally:
            self.busy = False
        return self._idle_s if pause_s is None else pause_s


def spawn(work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
    """Start a named task. Its owner keeps it and ends it with `cancel`."""
    return asyncio.get_running_loop().create_task(work, name=name)


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel `task` and wait until it is gone."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(task, return_exceptions=True)
