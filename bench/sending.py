"""The real hub, sending at a steady pace on all channels while one of them is well or hangs.

Run as `-m bench.sending CONFIG CHANNEL FAR_PID SECONDS ROUNDS`; tells what each message of the other channels waited.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from bench import serving
from bench.providers import FIRST_PERSON, PEOPLE
from channels import outbox
from channels.contract import Address
from channels.outbox import Draft
from hub import settings
from hub.app import App
from kernel import log, rows

EVERY_S = 0.06  # a message on each channel: below what the channels' own paces allow
SETTLED_WITHIN_S = 60.0
WAITS = "SELECT created_at, settled_at FROM messages WHERE channel <> ? AND created_at >= ? AND state = 'sent'"


class Pace:
    """Queues one message on each channel again and again, to one person after the other."""

    def __init__(self, hub: App) -> None:
        self._hub = hub
        self._count = 0

    async def keep(self, seconds: float) -> datetime:
        """Send for so long, then wait until everything has left; returns when it began."""
        began_at = self._hub.clock.now()
        turn = asyncio.get_running_loop().time()
        for _ in range(int(seconds / EVERY_S)):
            await self._queue()
            turn += EVERY_S
            await asyncio.sleep(max(0.0, turn - asyncio.get_running_loop().time()))
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while await self._open():  # noqa: ASYNC110 - a row, not an event
                await asyncio.sleep(0.1)
        return began_at

    async def _queue(self) -> None:
        self._count += 1
        async with self._hub.store.unit() as work:
            drafts = [
                Draft(one.name, one.account, _address(one.name, self._count % PEOPLE), "notice", f"Text {self._count}")
                for one in self._hub.adapters
            ]
            await outbox.enqueue(work, drafts)

    async def _open(self) -> int:
        [row] = await self._hub.store.reading().fetch(
            "SELECT count(*) AS n FROM messages WHERE state IN ('queued', 'leased')"
        )
        return int(row["n"])


async def serve(config: Path, channel: str, far: int, seconds: float, rounds: int) -> None:
    hub = App(settings.load(config))
    await hub.start()
    while not all(adapter.health.ready for adapter in hub.adapters):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    pace = Pace(hub)
    await pace.keep(1)  # warm
    for _ in range(rounds):
        await _tell("calm", hub, channel, await pace.keep(seconds))
        os.kill(far, signal.SIGUSR1)
        await _tell("hanging", hub, channel, await pace.keep(seconds))
    await hub.stop()


async def _tell(name: str, hub: App, channel: str, began_at: datetime) -> None:
    found = await hub.store.reading().fetch(WAITS, channel, began_at)
    waits = [rows.instant(one["settled_at"]) - rows.instant(one["created_at"]) for one in found]
    serving.tell(f"{name} {' '.join(f'{wait.total_seconds():.4f}' for wait in waits)}")


def _address(channel: str, number: int) -> Address:
    if channel == "telegram":
        return Address("telegram", str(FIRST_PERSON + number))
    if channel == "sms":
        return Address("tel", f"+3630123{4000 + number}")
    return Address("mailto", f"person{number}@mail.example")


if __name__ == "__main__":
    log.setup()
    words = sys.argv[1:]
    serving.run(lambda: serve(Path(words[0]), words[1], int(words[2]), float(words[3]), int(words[4])))
