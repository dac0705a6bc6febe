"""SIGTERM under load: within five seconds, exit code 0, everything acknowledged kept; SIGKILL is noticed as unclean."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support.load import PATIENCE_S, Crowd, HubProcess, hub_process, until

WITHIN_S = 5.0
UNCLEAN = "hub.unclean"


@pytest.mark.kill
async def test_sigterm_under_load_stops_in_time_and_keeps_what_was_acknowledged(
    tmp_path: Path, database_url: str
) -> None:
    with hub_process(tmp_path, database_url) as hub:
        crowd = Crowd(hub, seed=1)
        await hub.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(crowd.write())
            await until(lambda: len(crowd.acknowledged) >= 100, "100 acknowledged")
            began_at = time.monotonic()
            assert await hub.end(signal.SIGTERM) == 0
            took_s = time.monotonic() - began_at
            kept = await _stored(database_url)
            lost = [post for post, given in crowd.acknowledged.items() if given not in kept]
            await hub.start()
            crowd.is_over = True
        assert took_s <= WITHIN_S
        assert lost == []
        assert set(crowd.acknowledged.values()) <= await _stored(database_url)


@pytest.mark.kill
async def test_a_start_after_sigterm_is_clean_and_one_after_sigkill_is_not(tmp_path: Path, database_url: str) -> None:
    with hub_process(tmp_path, database_url) as hub:
        assert UNCLEAN not in await _run(hub, signal.SIGTERM)
        assert UNCLEAN not in await _run(hub, signal.SIGKILL)
        assert UNCLEAN in await _run(hub, signal.SIGTERM)
        assert UNCLEAN not in await _run(hub, signal.SIGTERM)


async def _run(hub: HubProcess, ended_by: signal.Signals) -> str:
    """One run with a message handled in it (by then the hub has judged the run before); what it said."""
    handled = await _handled(hub.url)
    await hub.start()
    crowd = Crowd(hub, seed=hub.starts, size=1, prefix=f"run{hub.starts}")
    crowd_ends = asyncio.create_task(crowd.write())
    await until(lambda: bool(crowd.acknowledged), "a message acknowledged")
    crowd.is_over = True
    await crowd_ends
    deadline = time.monotonic() + PATIENCE_S
    while await _handled(hub.url) == handled:
        assert time.monotonic() < deadline
    said = hub.said
    await hub.end(ended_by)
    return said


async def _stored(url: str) -> set[str]:
    return {str(row["id"]) for row in await _rows(url, "SELECT id FROM raw_messages")}


async def _handled(url: str) -> int:
    return len(await _rows(url, "SELECT id FROM raw_messages WHERE state = 'done'"))


async def _rows(url: str, sql: str) -> list[dict[str, object]]:
    await database.connect(url)
    try:
        return await Store(Clock()).reading().fetch(sql)
    finally:
        await database.close()
