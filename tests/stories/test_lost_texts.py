"""SIGKILL between Twilio's acceptance and our own commit: the message list says whether the text went out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels import witness
from channels.sms import wire
from channels.sms.simulator import TwilioApi
from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.stories.test_sms import ESZTER, TOKEN
from tests.support.load import HubProcess, hub_process, killed

LOOK_EVERY_S = 0.05
PATIENCE_S = 40.0
SETTINGS = """
[channels.sms]
account_sid = "{sid}"
auth_token = "{token}"
sender = "{sender}"
api_url = "{api_url}"
public_url = "http://127.0.0.1:{port}"
rate = 100
account_rate = 100
"""
pytestmark = [pytest.mark.kill, pytest.mark.timeout(180)]


@asynccontextmanager
async def texting(folder: Path, url: str) -> AsyncIterator[tuple[HubProcess, TwilioApi, Store]]:
    """The hub as a process of its own, to be killed, and Twilio here."""
    api = TwilioApi(TOKEN, retry_delay_s=0.01)
    await api.start()
    await database.connect(url)
    try:
        with hub_process(folder, url) as hub:
            said = {"sid": api.world.account_sid, "token": TOKEN, "sender": api.world.number, "api_url": api.url}
            hub.config.write_text(hub.config.read_text() + SETTINGS.format(**said, port=hub.port))
            api.world.message_url = f"http://127.0.0.1:{hub.port}{wire.MESSAGE_PATH}"
            await hub.start()
            yield hub, api, Store(Clock())
    finally:
        await database.close()
        await api.stop()


async def until(done: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        held = done()
        if asyncio.iscoroutine(held):
            held = await held
        if held:
            return
        assert time.monotonic() < deadline, f"after {PATIENCE_S:.0f} s still not: {what}"
        await asyncio.sleep(LOOK_EVERY_S)


async def acknowledgement(store: Store) -> dict[str, Any]:
    found = await store.reading().fetch("SELECT * FROM messages WHERE direction = 'out' AND channel = 'sms'")
    return found[0] if found else {"state": "", "external_id": None}


async def is_in(store: Store, state: str) -> bool:
    return str((await acknowledgement(store))["state"]) == state


def posted(api: TwilioApi) -> int:
    return len([call for call in api.world.calls if call.method == "POST"])


async def asked_since(api: TwilioApi, count: int) -> bool:
    return len([call for call in api.world.calls if call.method == "GET" and "To" in call.params]) > count


async def test_what_twilio_had_taken_is_sent_and_not_doubled(tmp_path: Path, database_url: str) -> None:
    """R7: one text, settled under Twilio's own id, though the hub never saw the answer."""
    async with texting(tmp_path, database_url) as (hub, api, store):
        api.world.faults.hang(60)
        api.world.travels = False  # no report comes: only the list can tell
        api.world.text(ESZTER, "Nem működik a kártyám")
        await until(lambda: api.world.inbox(ESZTER), "taken by Twilio")
        await killed(hub, store, leases_run_out=True)
        await until(lambda: is_in(store, "sent"), "settled as sent")
        [made] = [one for one in api.world.messages if not one.is_inbound]
        assert (await acknowledgement(store))["external_id"] == made.sid
        assert posted(api) == 1


async def test_what_twilio_never_had_is_sent_again(tmp_path: Path, database_url: str) -> None:
    """R7: the request was on its way when the hub died, and nothing came of it."""
    async with texting(tmp_path, database_url) as (hub, api, store):
        api.world.faults.stall(1.0)
        api.world.text(ESZTER, "Nem működik a kártyám")
        await until(lambda: posted(api), "on its way to Twilio")
        await killed(hub, store, leases_run_out=True)
        await until(lambda: is_in(store, "delivered"), "sent again and delivered")
        assert (len(api.world.inbox(ESZTER)), posted(api)) == (1, 2)


async def test_a_list_that_lags_makes_no_double(tmp_path: Path, database_url: str) -> None:
    """R7: an empty list right after the lease is no proof; the message shows in it later."""
    async with texting(tmp_path, database_url) as (hub, api, store):
        api.world.faults.hang(60)
        api.world.faults.list_lags = True
        api.world.travels = False
        api.world.text(ESZTER, "Nem működik a kártyám")
        await until(lambda: api.world.inbox(ESZTER), "taken by Twilio")
        await killed(hub, store, leases_run_out=False)
        async with store.unit() as work:
            ended_at = datetime.now(UTC) - witness.LAG + timedelta(seconds=PATIENCE_S)
            await work.change("UPDATE messages SET lease_until = ? WHERE state = 'leased'", ended_at)
        await until(lambda: asked_since(api, 0), "asked about")
        assert await is_in(store, "leased")
        api.world.faults.catch_up()
        await until(lambda: is_in(store, "sent"), "found in the list")
        assert posted(api) == 1


async def test_two_candidates_stay_maybe_sent(tmp_path: Path, database_url: str) -> None:
    """R7: another program has sent the same words by the same number: a person has to look."""
    async with texting(tmp_path, database_url) as (hub, api, store):
        api.world.faults.hang(60)
        api.world.travels = False
        api.world.text(ESZTER, "Nem működik a kártyám")
        await until(lambda: api.world.inbox(ESZTER), "taken by Twilio")
        [made] = [one for one in api.world.messages if not one.is_inbound]
        api.world.make({"To": ESZTER, "From": api.world.number, "Body": made.body})
        await killed(hub, store, leases_run_out=True)
        await until(lambda: is_in(store, "maybe_sent"), "maybe sent")
        assert posted(api) == 1
