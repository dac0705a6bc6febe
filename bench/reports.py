"""Reports of a month and of a year over a million messages, on both engines, from the sums that are kept by day."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from datetime import date

from bench.figures import Figure, tell
from bench.search import place
from hub import database
from kernel import ids
from kernel.clock import Clock
from kernel.unit import Store
from tickets.report_models import ReportDay, ReportSum
from tickets.reports import buckets, telling
from tickets.reports import sums as months
from tickets.reports.asking import Asked, By, Report
from tickets.reports.shares import Cell

MESSAGES = int(os.environ.get("CENTRALA_BENCH_MESSAGES", "1000000"))
A_TICKET = 5  # messages
AGENTS, CHANNELS, DAYS = 50, 4, 365
ROUNDS = 15
MONTH_GOAL_MS, YEAR_GOAL_MS = 15.0, 60.0
FIRST = date(2026, 1, 1)
SPANS = {
    "month": (date(2026, 6, 1), date(2026, 6, 30), MONTH_GOAL_MS),
    "30 days": (date(2026, 6, 16), date(2026, 7, 15), MONTH_GOAL_MS),  # no month is whole
    "year": (FIRST, date(2026, 12, 31), YEAR_GOAL_MS),
    "350 days": (date(2026, 1, 10), date(2026, 12, 25), YEAR_GOAL_MS),
}
ASKED = (
    (Report.VOLUMES, By.DAY),
    (Report.VOLUMES, By.PERSON),
    (Report.VOLUMES, By.MONTH),
    (Report.RESPONSE, By.PERSON),
    (Report.RESPONSE, By.WEEK),
    (Report.SLA, By.QUEUE),
    (Report.SLA, By.POLICY),
)


def measure() -> list[Figure]:
    found: list[Figure] = []
    for engine in ("sqlite", "postgres"):
        with place(engine) as url:
            found += asyncio.run(_measured(engine, url))
    return found


async def _measured(engine: str, url: str) -> list[Figure]:
    await database.migrate(url)
    await database.connect(url)
    try:
        store = Store(Clock())
        cells = await _fill(store)
        tell(f"reports, {engine}: {cells:,} sums of {MESSAGES:,} messages")
        if engine == "postgres":
            await store.direct().execute_script("VACUUM ANALYZE report_days")
            await store.direct().execute_script("VACUUM ANALYZE report_sums")
        return [await _told(engine, store, span, report, by) for span in SPANS for report, by in ASKED]
    finally:
        await database.close()


async def _fill(store: Store) -> int:
    """The sums as so many messages leave them, straight into the table: by chance, over people, channels and days."""
    chance, sums = random.Random(1), Counter[Cell]()
    start = FIRST.toordinal()
    for _ in range(MESSAGES // A_TICKET):
        day, staff_id = start + chance.randrange(DAYS), 1 + chance.randrange(AGENTS)
        lane = (("inbox", "cards", "sales")[staff_id % 3], f"channel{chance.randrange(CHANNELS)}", staff_id)
        for measure, n in (("opened", 1), ("closed", 1), ("in", 3), ("out", 2)):
            sums[Cell(measure, day, *lane)] += n
        policy = ("gold", "silver", "")[chance.randrange(3)]
        sums[Cell("met" if chance.random() < 0.9 else "missed", day, *lane, 0, policy)] += 1
        for measure, typical in (("response", 8), ("resolution", 10)):
            sums[Cell(measure, day, *lane, buckets.of(chance.lognormvariate(typical, 1)))] += 1
    for model, found in ((ReportDay, sums), (ReportSum, months.of(sums))):
        rows = [{"id": ids.new(), **one._asdict(), "n": n} for one, n in sorted(found.items())]
        chance.shuffle(rows)  # as they come in life: no day's rows stand together
        for first in range(0, len(rows), 50_000):
            async with store.unit() as work:
                await work.insert(model, rows[first : first + 50_000])
    return len(sums)


async def _told(engine: str, store: Store, span: str, report: Report, by: By) -> Figure:
    since, until, goal = SPANS[span]
    asked, took = Asked(report, since, until, by), []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        await telling.tell(store.reading(), asked)
        took.append((time.perf_counter() - began) * 1e3)
    middle = sorted(took[1:])[ROUNDS // 2]
    return Figure("reports", f"{span}, {report} by {by}, {engine}, p50", middle, "ms", goal, at_most=True)
