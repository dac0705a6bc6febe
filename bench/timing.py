"""Fires clocks among many that wait, on one engine. Run as `-m bench.timing ENGINE OPEN OVERDUE`.

Says: p99 lateness (ms), seconds in which all that is overdue was fired into alerts, seconds in which as many steps of
chains were run that came due in a stop, idle cost (percent of a core).
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.children import Broken
from bench.ground import ground
from bench.noticing import on
from bench.serving import end_cleanly, tell
from crmcore import staff
from crmcore.models.staff import Role
from hub import database, wiring
from kernel import rows
from kernel.clock import Clock
from kernel.timers import Timers
from kernel.unit import Store, Work
from routing import chains, escalation
from routing.chains import Chain, Step
from routing.desk import Desk, Queue
from routing.events import AlertStepped
from tickets import calendar
from tickets.events import ClockBreached

CHUNK = 50_000
PROBES = 400
PROBED_S = 8.0
IDLE_S = 3.0
PATIENCE_S = 120.0
_CONTACT = (
    "INSERT INTO contacts (id, name, language, function, source, created_at) VALUES (1, 'Eszter', 'hu', '', '', ?)"
)
_TICKETS = """
INSERT INTO tickets (id, number, subject, state, kind, queue, priority, contact_id, channel, account, address, scheme,
    version, created_at, updated_at, source)
SELECT i, i, 'Charger', 'open', 'question', 'inbox', 3, 1, 'chat', 'chat:1', 'eszter', 'chat', 1, at, at, ''
"""
_CLOCKS = """
INSERT INTO clocks (id, ticket_id, kind, state, started_at, due_at) SELECT i, i, 'first_response', 'running', at, at
"""
_ALERTS = """
INSERT INTO alerts (id, ticket_id, kind, state, run, due_at, created_at, chain, reason)
SELECT i, i, 'first_response', 'open', 1, at, at, 'CHAIN', ''
"""
_STEPS = """
INSERT INTO alert_steps (id, alert_id, run, lap, place, state, due_at, told) SELECT i, i, 1, 0, 0, 'waiting', at, ''
"""
CHAIN = Chain("desk", (Step("queue.manager"), Step("role:lead", timedelta(minutes=10))))
DESK = Desk({"inbox": Queue("inbox", calendar.always(), chain=CHAIN)})
_NUMBERS = {
    "sqlite": " FROM (WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
    " SELECT i, ? AS at FROM n)",
    "postgres": " FROM (SELECT i, $3::timestamptz AS at FROM generate_series($1::bigint, $2::bigint - 1) AS i) AS n",
}


class Fired:
    """When each ticket's clock was seen to be due."""

    def __init__(self) -> None:
        self.at: dict[int, float] = {}
        self.steps: set[int] = set()

    async def climb(self, work: Work, events: Sequence[AlertStepped]) -> None:
        self.steps |= {event.step_id for event in events}

    async def hear(self, work: Work, events: Sequence[ClockBreached]) -> None:
        now = time.time()
        self.at |= {event.ticket_id: now for event in events}


async def _measure(url: str, engine: str, waiting: int, overdue: int) -> None:
    await database.connect(url)
    try:
        store, fired = Store(Clock()), Fired()
        store.handlers = {ClockBreached: (escalation.raise_alerts, fired.hear), AlertStepped: (fired.climb,)}
        await _fill(store, engine, waiting)
        idle = await _idle(store)
        late_ms = await _probe(store, fired)
        fired_s = await _catch_up(store, fired, overdue)
        climbed_s = await _climb(store, engine, fired, overdue)
        tell(f"figures {late_ms} {fired_s} {climbed_s} {idle}")
    finally:
        await database.close()


async def _fill(store: Store, engine: str, waiting: int) -> None:
    now, connection = datetime.now(UTC), store.direct()
    far = now + timedelta(days=30)
    await rows.change(connection, _CONTACT, now)
    for start in range(1, waiting + 1, CHUNK):
        end = min(start + CHUNK, waiting + 1)
        for sql, at in ((_TICKETS, now), (_CLOCKS, far)):
            await connection.execute_query(sql + _NUMBERS[engine], [start, end, at])
    await rows.fetch(connection, "ANALYZE")


