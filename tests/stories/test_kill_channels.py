"""SIGKILL at random moments with traffic on all channels, in and out: nothing lost, nothing doubled, order kept."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import pytest

from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support import accounting
from tests.support import traffic as flows
from tests.support.load import hub_process, killed, until
from tests.support.traffic import Traffic

ROUNDS = 3
TORTURE_ROUNDS = 200
# Of a hub before its kill: from the first sign of life until all channels are open and sending.
LONGEST_LIFE_S = 2.0
BARE_LIFE_S = 4.0  # where each start imports everything anew
PATIENCE_S = 90.0


@pytest.mark.kill
@pytest.mark.timeout(240)
async def test_killed_with_traffic_on_all_channels_nothing_is_lost_doubled_or_out_of_order(
    tmp_path: Path, database_url: str
) -> None:
    """R1, R2, R7, R10, R11."""
    await _torment(tmp_path, database_url, rounds=ROUNDS)


@pytest.mark.torture
@pytest.mark.kill
@pytest.mark.timeout(3500)
async def test_killed_hundreds_of_times_with_traffic_on_all_channels(tmp_path: Path, database_url: str) -> None:
    await _torment(tmp_path, database_url, rounds=int(os.environ.get("CENTRALA_TEST_ROUNDS", TORTURE_ROUNDS)))


async def _torment(folder: Path, url: str, *, rounds: int) -> None:
    """1. Traffic. 2. Kill at a random moment and start again, many times. 3. Let it finish. 4. Count everything."""
    seed = int(os.environ.get("CENTRALA_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"repeat with CENTRALA_TEST_SEED={seed}")
    chance = random.Random(seed)
    await database.connect(url)
    try:
        with hub_process(folder, url, is_bare=rounds > ROUNDS) as hub:  # in the torture
            async with flows.far_sides(hub.port) as far:
                flows.configure(hub, far)
                traffic = Traffic(hub, far, Store(Clock()), seed)
                await hub.start()
                async with asyncio.TaskGroup() as group:
                    group.create_task(traffic.flow())
                    await until(traffic.is_everywhere, "an answer on every channel", within_s=PATIENCE_S)
                    for number in range(rounds):
                        await asyncio.sleep(chance.uniform(0, BARE_LIFE_S if hub.is_bare else LONGEST_LIFE_S))
                        await killed(hub, traffic.store, leases_run_out=number % 2 == 0 or number == rounds - 1)
                    traffic.stop()
                await accounting.drained(traffic.store)
                await accounting.check_in(traffic)
                await accounting.check_out(traffic, kills=rounds)
                await accounting.check_store(traffic.store)
                assert await hub.end(signal.SIGTERM) == 0
    finally:
        await database.close()
