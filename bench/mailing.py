"""Sends mail by SMTP over parallel connections for some seconds, or once; counts what got its 250."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

from bench import letters, serving
from bench.children import Broken, Child
from bench.letters import Letter

SEND_WITHIN_S = 60.0
_ENVELOPE = (b"MAIL FROM:<eszter@customers.example>", f"RCPT TO:<{letters.ADDRESS}>".encode(), b"DATA")


@dataclass(slots=True)
class Run:
    """What one run measured. `cpu_us`: the server's CPU a mail."""

    mails: int
    rate: float
    p99_ms: float
    cpu_us: float


@dataclass(slots=True)
class _Order:
    """What the senders share: what they send and until when, how long each mail took, and what went wrong."""

    letter: Letter
    a_session: int
    until: float
    left: int
    took_s: list[float] = field(default_factory=list)
    wrong: str = ""

    @property
    def is_over(self) -> bool:
        return bool(self.wrong) or self.left <= 0 or time.perf_counter() >= self.until


class _Sender(asyncio.Protocol):
    """One session: EHLO, some mails one after another, QUIT. Every line waits for the answer to the one before."""

    def __init__(self, order: _Order, ended: asyncio.Future[None]) -> None:
        self._order = order
        self._ended = ended
        self._mails = 0
        self._began_at = 0.0
        self._answer = b""
        self._step = "greeting"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, chunk: bytes) -> None:
        self._answer += chunk
        last = self._answer[:-2].rpartition(b"\n")[2]
        if not self._answer.endswith(b"\r\n") or last[3:4] == b"-":
            return
        answer, self._answer = last, b""
        if answer[:1] not in b"23":
            self._order.wrong = answer.decode("ascii", "replace")
            self._transport.close()
            return
        self._go_on()

    def connection_lost(self, error: Exception | None) -> None:
        if self._step != "quit" and not self._order.wrong:
            self._order.wrong = f"the server left after {self._step}"
        if not self._ended.done():
            self._ended.set_result(None)

    def _go_on(self) -> None:
        if self._step == "greeting":
            self._say("ehlo", b"EHLO relay.customers.example")
        elif self._step == "0":
            self._say("1", _ENVELOPE[1])
        elif self._step == "1":
            self._say("2", _ENVELOPE[2])
        elif self._step == "2":
            self._say("content", self._order.letter() + b".")
        elif self._step == "quit":
            self._transport.close()
        else:
            self._next_mail()

    def _next_mail(self) -> None:
        """After EHLO or after a mail was taken."""
        now = time.perf_counter()
        if self._step == "content":
            self._order.took_s.append(now - self._began_at)
        if self._mails == self._order.a_session or self._order.is_over:
            self._say("quit", b"QUIT")
            return
        self._mails += 1
        self._order.left -= 1
        self._began_at = now
        self._say("0", _ENVELOPE[0])

    def _say(self, step: str, line: bytes) -> None:
        self._step = step
        self._transport.write(line + b"\r\n")


def settings(port: int) -> str:
    """The hub's settings of a listener there."""
    return f'[channels.email]\naddress = "{letters.ADDRESS}"\nlisten = "127.0.0.1:{port}"\n'


def load(server: Child, port: int, letter: Letter, *, connections: int, a_session: int, seconds: float) -> Run:
    """Send for `seconds`. Raises Broken if any answer was not a success."""
    order = _Order(letter, a_session, time.perf_counter() + seconds, 10_000_000)
    before = server.cpu_s()
    took_s = _run(order, port, connections)
    _check(order, server)
    cpu_us = (server.cpu_s() - before) / len(order.took_s) * 1e6
    ordered = sorted(order.took_s)
    return Run(len(ordered), len(ordered) / took_s, ordered[int(len(ordered) * 0.99)] * 1e3, cpu_us)


def send(server: Child, port: int, letter: Letter, *, count: int) -> None:
    """Send `count` mails, up to sixteen at a time. Raises Broken if one was not taken."""
    order = _Order(letter, count, time.perf_counter() + SEND_WITHIN_S, count)
    _run(order, port, min(count, 16))
    _check(order, server)


def _check(order: _Order, server: Child) -> None:
    if order.wrong or not order.took_s:
        raise Broken(f"a mail was not taken: {order.wrong}\n{server.said()[-1000:]}")


def _run(order: _Order, port: int, connections: int) -> float:
    """Seconds that it took until all senders had ended."""

    async def sender() -> None:
        loop = asyncio.get_running_loop()
        while not order.is_over:
            ended: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(lambda: _Sender(order, ended), "127.0.0.1", port)  # noqa: B023 - one a turn
            await ended

    async def all_senders() -> None:
        await asyncio.gather(*(sender() for _ in range(connections)))

    began_at = time.perf_counter()
    serving.run(all_senders)
    return time.perf_counter() - began_at
