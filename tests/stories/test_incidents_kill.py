"""SIGKILL while an incident is told, brought up to date and closed: each hears each text once, no ticket is left."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from channels.telegram.simulator import BotApi
from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.stories.test_outage_kill import CHANNEL
from tests.support import cast
from tests.support.load import LOOK_EVERY_S, HubProcess, hub_process, killed, until
from tests.support.stage import TOKEN

CROWD = 90
PATIENCE_S = 90.0
WORDS = "the card terminals are down again at the pump"
TEXTS = ("We know of the problem", "being restarted", "is solved")  # one a revision
_NOTICES = "SELECT count(*) > {more} AS done FROM incident_notices WHERE revision = {revision}"
_QUIET = "AND NOT EXISTS (SELECT 1 FROM messages WHERE purpose IN ('acknowledgement', 'notice')"
_QUIET += " AND state IN ('queued', 'leased'))"


@pytest.mark.kill
@pytest.mark.timeout(400)
async def test_killed_at_every_step_of_an_incident_nobody_hears_anything_twice(
    tmp_path: Path, database_url: str
) -> None:
    """R8, B-8: a line of the ledger, a message and at most one delivery a person and text; all tickets are closed."""
    api = BotApi(TOKEN)
    url = await api.start()
    world: Any = api.world
    marek = world.person(cast.MAREK, "Marek")
    desk = world.group(cast.STAFF_CHAT, "Desk", members=[marek])
    crowd = [world.person(6000 + place, f"Driver {place}") for place in range(CROWD)]
    await database.connect(database_url)
    try:
        store = Store(Clock())
        await cast.hire(store)
        with hub_process(tmp_path, database_url) as hub:
            hub.config.write_text(
                hub.config.read_text() + CHANNEL.format(token=TOKEN, api_url=url, chat=cast.STAFF_CHAT)
            )
            await hub.start()
            for place, person in enumerate(crowd):
                world.private(person).opened = True
                world.say(person, world.private(person), f"{WORDS} {place}")
            await _done(store, f"SELECT count(*) = {CROWD} AS done FROM tickets")
            await _pressed(world, marek, desk, "Join all")
            await _killed_amid(hub, store, 0)
            world.say(marek, desk, "/incident I-1 update next 3h being restarted")
            await _pressed(world, marek, desk, f"Send to {CROWD}")
            await _killed_amid(hub, store, 1)
            world.say(marek, desk, "/incident I-1 close")
            await _pressed(world, marek, desk, f"Send to {CROWD}", besides="being restarted")
            await _killed_amid(hub, store, 2)
            await _killed_at(hub, store, f"SELECT count(*) > {CROWD // 4} AS done FROM tickets WHERE state = 'closed'")
            await _done(store, f"SELECT EXISTS (SELECT 1 FROM incidents WHERE state = 'closed') {_QUIET} AS done")
            await _check(store, world, [person.id for person in crowd])
            assert await hub.end(signal.SIGTERM) == 0
    finally:
        await database.close()
        await api.stop()


async def _killed_amid(hub: HubProcess, store: Store, revision: int) -> None:
    """Twice while this text goes out, then all have it."""
    for part in (0, CROWD // 2):
        await _killed_at(hub, store, _NOTICES.format(more=part, revision=revision))
    everybody = _NOTICES.format(more=CROWD - 1, revision=revision).replace(" AS done", f" {_QUIET} AS done")
    sent = f" AND NOT EXISTS (SELECT 1 FROM incident_revisions WHERE number = {revision} AND state = 'sending')"
    await _done(store, everybody.replace(" AS done", f"{sent if revision == 1 else ''} AS done"))


async def _killed_at(hub: HubProcess, store: Store, sql: str) -> None:
    await _done(store, sql)
    await asyncio.sleep(random.uniform(0, 0.2))
    await killed(hub, store, leases_run_out=True)


async def _check(store: Store, world: Any, people: list[int]) -> None:
    found = await store.reading().fetch(
        "SELECT n.contact_id, n.revision, m.address, m.state FROM incident_notices AS n"
        " JOIN messages AS m ON m.id = n.message_id"
    )
    once = Counter((row["contact_id"], row["revision"]) for row in found)
    assert len(once) == len(found) == len(TEXTS) * len(people)
    assert {row["state"] for row in found} <= {"sent", "maybe_sent"}
    for revision, part in enumerate(TEXTS):
        heard = {one: sum(part in message.text for message in world.messages(one)) for one in people}
        assert max(heard.values()) == 1, part
        unsure = {int(row["address"]) for row in found if row["state"] == "maybe_sent" and row["revision"] == revision}
        assert {one for one in people if heard[one] == 0} <= unsure
    rows = await store.reading().fetch(
        "SELECT (SELECT count(*) FROM tickets WHERE state = 'closed') AS closed,"
        " (SELECT count(*) FROM incident_tickets WHERE state = 'over') AS over,"
        " (SELECT count(*) FROM incidents) AS incidents,"
        " (SELECT count(*) FROM entries WHERE kind = 'event' AND text LIKE 'Marek closed%') AS acts"
    )
    assert dict(rows[0]) == {"closed": len(people), "over": len(people), "incidents": 1, "acts": len(people)}


async def _pressed(world: Any, person: Any, desk: Any, label: str, *, besides: str = "\0") -> None:
    """The button of that label, once it stands there. `besides`: not under a message with these words."""

    def found() -> tuple[int, str] | None:
        for message in reversed(world.messages(desk.id)):
            for text, code in (button for row in message.buttons for button in row):
                if text == label and besides not in message.text:
                    return message.id, code
        return None

    await until(lambda: found() is not None, f"a button {label}", within_s=PATIENCE_S)
    message_id, code = found() or (0, "")
    world.press(person, desk, message_id, code)


async def _done(store: Store, sql: str) -> None:
    """Until the store says so."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        [row] = await store.reading().fetch(sql)
        if row["done"]:
            return
        assert time.monotonic() < deadline, sql
        await asyncio.sleep(LOOK_EVERY_S)
