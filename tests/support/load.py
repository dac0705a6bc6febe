"""Load from outside: the hub as a process that can be killed, and customers who post until they are answered."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import orjson

from channels import witness
from kernel.unit import Store
from tests.support import commands
from tests.support.ports import free_port
from webhooks import signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SOURCE = "load"
ACCOUNT = f"hook:{SOURCE}"
PATIENCE_S = 45.0
LOOK_EVERY_S = 0.02
OFTEN = {"channels.dispatcher.SWEEP_EVERY_S": 0.5, "channels.witness.EVERY_S": 0.5}  # not every 5 s and 10 s
REPEATED = 0.2  # of what was acknowledged is posted again
THREADS = 2  # matters a customer writes about in turn

SETTINGS = """
data = "{folder}"
[database]
url = "{url}"
[web]
port = {port}
[hooks.sources.load]
secret = "{secret}"
[queues.inbox]
first_response = "1h"
[queues.cards]
first_response = "30m"
[[rules]]
name = "cards"
when = 'message.text.contains("card")'
queue = "cards"
priority = 2
"""


async def until(done: Callable[[], bool], what: str, *, within_s: float = PATIENCE_S) -> None:
    """Look again and again, but not for ever."""
    deadline = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < deadline, f"after {within_s:.0f} s still not: {what}"
        await asyncio.sleep(LOOK_EVERY_S)


# -- the hub ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class HubProcess:
    """`centrala run` as a process in a session of its own; every start writes a log of its own.

    `is_bare`: each start imports everything anew, as in life, where a kill may come too, and looks no more OFTEN.
    """

    folder: Path
    url: str
    port: int = 0
    starts: int = 0
    is_bare: bool = False
    process: subprocess.Popen[bytes] | commands.Running | None = None

    def __post_init__(self) -> None:
        self.port = free_port()
        self.config.write_text(SETTINGS.format(folder=self.folder, url=self.url, port=self.port, secret=SECRET))

    @property
    def config(self) -> Path:
        return self.folder / "centrala.toml"

    @property
    def said(self) -> str:
        """What the newest start has written."""
        return (self.folder / f"hub{self.starts}.log").read_text(errors="replace")

    async def start(self) -> None:
        """Start and wait until it listens."""
        assert self.process is None
        self.starts += 1
        self.process = self._spawn()
        await until(self._listens, "listening")

    def _spawn(self) -> subprocess.Popen[bytes] | commands.Running:
        log = self.folder / f"hub{self.starts}.log"
        if not self.is_bare:
            words = ["run", "--config", str(self.config)]
            return commands.start(*words, folder=commands.ROOT, out=log, constants=OFTEN)
        words = [sys.executable, "-m", "hub", "run", "--config", str(self.config)]
        with log.open("wb") as out:
            return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said
        return "Centrala listens" in self.said

    async def end(self, with_signal: signal.Signals) -> int:
        """Send the signal and wait for the end; returns the exit code."""
        assert self.process is not None
        process = self.process
        os.kill(process.pid, with_signal)
        await until(lambda: process.poll() is not None, f"ended by {with_signal.name}")
        self.process = None
        return process.returncode


@contextmanager
def hub_process(folder: Path, url: str, *, is_bare: bool = False) -> Iterator[HubProcess]:
    """A hub to be started; whatever happens, nothing of it is left running."""
    hub = HubProcess(folder, url, is_bare=is_bare)
    try:
        yield hub
    finally:
        if hub.process is not None and hub.process.poll() is None:
            hub.process.kill()
            hub.process.wait()


async def killed(hub: HubProcess, store: Store, *, leases_run_out: bool) -> None:
    """SIGKILL and a start; `leases_run_out`: so much later that nobody holds a lease any more, and that
    what a far side lists is all that it has taken.
    """
    assert await hub.end(signal.SIGKILL) == -signal.SIGKILL
    if leases_run_out:
        async with store.unit() as work:
            long_ago = datetime.now(UTC) - witness.LAG
            await work.change("UPDATE messages SET lease_until = ? WHERE state = 'leased'", long_ago)
    await hub.start()


# -- the customers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Post:
    """One message with an id that no other has; the text carries it."""

    id: str
    sender: str
    thread: str

    @property
    def text(self) -> str:
        return f"message {self.id} about my card" if self.thread.endswith("0") else f"message {self.id}"

    @property
    def body(self) -> bytes:
        data = {"from": {"address": self.sender, "name": self.sender}, "text": self.text, "thread": self.thread}
        event = {"type": "message.received", "timestamp": datetime.now(UTC).isoformat(), "data": data}
        return orjson.dumps(event)

    def headers(self, body: bytes) -> dict[str, str]:
        at = str(int(time.time()))
        signed = signature.sign(signature.key(SECRET), self.id, at, body)
        return {"webhook-id": self.id, "webhook-timestamp": at, "webhook-signature": signed}


@dataclass(slots=True)
class Crowd:
    """Customers who write one message after the other, each until it is acknowledged; and repeat themselves."""

    hub: HubProcess
    seed: int
    size: int = 16
    prefix: str = "c"
    pause_s: float = 0.0  # between a customer's messages
    patience_s: float = PATIENCE_S  # how long one message may take to be acknowledged
    acknowledged: dict[str, str] = field(default_factory=dict)  # post → the id the hub gave it
    posts: dict[str, Post] = field(default_factory=dict)
    repeats: int = 0
    refused: int = 0  # "try again later"
    is_over: bool = False

    async def write(self) -> None:
        """Write until `is_over`; returns when everything written is acknowledged."""
        timeout = aiohttp.ClientTimeout(total=10)
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
            asyncio.TaskGroup() as group,
        ):
            for number in range(self.size):
                group.create_task(self._customer(session, number))

    async def _customer(self, session: aiohttp.ClientSession, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        own: list[Post] = []
        while not self.is_over:
            thread = f"matter-{number}-{len(own) % THREADS}"
            post = Post(f"{self.prefix}{number}-{len(own)}", f"customer{number}@load.example", thread)
            self.posts[post.id] = post
            own.append(post)
            await self._until_acknowledged(session, post)
            await asyncio.sleep(self.pause_s)
            if chance.random() < REPEATED:
                self.repeats += 1
                await self._until_acknowledged(session, chance.choice(own))

    async def _until_acknowledged(self, session: aiohttp.ClientSession, post: Post) -> None:
        deadline = time.monotonic() + self.patience_s
        while not await self._post(session, post):
            assert time.monotonic() < deadline, f"{post.id} was never acknowledged"
            await asyncio.sleep(LOOK_EVERY_S)

    async def _post(self, session: aiohttp.ClientSession, post: Post) -> bool:
        """One try. A second acknowledgement must name the same message and call it a duplicate."""
        body = post.body
        try:
            async with session.post(
                f"http://127.0.0.1:{self.hub.port}/hooks/{SOURCE}", data=body, headers=post.headers(body)
            ) as answer:
                if answer.status == 503:
                    assert int(answer.headers["Retry-After"]) > 0
                    self.refused += 1
                    return False
                assert answer.status == 202, f"{answer.status} {await answer.text()}"
                said = orjson.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return False  # the hub is gone: nothing is known, so it is posted again
        known = self.acknowledged.setdefault(post.id, said["id"])
        assert known == said["id"], f"{post.id} was {known} and is now {said['id']}"
        return True
