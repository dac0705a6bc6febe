"""Counting everything anew dies half-way: what is counted is whole at any moment, and the next run goes on."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from pathlib import Path

import pytest

from kernel import ids
from kernel.rows import Row
from kernel.unit import Store
from tests.support import commands
from tests.tickets import letters
from tests.tickets.counted import WARSAW, added_up, catch_up, kept, scanned, summed, total
from tickets.models import Ticket
from tickets.reports import rebuild
from tickets.reports.fold import UNIT

TICKETS = 8 * UNIT
KILLS = 6


@pytest.mark.kill
@pytest.mark.timeout(300)
async def test_killed_half_way_it_goes_on_and_comes_to_what_a_scan_counts(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    """R-1: SIGKILL in a rebuild; nothing is counted twice or left out, and what was done is not done again."""
    await many(store)
    begun = await whole(tmp_path, database_url)
    chance, reached = random.Random(3), list[int]()
    await letters.close(store, 1, store.clock.now())  # what waits is counted by the runs, too
    for _ in range(KILLS):
        await killed(tmp_path, after_s=begun * chance.uniform(0.3, 0.9))
        now = await rebuild.progress(store.reading())
        assert now is not None
        reached.append(TICKETS if now.is_over else now.done)
        assert await kept(store) == await kept(store, "report_shares")
        assert await summed(store) == added_up(await kept(store))
        if 0 < reached[-1] < TICKETS:
            break
    assert 0 < reached[-1] < TICKETS, f"no kill came half-way: {reached}"
    said = await told(tmp_path)
    assert said == {"tickets": TICKETS, "waiting": 0}
    await catch_up(store)
    found = await kept(store)
    assert found == await scanned(store, WARSAW) and total(found, "opened") == TICKETS


async def many(store: Store) -> None:
    """Copies of one ticket, over a year."""
    await letters.ticket(store)
    async with store.unit() as work:
        [first] = await work.fetch("SELECT * FROM tickets")
        new: list[Row] = [{**first, "id": ids.new(), "number": number} for number in range(2, TICKETS + 1)]
        await work.insert(Ticket, new)
        await work.change("DELETE FROM report_waiting")


async def whole(folder: Path, url: str) -> float:
    """How long it takes, in seconds."""
    (folder / "centrala.toml").write_text(f'[database]\nurl = "{url}"\n[company]\nzone = "Europe/Warsaw"\n')
    await told(folder)
    began = time.monotonic()
    await told(folder)
    return time.monotonic() - began


async def told(folder: Path) -> dict[str, int]:
    done = await asyncio.to_thread(commands.run, *words(folder), environment=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, int] = json.loads(done.stdout)
    return found


async def killed(folder: Path, *, after_s: float) -> None:
    try:
        await asyncio.to_thread(commands.run, *words(folder), environment=dict(os.environ), timeout_s=after_s)
    except TimeoutError:
        return


def words(folder: Path) -> tuple[str, ...]:
    return ("report", "rebuild", "--json", "--config", str(folder / "centrala.toml"))
