"""How the hub starts and stops while its store is locked, away or behind."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from hub import database, opening, settings
from hub.app import App
from kernel import loops, threads
from kernel.unit import Store
from tests.hub import schema
from tests.support.databases import ENGINE

TOKEN = "t" * 20
sqlite_only = pytest.mark.skipif(ENGINE != "sqlite", reason="a lock that another process holds on the file")
Make = Callable[..., App]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Hubs without channels, stopped at the end."""
    made: list[App] = []

    def new(url: str, **web: Any) -> App:
        sources = {"form": {"token": TOKEN, "addresses": ["127.0.0.0/8"]}}
        values = {"database": {"url": url}, "web": {"port": 0, **web}, "hooks": {"sources": sources}}
        made.append(App(settings.check(values, base=tmp_path)))
        return made[-1]

    yield new
    for app in reversed(made):  # the last one first: they share the connections of this process
        await app.stop()


async def post(app: App, text: str = "Hello", **more: str) -> int:
    data = {"from": {"address": "eszter@example.hu"}, "text": text}
    event = {"type": "message.received", "timestamp": datetime.now(UTC).isoformat(), "data": data}
    url, headers = f"http://127.0.0.1:{app.port}/hooks/form", {"Authorization": f"Bearer {TOKEN}", **more}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=orjson.dumps(event), headers=headers) as answer,
    ):
        return answer.status


async def ready(app: App) -> tuple[int, list[str]]:
    url = f"http://127.0.0.1:{app.port}/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, (await answer.json())["down"]


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.01)


async def handled(app: App) -> bool:
    return app.fork.handled > 0


