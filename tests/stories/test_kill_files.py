"""SIGKILL while files are fetched: each comes all the same, once, and whole."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from channels.telegram.simulator.model import Photo
from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support import pictures
from tests.support import traffic as flows
from tests.support.load import hub_process, until

ROUNDS = 3
WINDOW_S = 0.15  # after the question for the file: the download, the write, the commit


@pytest.mark.kill
@pytest.mark.timeout(240)
async def test_killed_between_fetch_and_commit_no_file_is_lost_or_doubled(tmp_path: Path, database_url: str) -> None:
    """R1, R2: the row of a file is written with its message, once; what is on disk without a row is the same bytes."""
    chance = random.Random(7)
    await database.connect(database_url)
    store = Store(Clock())
    sent = [pictures.png(100 + number, 80) for number in range(ROUNDS)]
    try:
        with hub_process(tmp_path, database_url) as hub:
            async with flows.far_sides(hub.port) as far:
                flows.configure(hub, far)
                person = far.world.person(7001, "Eszter")
                await hub.start()
                for number, picture in enumerate(sent, 1):
                    far.world.send(person, far.world.private(person), Photo(picture))
                    await until(lambda number=number: _asked(far) >= number, "a question for the file", within_s=60)
                    await asyncio.sleep(chance.uniform(0, WINDOW_S))
                    assert await hub.end(signal.SIGKILL) == -signal.SIGKILL
                    await hub.start()

                async def is_here() -> bool:
                    found = await store.reading().fetch("SELECT state FROM attachments")
                    return [row["state"] for row in found] == ["held"] * ROUNDS

                for _ in range(600):
                    if await is_here():
                        break
                    await asyncio.sleep(0.1)
                assert await is_here()
                rows = await store.reading().fetch("SELECT message_id, file FROM attachments ORDER BY id")
                assert len({row["message_id"] for row in rows}) == ROUNDS
                kept = {path.name: path for path in await asyncio.to_thread(lambda: list(tmp_path.rglob("??/*")))}
                assert [await asyncio.to_thread(kept[row["file"]].read_bytes) for row in rows] == sent
                assert await hub.end(signal.SIGTERM) == 0
    finally:
        await database.close()


def _asked(far: flows.Far) -> int:
    return sum(call.method.lower() == "getfile" for call in far.telegram.world.calls)