async def _idle(store: Store) -> float:
    """Percent of a core while nothing is due."""
    timers, before, began_at = Timers(store, wiring.TIMERS), time.process_time(), time.monotonic()
    while time.monotonic() - began_at < IDLE_S:
        pause_s = await timers.turn()
        await asyncio.sleep(min(pause_s, IDLE_S))
    return 100 * (time.process_time() - before) / (time.monotonic() - began_at)


async def _probe(store: Store, fired: Fired) -> float:
    """Clocks that come due at moments of their own; the 99th percentile of how late their breach was heard, in ms."""
    chance, now = random.Random(7), time.time()
    due = {number: now + 1 + chance.uniform(0, PROBED_S) for number in range(1, PROBES + 1)}
    async with store.unit() as work:
        for number, at in due.items():
            await work.change("UPDATE clocks SET due_at = ? WHERE id = ?", datetime.fromtimestamp(at, UTC), number)
    await _until(store, fired, PROBES)
    late = sorted(fired.at[number] - at for number, at in due.items())
    return 1000 * late[int(len(late) * 0.99) - 1]


async def _catch_up(store: Store, fired: Fired, overdue: int) -> float:
    """Seconds in which everything is fired that came due while nobody looked."""
    async with store.unit() as work:
        await work.change(
            "UPDATE clocks SET due_at = ? WHERE id > ? AND id <= ?",
            work.now - timedelta(hours=1),
            PROBES,
            PROBES + overdue,
        )
    began_at = time.monotonic()
    await _until(store, fired, PROBES + overdue)
    took_s = time.monotonic() - began_at
    row = await store.reading().one("SELECT count(*) AS n FROM alerts")
    if row is None or row["n"] != PROBES + overdue:
        raise Broken(f"not every clock became one alert: {row}")
    return took_s


async def _climb(store: Store, engine: str, fired: Fired, overdue: int) -> float:
    """Seconds in which every step is run that came due in a stop, each alert's next one written."""
    now = datetime.now(UTC)
    async with store.unit() as work:
        await staff.add(work, "Marek", Role.MANAGER, [])
        await work.change("DELETE FROM alerts")
    for sql in (_ALERTS.replace("CHAIN", chains.written(CHAIN)), _STEPS):
        await store.direct().execute_query(sql + _NUMBERS[engine], [1, overdue + 1, now - timedelta(hours=1)])
    timers, deadline = Timers(store, wiring.timers(DESK)), time.monotonic() + PATIENCE_S
    began_at = time.monotonic()
    while len(fired.steps) < overdue:
        if time.monotonic() > deadline:
            raise Broken(f"{len(fired.steps)} of {overdue} steps were run in {PATIENCE_S:.0f} s")
        await asyncio.sleep(min(await timers.turn(), 1.0))
    took_s = time.monotonic() - began_at
    row = await store.reading().one(
        "SELECT sum(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS done,"
        " sum(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END) AS coming FROM alert_steps"
    )
    if row is None or (row["done"], row["coming"]) != (overdue, overdue):
        raise Broken(f"not every step was run once and followed by one: {row}")
    return took_s


async def _until(store: Store, fired: Fired, count: int) -> None:
    timers, deadline = Timers(store, wiring.TIMERS), time.monotonic() + PATIENCE_S
    while len(fired.at) < count:
        if time.monotonic() > deadline:
            raise Broken(f"{len(fired.at)} of {count} clocks were fired in {PATIENCE_S:.0f} s")
        await asyncio.sleep(min(await timers.turn(), 1.0))


def main(engine: str, waiting: int, overdue: int) -> None:
    with ground() as found, on(engine, found.folder / "pg") as url:
        found.database = url
        found.furnish()
        asyncio.run(_measure(found.url, engine, waiting, overdue))


if __name__ == "__main__":
    end_cleanly()
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