@sqlite_only
async def test_a_store_locked_at_the_start_delays_and_ends_nothing(
    make: Make, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-5: a backup or a command line writes just then; the hub is not ready, and begins once it can."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
    other = sqlite3.connect(database_url.removeprefix("sqlite://"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    app = make(database_url)
    await app.start()

    async def is_migrated() -> bool:
        return app.is_migrated

    await until(is_migrated)
    assert await ready(app) == (503, ["intake (not started yet)"])
    other.execute("ROLLBACK")
    other.close()

    async def is_ready() -> bool:
        return (await ready(app))[0] == 200

    await until(is_ready)
    assert await post(app) == 202
    await until(lambda: handled(app))


async def test_a_store_behind_its_version_takes_nothing_and_refuses_nothing(make: Make, empty_url: str) -> None:
    """M-4: "not now" and never "not like this", whatever tables there are."""
    await schema.migrate(empty_url, "0001_initial")
    app = make(empty_url)
    await app.start()
    assert {await post(app) for _ in range(5)} == {503}
    assert (await ready(app))[0] == 503


async def test_a_hub_that_is_stopped_while_it_makes_its_tables_leaves_no_half_of_them(
    make: Make, empty_url: str
) -> None:
    """B-11: whoever saves a setting in the first second starts the hub anew just then; it took no more messages."""
    app = make(empty_url)
    await app.start()
    connection = app.store.direct()
    await until(lambda: has_a_table(connection))
    await app.stop()
    again = make(empty_url)
    await again.start()
    await until(lambda: taken(again))


async def has_a_table(connection: Any) -> bool:
    return bool(await schema.tables(connection) - {"tortoise_migrations"})


async def taken(app: App) -> bool:
    return await post(app) == 202


async def test_a_new_store_is_never_a_reason_to_refuse(make: Make, empty_url: str) -> None:
    app = make(empty_url)
    await app.start()
    answers: list[int] = []

    async def is_taken() -> bool:
        answers.append(await post(app, f"Hello {len(answers)}"))
        return answers[-1] == 202

    await until(is_taken)
    assert set(answers) <= {503, 202}
    await until(lambda: handled(app))


async def test_a_loop_that_fails_again_and_again_is_told(make: Make, database_url: str) -> None:
    """A hub that takes messages in and handles none is not ready."""

    async def broken() -> float:
        raise KeyError("a fault of ours")

    app = make(database_url)
    await app.start()
    await until(lambda: _is_running(app))
    app._timers._turn = broken
    app._timers.poke()

    async def is_told() -> bool:
        return await ready(app) == (503, ["timers (fails again and again; see the log)"])

    await until(is_told)


async def _is_running(app: App) -> bool:
    return app.is_running


FIGURES = "f" * 20


@pytest.mark.parametrize(
    ("web", "headers", "status"),
    [
        pytest.param({}, {}, 200, id="this machine"),
        pytest.param({}, {"X-Forwarded-For": "203.0.113.9"}, 403, id="through a proxy on this machine"),
        pytest.param({"trusted_proxies": ["127.0.0.1/32"]}, {"X-Forwarded-For": "203.0.113.9"}, 403, id="from outside"),
        pytest.param({"public_url": "https://desk.example"}, {}, 403, id="a public hub without a token"),
        pytest.param({"metrics_token": FIGURES}, {}, 403, id="no token shown"),
        pytest.param({"metrics_token": FIGURES}, {"Authorization": "Bearer x"}, 403, id="another token"),
        pytest.param({"metrics_token": FIGURES}, {"Authorization": f"Bearer {FIGURES}"}, 200, id="the token"),
        pytest.param(
            {"metrics_token": FIGURES, "public_url": "https://desk.example"},
            {"Authorization": f"Bearer {FIGURES}", "X-Forwarded-For": "203.0.113.9"},
            200,
            id="the token from outside",
        ),
    ],
)
async def test_who_may_read_the_figures(
    make: Make, database_url: str, web: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    """S12: behind a proxy everybody seems to come from this machine."""
    app = make(database_url, **web)
    await app.start()
    await until(lambda: _is_running(app))
    url = f"http://127.0.0.1:{app.port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        assert answer.status == status


async def test_a_sources_networks_hold_behind_a_proxy_too(make: Make, database_url: str) -> None:
    app = make(database_url, trusted_proxies=["127.0.0.1/32"])
    await app.start()
    await until(lambda: _is_running(app))
    assert await post(app, **{"X-Forwarded-For": "203.0.113.9"}) == 401
    assert await post(app, **{"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}) == 401
    assert await post(app, **{"X-Forwarded-For": "127.0.0.2"}) == 202


async def test_stopping_goes_on_where_a_part_cannot_end(make: Make, database_url: str) -> None:
    app = make(database_url)
    await app.start()
    await until(lambda: _is_running(app))

    async def broken() -> None:
        raise OSError("the store is away")

    stop, app.acceptor.stop = app.acceptor.stop, broken  # type: ignore[method-assign]
    await app.stop()
    await stop()
    await database.connect(database_url)
    [run] = await Store(app.clock).reading().fetch("SELECT stopped_at FROM hub_runs")
    assert run["stopped_at"] is not None


async def test_a_channel_that_cannot_be_loaded_is_away_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PAUSES_S", (0.0,))
    adapter: Any = type("Broken", (), {"name": "broken", "health": type("", (), {"degraded": ""})()})()
    tried: list[str] = []

    async def load() -> None:
        tried.append(adapter.health.degraded)
        if len(tried) < 3:
            raise ImportError("no such library")

    await opening.insist(adapter, load)
    assert tried[0] == "" and all("ImportError" in said for said in tried[1:])


async def test_nobody_waits_for_a_thread_that_imports() -> None:
    """SIGTERM within five seconds: an import of a minute would outlast it."""
    leave, began = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        leave.wait(30)

    task = asyncio.create_task(threads.run(slow, name="slow"))
    await asyncio.to_thread(began.wait, 5)
    [thread] = [one for one in threading.enumerate() if one.name == "slow"]
    started_at = time.monotonic()
    await loops.cancel(task)
    assert time.monotonic() - started_at < 5 and thread.daemon
    leave.set()
    await asyncio.to_thread(thread.join, 5)


async def test_what_a_thread_raises_is_raised() -> None:
    def broken() -> None:
        raise ImportError("no such library")

    with pytest.raises(ImportError):
        await threads.run(broken, name="broken")
    await threads.run(lambda: None, name="fine")
