"""Works out maps in a process of its own: one question at a time, each with its turn, its time and its room."""

from __future__ import annotations

import asyncio
import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from kernel import log
from kernel.children import Child, Gone
from kernel.errors import Invalid, Problem, TryLater
from webhooks import evaluating

_log = log.get(__name__)
START_S = 20.0  # a child that is not ready by then will never be
TURN_S = 5.0  # a post waits so long for others' maps, then it is told to come back
WALL_S = 10.0  # a machine that gives the child no processor time for so long
_ROOT = Path(__file__).parent.parent
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from webhooks import evaluating; evaluating.serve()"
_FROM_OUTSIDE = (0, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)
_TOO_LONG = Problem("map", f"an event within {evaluating.CPU_S:g} s of work", "a payload too large for this map")
_TOO_MUCH = Problem("map", "an event that fits into memory", "a payload too large for this map")


class Mapper:
    """The child, started when it is first needed and again after it was ended."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._busy = threading.Lock()  # a caller who is gone may have left a question behind
        self._child: Child | None = None

    async def event(self, written: str, body: bytes, now: datetime) -> Any:
        """What the map makes of a body; None where it says that it is not for us.

        Raises Invalid with the field that is wrong, and TryLater where no process can be had in time.
        """
        try:
            async with asyncio.timeout(TURN_S):
                await self._turn.acquire()
        except TimeoutError as error:
            raise TryLater("other payloads are being worked out") from error
        try:
            answer = await asyncio.to_thread(self._ask, evaluating.question(written, body, now))
        finally:
            self._turn.release()
        found = orjson.loads(answer)
        if "event" not in found:
            raise Invalid("the map cannot be used on this payload", problems=(Problem(**found),))
        return found["event"]

    async def stop(self) -> None:
        await asyncio.to_thread(self._end)

    def _ask(self, question: bytes) -> bytes:
        with self._busy:
            try:
                child = self._started()
            except (OSError, TimeoutError, Gone) as error:
                self._drop()
                raise TryLater("the process that works out maps does not start") from error
            try:
                return child.ask(question, WALL_S)
            except Gone as error:
                raise self._ended(child) from error
            except TimeoutError as error:
                self._drop()
                raise TryLater("this machine is too busy to work out the map") from error

    def _started(self) -> Child:
        if self._child is None or not self._child.is_alive():
            self._drop()
            self._child = Child(_CODE, [str(_ROOT)])
        self._child.wait_ready(START_S)
        return self._child

    def _ended(self, child: Child) -> Invalid | TryLater:
        """Why the child is no more: the payload, or somebody from outside."""
        status = child.ended()
        self._drop()
        _log.warning("hook.map_ended", status=status)
        if status == -signal.SIGPROF:
            return Invalid("the map takes too long on this payload", problems=(_TOO_LONG,))
        if status in _FROM_OUTSIDE:
            return TryLater("the process that works out maps was ended")
        return Invalid("the map needs too much memory on this payload", problems=(_TOO_MUCH,))

    def _drop(self) -> None:
        if self._child is not None:
            self._child.kill()
        self._child = None

    def _end(self) -> None:
        with self._busy:
            self._drop()
