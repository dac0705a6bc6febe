"""SIGKILL while files come by a link: what the customer was thanked for is there, once and whole."""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
import re
import signal
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import orjson
import pytest

from crmcore.access import Actor, Role, StaffId
from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support import pictures
from tests.support.load import SECRET, SOURCE, HubProcess, hub_process
from tickets import uploads, visible
from webhooks import signature

ROUNDS = 4
WINDOW_S = 0.4  # after the form has begun to be sent: the reading, the commit, the answer, the handling
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
ANNA = Actor(StaffId(1), "Anna", Role.AGENT, "UTC", frozenset())


@pytest.mark.kill
@pytest.mark.timeout(240)
async def test_killed_while_files_come_each_form_is_one_message(tmp_path: Path, database_url: str) -> None:
    """R1, R2: the browser sends again until it is answered; thanked or told that we have it, we have it once."""
    chance = random.Random(11)
    await database.connect(database_url)
    store = Store(Clock())
    try:
        with hub_process(tmp_path, database_url) as hub:
            await hub.start()
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
                await _write(browser, hub)
                await _until(store, "SELECT id FROM tickets", 1)
                sent = [[pictures.png(200 + number, 90), pictures.png(90, 200 + number)] for number in range(ROUNDS)]
                for files in sent:
                    link = await _link(store)
                    form = asyncio.create_task(_send(browser, hub, link, files))
                    await asyncio.sleep(chance.uniform(0.02, WINDOW_S))
                    assert await hub.end(signal.SIGKILL) == -signal.SIGKILL
                    with contextlib.suppress(aiohttp.ClientError):
                        await form
                    await hub.start()
                    await _sent(browser, hub, link, files)
                held = "SELECT message_id, file FROM attachments WHERE state = 'held' ORDER BY message_id, position"
                rows = await _until(store, held, 2 * ROUNDS)
                assert len({row["message_id"] for row in rows}) == ROUNDS
                kept = {path.name: path for path in await asyncio.to_thread(lambda: list(tmp_path.rglob("??/*")))}
                found = [await asyncio.to_thread(kept[row["file"]].read_bytes) for row in rows]
                assert found == [body for files in sent for body in files]
                told = await store.reading().fetch("SELECT id FROM messages WHERE channel = 'upload'")
                assert len(told) == ROUNDS
                assert await hub.end(signal.SIGTERM) == 0
    finally:
        await database.close()


async def _write(browser: aiohttp.ClientSession, hub: HubProcess) -> None:
    event = {
        "type": "message.received",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"from": {"address": "eszter@example.hu", "name": "Eszter"}, "text": "Damaged", "thread": "1"},
    }
    body, at = orjson.dumps(event), str(int(datetime.now(UTC).timestamp()))
    signed = signature.sign(signature.key(SECRET), "m1", at, body)
    headers = {"webhook-id": "m1", "webhook-timestamp": at, "webhook-signature": signed}
    url = f"http://127.0.0.1:{hub.port}/hooks/{SOURCE}"
    for _ in range(100):
        async with browser.post(url, data=body, headers=headers) as got:
            if got.status == 202:
                return
        await asyncio.sleep(0.1)
    raise AssertionError("the hub takes nothing in")


async def _link(store: Store) -> str:
    ticket = await visible.by_number(store.reading(), 1)
    assert ticket is not None
    async with store.unit() as work:
        return uploads.PATH + await uploads.issue(work, ANNA, ticket)


async def _sent(browser: aiohttp.ClientSession, hub: HubProcess, link: str, files: list[bytes]) -> None:
    """As a customer does: again until somebody says how it is."""
    for _ in range(200):
        with contextlib.suppress(aiohttp.ClientError):
            if await _send(browser, hub, link, files) in (200, 410):
                return
        await asyncio.sleep(0.2)
    raise AssertionError("the form was never answered")


async def _send(browser: aiohttp.ClientSession, hub: HubProcess, link: str, files: list[bytes]) -> int:
    base = f"http://127.0.0.1:{hub.port}"
    async with browser.get(base + link) as got:
        found = CSRF.findall(await got.text())
        if not found:
            return got.status
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("csrf", found[0])
    for number, body in enumerate(files):
        form.add_field("files", io.BytesIO(body), filename=f"{number}.png", content_type="image/png")
    async with browser.post(base + link, data=form, headers={"Origin": base}) as got:
        return got.status


async def _until(store: Store, sql: str, count: int) -> list[dict[str, object]]:
    for _ in range(600):
        found = await store.reading().fetch(sql)
        if len(found) >= count:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"still not {count}: {sql}")
