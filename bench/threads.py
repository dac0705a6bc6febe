"""Finding the ticket that a mail's references name, among ten thousand messages and among a million."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from statistics import median

from bench.figures import Figure
from bench.ground import Ground, ground
from channels.contract import Address, Inbound, Kind, Raw, RawId
from channels.intake import Claimed
from channels.messages import Arrived
from hub import database
from kernel import rows
from kernel.clock import Clock
from kernel.unit import Store, Work
from tickets import naming
from tickets.tokens import Tokens

FEW, MANY = 10_000, 1_000_000
REFERENCES = 4
LOOKUPS = 400
ACCOUNT = "email:help@desk.example"
GROWTH_GOAL, OVER_SQL_GOAL = 2, 1.3
_FILL = """
WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
INSERT INTO messages (id, direction, channel, account, address, operation, purpose, ref_kind, ref_id, external_id,
    subject, text, automatic, state, priority, tries, created_at)
SELECT i, 'in', 'email', ?, 'eszter' || (i % 5000) || '@customers.example', 'send', 'message', 'ticket', i / 10,
    '<' || i || '.bench@customers.example>', 'Charger', 'It is broken again.', 0, 'received', 1, 0, ? FROM n
"""
_BARE = """
SELECT id, account, external_id, purpose, ref_kind, ref_id FROM messages
WHERE external_id IS NOT NULL AND (account, external_id) IN (SELECT * FROM (VALUES (?, ?), (?, ?), (?, ?), (?, ?)))
"""


def measure() -> list[Figure]:
    with ground() as found:
        found.furnish()
        _fill(found, 1, FEW)
        few_us, _ = asyncio.run(_lookups(found, FEW))
        _fill(found, FEW, MANY)
        many_us, bare_us = asyncio.run(_lookups(found, MANY))
    note = f"{few_us:,.0f} and {many_us:,.0f} us"
    return [
        Figure("threads", "look-up, 1e6 / 1e4 messages", many_us / few_us, "x", GROWTH_GOAL, at_most=True, note=note),
        Figure("threads", "look-up / its bare SQL, 1e6", many_us / bare_us, "x", OVER_SQL_GOAL, at_most=True),
    ]


def _fill(found: Ground, first: int, end: int) -> None:
    """Messages `first` to `end`; in the order of their ids, as they come, so that the indexes look as they do."""
    with closing(sqlite3.connect(found.file)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_FILL, (first, end, ACCOUNT, datetime.now(UTC).isoformat(" ")))
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _lookups(found: Ground, count: int) -> tuple[float, float]:
    """Microseconds of a look-up by the house, and of its one statement on the same connection; run alternately."""
    chance = random.Random(count)
    ours, bare = [], []
    await database.connect(found.url)
    try:
        async with Store(Clock()).unit() as work:
            for _ in range(LOOKUPS):
                ids = [chance.randrange(1, count) for _ in range(REFERENCES)]
                ours.append(await _look_up(work, ids))
                bare.append(await _select(work, [chance.randrange(1, count) for _ in range(REFERENCES)]))
    finally:
        await database.close()
    return median(ours) * 1e6, median(bare) * 1e6


async def _look_up(work: Work, ids: list[int]) -> float:
    arrived, began_at = _letter([_name(one) for one in ids]), time.perf_counter()
    meant = await naming.named(work, [arrived], Tokens())
    took_s = time.perf_counter() - began_at
    assert set(meant[arrived.id]) == {one // 10 for one in ids}
    return took_s


async def _select(work: Work, ids: list[int]) -> float:
    values, began_at = [part for one in ids for part in (ACCOUNT, _name(one))], time.perf_counter()
    found = await rows.fetch(work.connection, _BARE, *values)
    took_s = time.perf_counter() - began_at
    assert len(found) == len(set(ids))
    return took_s


def _letter(references: list[str]) -> Arrived:
    sender = Address("mailto", "eszter@customers.example")
    raw = Raw("email", ACCOUNT, "<new@customers.example>", sender.value, b"", datetime.now(UTC))
    inbound = Inbound(Kind.MESSAGE, sender, sender, text="And again.", references=tuple(references))
    return Arrived(Claimed(RawId(1), raw, 0), inbound)


def _name(number: int) -> str:
    return f"<{number}.bench@customers.example>"
