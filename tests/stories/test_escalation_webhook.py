"""A chain's webhook at the wire: signed posts, tried again under one key, and the next step where it fails."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support import cast
from tests.support import stage as stages
from tests.support.load import hub_process
from tests.tickets import letters

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATIENCE_S = 60.0


class Pager:
    """The far side: verifies each post as the published library does, and answers what it was told to."""

    def __init__(self, *answers: int) -> None:
        self.url = ""
        self.answers = list(answers)
        self.seen: list[tuple[str, Any]] = []
        self.wrong: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            body = Webhook(SECRET).verify(await request.read(), headers)
        except Exception as error:  # whatever is wrong with it, the test is to say so
            self.wrong.append(repr(error))
            return web.Response(status=401)
        if headers["idempotency-key"] != headers["webhook-id"]:
            self.wrong.append("two keys")
        self.seen.append((headers["webhook-id"], body))
        await self.open.wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 204)


@asynccontextmanager
async def paged(pager: Pager) -> AsyncIterator[Pager]:
    app = web.Application()
    app.router.add_post("/in", pager.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pager.url = f"http://127.0.0.1:{runner.addresses[0][1]}/in"
    try:
        yield pager
    finally:
        pager.open.set()
        await runner.cleanup()
        assert pager.wrong == []


def settings(url: str, *, private: bool = True) -> dict[str, Any]:
    steps = [{"webhook": "pager"}, {"who": "queue.manager", "after": "1h"}]
    return {
        "hooks": {"out": {"pager": {"url": url, "secret": SECRET, "private": private}}},
        "chains": [{"name": "desk", "steps": steps}],
        "queues": {"inbox": {"chain": "desk"}},
    }


async def test_a_pager_is_told_once_it_takes_it_and_people_follow_in_their_time(
    database_url: str, tmp_path: Path
) -> None:
    """M-10: 503 first; the same post comes again after five seconds, and the manager not before his hour."""
    async with paged(Pager(503)) as pager, stages.playing(database_url, tmp_path, **settings(pager.url)) as stage:
        stage.open(stage.marek)
        await stage.customer("Segítség kell")
        await stage.push(hours=1)
        await stage.until(lambda: len(pager.seen) == 1)
        await stage.until(lambda: tried(stage, 1))
        await stage.push(seconds=5)
        await stage.until(lambda: len(pager.seen) == 2)
        assert pager.seen[0] == pager.seen[1]
        assert pager.seen[0][1]["data"]["ticket"] == "T1" and "Segítség" not in str(pager.seen)
        await stage.until(lambda: stood(stage, "sent"))
        assert stage.bot_texts(stage.marek.id) == []
        await stage.push(hours=1)
        await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) == 1)
        assert len(pager.seen) == 2


async def test_where_the_pager_refuses_the_manager_is_told_at_once(database_url: str, tmp_path: Path) -> None:
    async with paged(Pager(410)) as pager, stages.playing(database_url, tmp_path, **settings(pager.url)) as stage:
        stage.open(stage.marek)
        await stage.customer("Segítség kell")
        await stage.push(hours=1)
        await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) == 1)
        assert len(pager.seen) == 1
        [said] = await stage.rows("SELECT text FROM entries WHERE text LIKE 'escalation %'")
        assert said["text"] == "escalation told nobody by webhook pager (T1): it answered 410"


async def test_an_address_inside_is_never_asked_unless_the_settings_say_so(database_url: str, tmp_path: Path) -> None:
    """A name that leads to this very machine: refused when it is looked up, and the manager is told."""
    async with paged(Pager()) as pager:
        url = pager.url.replace("http://127.0.0.1", "https://localhost")
        async with stages.playing(database_url, tmp_path, **settings(url, private=False)) as stage:
            stage.open(stage.marek)
            await stage.customer("Segítség kell")
            await stage.push(hours=1)
            await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) == 1)
            [row] = await stage.rows("SELECT state, reason FROM hook_posts")
            assert row["state"] == "failed" and row["reason"].startswith("its address is inside")
        assert pager.seen == []


@pytest.mark.kill
@pytest.mark.timeout(180)
async def test_killed_while_the_pager_thinks_the_same_post_comes_again(database_url: str, tmp_path: Path) -> None:
    """R8: at least once, and under the same key."""
    pager = Pager()
    pager.open.clear()
    await database.connect(database_url)
    try:
        store = Store(Clock())
        await cast.hire(store)
        await letters.ticket(store, due_at=store.clock.now() + timedelta(seconds=1))
        async with paged(pager):
            with hub_process(tmp_path, database_url) as hub:
                config = hub.config.read_text().replace("[queues.inbox]\n", '[queues.inbox]\nchain = "desk"\n')
                hub.config.write_text(
                    f'{config}\n[hooks.out.pager]\nurl = "{pager.url}"\nsecret = "{SECRET}"\nprivate = true\n'
                    '[[chains]]\nname = "desk"\nsteps = [{ webhook = "pager" }]\n'
                )
                await hub.start()
                await _until(lambda: len(pager.seen) == 1)
                assert await hub.end(signal.SIGKILL) == -signal.SIGKILL
                pager.open.set()
                async with store.unit() as work:
                    await work.change("UPDATE hook_posts SET due_at = ?", datetime.now(UTC))  # the lease runs out
                await hub.start()
                await _until(lambda: len(pager.seen) == 2)
                assert pager.seen[0] == pager.seen[1]
                await _until(lambda: sent(store))
                assert await hub.end(signal.SIGTERM) == 0
                assert len(pager.seen) == 2
    finally:
        await database.close()


async def tried(stage: stages.Stage, times: int) -> bool:
    """The answer to so many tries is written down."""
    found = await stage.rows("SELECT tries FROM hook_posts WHERE reason <> ''")
    return [row["tries"] for row in found] == [times]


async def stood(stage: stages.Stage, state: str) -> bool:
    found = await stage.rows("SELECT state FROM hook_posts")
    return [row["state"] for row in found] == [state]


async def sent(store: Store) -> bool:
    """The post's second try was taken."""
    found = await store.reading().fetch("SELECT state, tries FROM hook_posts")
    return [(row["state"], row["tries"]) for row in found] == [("sent", 2)]


async def _until(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        held = holds()
        if asyncio.iscoroutine(held):
            held = await held
        if held:
            return
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


async def test_a_rule_tells_another_system(database_url: str, tmp_path: Path) -> None:
    """M-6, M-10: signed, once a ticket; one that refuses is told on the ticket."""
    async with paged(Pager(204, 404)) as pager:
        rule = {"name": "cards", "when": 'message.text.contains("kártya")', "tags": ["card"], "hook": "pager"}
        set_ = {"hooks": settings(pager.url)["hooks"], "rules": [rule]}
        async with stages.playing(database_url, tmp_path, **set_) as stage:
            await stage.customer("A kártya rossz")
            await stage.until(lambda: len(pager.seen) == 1)
            told = pager.seen[0][1]
            assert told["type"] == "rule.matched" and told["data"]["rule"] == "cards"
            assert (told["data"]["ticket"], told["data"]["tags"]) == ("T1", ["card"])
            await stage.customer("A másik kártya is")
            await stage.post("kártya", sender="orlik@example.hu")
            await stage.until(lambda: len(pager.seen) == 2)
            await stage.until(lambda: refused(stage))


async def refused(stage: stages.Stage) -> bool:
    found = await stage.rows("SELECT text FROM entries WHERE text LIKE 'rule cards: webhook pager was not told%'")
    return [row["text"] for row in found] == ["rule cards: webhook pager was not told: it answered 404"]
