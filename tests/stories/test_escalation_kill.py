"""SIGKILL at every step of a chain: each is told once, in its order, and none is forgotten."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.telegram.simulator import BotApi
from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support import cast
from tests.support.load import LOOK_EVERY_S, hub_process, killed
from tests.support.stage import TOKEN
from tests.tickets import letters

STEPS = 6
PATIENCE_S = 60.0
SETTINGS = """
[channels.telegram]
token = "{token}"
api_url = "{api_url}"
staff_chat = {chat}
[[chains]]
name = "steps"
steps = [{steps}, {{ repeat = 1, after = "2h" }}]
"""


@pytest.mark.kill
@pytest.mark.timeout(300)
async def test_killed_at_every_step_each_is_told_once(tmp_path: Path, database_url: str) -> None:
    """R8: a step is a row, its telling and the next one's row are one transaction."""
    api = BotApi(TOKEN)
    url = await api.start()
    world: Any = api.world
    marek = world.person(cast.MAREK, "Marek")
    world.group(cast.STAFF_CHAT, "Desk", members=[marek])
    world.private(marek).opened = True
    await database.connect(database_url)
    try:
        store = Store(Clock())
        await cast.hire(store)
        await letters.ticket(store, due_at=store.clock.now() + timedelta(seconds=2))
        async with store.unit() as work:
            await work.change("UPDATE tickets SET priority = 1")  # of others so many would be told together
        with hub_process(tmp_path, database_url) as hub:
            steps = ", ".join('{ who = "@Marek", after = "1s" }' for _ in range(STEPS))
            config = hub.config.read_text().replace("[queues.inbox]\n", '[queues.inbox]\nchain = "steps"\n')
            hub.config.write_text(config + SETTINGS.format(token=TOKEN, api_url=url, chat=cast.STAFF_CHAT, steps=steps))
            await hub.start()
            for told in range(1, STEPS + 1):
                await _told(store, told)
                await asyncio.sleep(random.uniform(0, 0.05))
                await killed(hub, store, leases_run_out=True)
            await _sent(store)
            await _check(store, len(world.messages(marek.id)))
            assert await hub.end(signal.SIGTERM) == 0
    finally:
        await database.close()
        await api.stop()


async def _check(store: Store, shown: int) -> None:
    steps = await store.reading().fetch("SELECT place, state, told FROM alert_steps ORDER BY id")
    assert [(row["place"], row["state"]) for row in steps] == [
        *((place, "done") for place in range(STEPS)),
        (STEPS, "waiting"),
    ]
    messages = await store.reading().fetch("SELECT state FROM messages WHERE purpose = 'alert' ORDER BY id")
    assert len(messages) == STEPS
    unsure = sum(row["state"] == "maybe_sent" for row in messages)
    assert {row["state"] for row in messages} <= {"sent", "maybe_sent"}
    assert STEPS - unsure <= shown <= STEPS


async def _told(store: Store, count: int) -> None:
    await _until(store, f"SELECT count(*) >= {count} AS done FROM alert_steps WHERE state = 'done'")


async def _sent(store: Store) -> None:
    sql = "SELECT NOT EXISTS (SELECT 1 FROM messages WHERE purpose = 'alert' AND state IN ('queued', 'leased')) AS done"
    await _until(store, sql)


async def _until(store: Store, sql: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not (await store.reading().fetch(sql))[0]["done"]:
        assert time.monotonic() < deadline, sql
        await asyncio.sleep(LOOK_EVERY_S)
