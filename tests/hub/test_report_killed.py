"""Counting everything anew dies half-way: what is counted is whole at any moment, and the next run goes on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL
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

TICKETS = 12 * UNIT


@pytest.mark.kill
@pytest.mark.timeout(300)
async def test_killed_half_way_it_goes_on_and_comes_to_what_a_scan_counts(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    """R-1: SIGKILL in a rebuild; nothing is counted twice or left out, and what was done is not done again."""
    await many(store)
    settle(tmp_path, database_url)
    await told(tmp_path)
    await letters.close(store, 1, store.clock.now())  # what waits is counted by the runs, too
    reached = await killed(store, tmp_path)
    assert 0 < reached < TICKETS
    assert await kept(store) == await kept(store, "report_shares")
    assert await summed(store) == added_up(await kept(store))
    now = await rebuild.progress(store.reading())
    assert now is not None and reached <= now.done < TICKETS
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


def settle(folder: Path, url: str) -> None:
    (folder / "centrala.toml").write_text(f'[database]\nurl = "{url}"\n[company]\nzone = "Europe/Warsaw"\n')


async def told(folder: Path) -> dict[str, int]:
    done = await asyncio.to_thread(commands.run, *words(folder), environment=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, int] = json.loads(done.stdout)
    return found


async def killed(store: Store, folder: Path) -> int:
    """Start it, and kill it as soon as some of it is done; returns how much was then."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "hub", *words(folder), stdout=DEVNULL)
    try:
        async with asyncio.timeout(60):
            while process.returncode is None:
                now = await rebuild.progress(store.reading())
                if now is not None and 0 < now.done < TICKETS and not now.is_over:
                    return now.done
                await asyncio.sleep(0.005)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return 0


def words(folder: Path) -> tuple[str, ...]:
    return ("report", "rebuild", "--json", "--config", str(folder / "centrala.toml"))
