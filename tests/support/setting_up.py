"""`centrala run` in a folder without settings, as a process of its own, and what it serves to whoever sets it up."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.support import commands

PATIENCE_S = 30.0
LINK = re.compile(r"^Set up at (http://\S+/setup\?token=\S+)$", re.MULTILINE)


class Running:
    """The process. `said`: all that it has written so far, logs and prints."""

    def __init__(self, process: commands.Running, out: Path) -> None:
        self.process = process
        self._out = out
        self.link = ""

    @property
    def said(self) -> str:
        return self._out.read_text()

    @property
    def base(self) -> str:
        return self.link.partition("/setup")[0]

    async def come_up(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := LINK.search(self.said)):
                assert self.process.poll() is None, self.said
                await asyncio.sleep(0.05)
        self.link = found.group(1)

    async def until_ready(self, *accounts: str) -> None:
        """Until exactly these channels (beginnings of their accounts' names) are in working order."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            while True:
                async with session.get(f"{self.base}/readyz") as answer:
                    body = await answer.json()
                there = {name.partition(":")[0] for name, state in body.get("channels", {}).items() if state == "ok"}
                if body["status"] == "ok" and there == set(accounts):
                    return
                await asyncio.sleep(0.1)

    async def until_accepted(self, channel: str, count: int) -> None:
        """Until so many messages of a channel are stored."""
        line = re.compile(rf'centrala_accepted_total\{{channel="{channel}"\}} {count}\b')
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            while True:
                async with session.get(f"{self.base}/metrics") as answer:
                    if line.search(await answer.text()):
                        return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def running(folder: Path, database_url: str, *words: str) -> AsyncIterator[Running]:
    """Started without any file; stopped with SIGTERM, cleanly."""
    out = folder / "hub.out"
    process = commands.start("run", *words, folder=folder, environment=environment(database_url), out=out)
    one = Running(process, out)
    try:
        await one.come_up()
        yield one
    finally:
        process.terminate()
        code = await asyncio.to_thread(process.wait, 10)
    assert code == 0, one.said


def environment(database_url: str) -> dict[str, str]:
    """Any port, and the database of the engine under test; everything else comes from the file."""
    return {**os.environ, "CENTRALA_WEB__PORT": "0", "CENTRALA_DATABASE__URL": database_url}
