"""The store goes away under traffic on all channels: everybody is told to come back, and nothing needs a restart."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support import accounting
from tests.support import traffic as flows
from tests.support.away import LockedFile, StoppedServer, leaving
from tests.support.load import hub_process, until
from tests.support.traffic import Traffic

PATIENCE_S = 90.0
TORTURE_S = 60.0
IN_FLIGHT_S = 1.0  # so long without an answer: what was stored before it went has been answered
AFTERWARDS_S = 2.0


@pytest.fixture
def ground(database_url: str) -> Iterator[LockedFile | StoppedServer]:
    with leaving(database_url) as found:
        yield found


@pytest.mark.kill
@pytest.mark.timeout(240)
async def test_while_the_store_is_away_everybody_is_told_to_come_back_and_does(
    tmp_path: Path, ground: LockedFile | StoppedServer
) -> None:
    """R3: 451, 503 and no next offset; afterwards all of it, once and in its order, by itself."""
    await _leave(tmp_path, ground, seconds=0.0)


@pytest.mark.torture
@pytest.mark.kill
@pytest.mark.timeout(600)
async def test_a_store_away_for_a_minute(tmp_path: Path, ground: LockedFile | StoppedServer) -> None:
    await _leave(tmp_path, ground, seconds=TORTURE_S)


async def _leave(folder: Path, ground: LockedFile | StoppedServer, *, seconds: float) -> None:
    """1. Traffic. 2. The store goes, for that long and until everybody was refused. 3. More traffic. 4. Count."""
    seed = int(os.environ.get("CENTRALA_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"repeat with CENTRALA_TEST_SEED={seed}")
    await database.connect(ground.url)
    try:
        with hub_process(folder, ground.url) as hub:
            async with flows.far_sides(hub.port) as far:
                flows.configure(hub, far)
                traffic = Traffic(hub, far, Store(Clock()), seed)
                await hub.start()
                async with asyncio.TaskGroup() as group:
                    group.create_task(traffic.flow())
                    await until(traffic.is_everywhere, "an answer on every channel", within_s=PATIENCE_S)
                    await _go_away(ground, traffic, seconds)
                    await asyncio.sleep(AFTERWARDS_S)
                    traffic.stop()
                await accounting.drained(traffic.store)
                await accounting.check_in(traffic)
                await accounting.check_out(traffic, kills=0)
                await accounting.check_store(traffic.store)
                assert hub.starts == 1
                assert await hub.end(signal.SIGTERM) == 0
    finally:
        await database.close()


async def _go_away(ground: LockedFile | StoppedServer, traffic: Traffic, seconds: float) -> None:
    """Nothing is acknowledged meanwhile; every sender hears that he should come back, and Telegram hears nothing."""
    async with traffic.desk:
        began = traffic.refusals()
        async with ground.away():
            until_at = time.monotonic() + seconds
            before = await _answered(traffic)
            await until(lambda: _all_refused(traffic, began), "everybody was refused", within_s=PATIENCE_S)
            await asyncio.sleep(max(0.0, until_at - time.monotonic()))
            assert traffic.acknowledged() == before
            print(f"refused {traffic.refusals()}")
            assert {one.status for one in traffic.far.twilio.world.deliveries} <= {200, 503}


async def _answered(traffic: Traffic) -> tuple[int, int, int]:
    """What was acknowledged, once the answers to what was stored before are through; were it to go on, this fails."""
    began = time.monotonic()
    before, since = traffic.acknowledged(), began
    while time.monotonic() - since < IN_FLIGHT_S:
        assert time.monotonic() - began < PATIENCE_S, "senders are told 'taken in' while the store is away"
        await asyncio.sleep(0.05)
        if (now := traffic.acknowledged()) != before:
            before, since = now, time.monotonic()
    return before


def _all_refused(traffic: Traffic, began: dict[str, int]) -> bool:
    return all(count > began[channel] for channel, count in traffic.refusals().items())
