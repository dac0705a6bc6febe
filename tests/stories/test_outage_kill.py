"""SIGKILL while a notice goes out: who was told is told once, who was not is told after the start."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from channels.contract import Address
from channels.telegram.simulator import BotApi
from crmcore import stations, subscribers
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support import cast
from tests.support.load import LOOK_EVERY_S, hub_process, killed, until
from tests.support.stage import TOKEN

CROWD = 300
KILLS = 3
PATIENCE_S = 60.0
CHANNEL = """
[channels.telegram]
token = "{token}"
api_url = "{api_url}"
staff_chat = {chat}
"""


@pytest.mark.kill
@pytest.mark.timeout(300)
async def test_killed_while_it_tells_hundreds_nobody_is_told_twice(tmp_path: Path, database_url: str) -> None:
    """R8, M-7: one line of the ledger, one message and at most one delivery each; what is unsure says so."""
    api = BotApi(TOKEN)
    url = await api.start()
    world: Any = api.world
    marek = world.person(cast.MAREK, "Marek")
    desk = world.group(cast.STAFF_CHAT, "Desk", members=[marek])
    crowd = [world.person(5000 + place, f"Driver {place}") for place in range(CROWD)]
    for person in crowd:
        world.private(person).opened = True
    await database.connect(database_url)
    try:
        store = Store(Clock())
        await _prepare(store, [person.id for person in crowd])
        with hub_process(tmp_path, database_url) as hub:
            hub.config.write_text(
                hub.config.read_text() + CHANNEL.format(token=TOKEN, api_url=url, chat=cast.STAFF_CHAT)
            )
            await hub.start()
            world.say(marek, desk, "/station 0412 down 2h")
            await until(lambda: _button(world, desk) is not None, "the preview", within_s=PATIENCE_S)
            found = _button(world, desk)
            assert found is not None
            world.press(marek, desk, found[0], found[1])
            for number in range(KILLS):
                await _done(store, f"SELECT count(*) > {number * CROWD // 10} AS done FROM notices")
                await asyncio.sleep(random.uniform(0, 0.3))
                await killed(hub, store, leases_run_out=True)
            await _done(
                store,
                "SELECT (SELECT count(*) FROM outage_revisions WHERE state = 'sent') = 1 AND NOT EXISTS"
                " (SELECT 1 FROM messages WHERE purpose = 'notice' AND state IN ('queued', 'leased')) AS done",
            )
            await _check(store, world, [person.id for person in crowd])
            assert await hub.end(signal.SIGTERM) == 0
    finally:
        await database.close()
        await api.stop()


async def _prepare(store: Store, people: list[int]) -> None:
    await cast.hire(store)
    async with store.unit() as work:
        await stations.upsert(work, [Facts("0412", "Gdynia", zone="Europe/Warsaw")])
    for start in range(0, len(people), subscribers.CHUNK):
        some = people[start : start + subscribers.CHUNK]
        async with store.unit() as work:
            wishes = [Wish((1,), (Address("telegram", str(one)),), f"Driver {one}", every=True) for one in some]
            await subscribers.upsert(work, wishes)


async def _check(store: Store, world: Any, people: list[int]) -> None:
    found = await store.reading().fetch(
        "SELECT n.contact_id, m.address, m.state FROM notices AS n JOIN messages AS m ON m.id = n.message_id"
    )
    assert len(found) == len({row["contact_id"] for row in found}) == len(people)
    [row] = await store.reading().fetch("SELECT count(*) AS n FROM messages WHERE purpose = 'notice'")
    assert row["n"] == len(people)
    heard = Counter({one: len(world.messages(one)) for one in people})
    assert max(heard.values()) == 1
    unsure = {int(row["address"]) for row in found if row["state"] == "maybe_sent"}
    assert {one for one in people if heard[one] == 0} <= unsure
    assert {row["state"] for row in found} <= {"sent", "maybe_sent"}


def _button(world: Any, desk: Any) -> tuple[int, str] | None:
    """The message with the button that sends, and what the button carries."""
    for message in world.messages(desk.id):
        for label, code in (button for row in message.buttons for button in row):
            if label == f"Send to {CROWD}":
                return message.id, code
    return None


async def _done(store: Store, sql: str) -> None:
    """Until the store says so."""
    deadline = time.monotonic() + 2 * PATIENCE_S
    while True:
        [row] = await store.reading().fetch(sql)
        if row["done"]:
            return
        assert time.monotonic() < deadline, sql
        await asyncio.sleep(LOOK_EVERY_S)
