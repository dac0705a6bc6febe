"""Posts at a steady pace over a few connections, each timed from when it was due: a queue shows as waiting time."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

from bench.children import Broken

CONNECTIONS = 16


def p99(took: Sequence[float]) -> float:
    """Raises Broken if they are too few to tell."""
    if len(took) < 100:
        raise Broken(f"only {len(took)} posts: too few for a 99th percentile")
    return sorted(took)[int(len(took) * 0.99)]


class Knocker:
    """Begins to post at `start` and goes on until `stop`."""

    def __init__(self, port: int, post: Callable[[], bytes], *, a_second: int) -> None:
        self._port = port
        self._post = post
        self._every_s = 1 / a_second
        self._free: deque[_Line] = deque()
        self._waiting: deque[float] = deque()
        self._task: asyncio.Task[None] | None = None
        self.took: list[tuple[float, float]] = []  # when each was due (monotonic), and seconds to its answer
        self.refused = 0

    async def start(self) -> None:
        for _ in range(CONNECTIONS):
            await asyncio.get_running_loop().create_connection(lambda: _Line(self), "127.0.0.1", self._port)
        self._task = asyncio.create_task(self._knock())

    async def stop(self) -> None:
        """Raises Broken if any post was not taken."""
        if self._task is not None:
            self._task.cancel()
        for line in self._free:
            line.close()
        if self.refused:
            raise Broken(f"{self.refused} of {len(self.took)} posts were not taken")

    def took_ms(self, begin: float, end: float) -> list[float]:
        """Of each post that was due between two times, how long it took."""
        return [took_s * 1e3 for due, took_s in self.took if begin <= due <= end]

    def freed(self, line: _Line) -> None:
        if self._waiting:
            line.send(self._post(), self._waiting.popleft())
        else:
            self._free.append(line)

    async def _knock(self) -> None:
        due = time.monotonic()
        while True:
            due += self._every_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if self._free:
                self._free.popleft().send(self._post(), due)
            else:
                self._waiting.append(due)


class _Line(asyncio.Protocol):
    """One connection with at most one post under way."""

    def __init__(self, knocker: Knocker) -> None:
        self._knocker = knocker
        self._due = 0.0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._knocker.freed(self)

    def send(self, post: bytes, due: float) -> None:
        self._due, self._answer = due, b""
        self._transport.write(post)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, chunk: bytes) -> None:
        self._answer += chunk
        head, end, body = self._answer.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if not end or len(body) < int(length or 0):
            return
        self._knocker.took.append((self._due, time.monotonic() - self._due))
        self._knocker.refused += not head.startswith(b"HTTP/1.1 202")
        self._knocker.freed(self)
