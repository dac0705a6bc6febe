"""Keeping the counts: tickets that changed are counted anew in short units, and the days take the differences.

Triggers (migration 0024) note each change in the transaction that makes it, so nothing is missed, whoever writes.
What a ticket counted for before is kept beside the sums, so that taking it off needs no history.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets import states
from tickets.models import ClockKind
from tickets.report_models import ReportDay, ReportShare
from tickets.reports import shares
from tickets.reports.shares import Case, Cell, Promise, Said

UNIT = 200  # changes taken at once
MARK = "reports/built"
_SAID = """
SELECT e.ticket_id, e.at, e.author_kind, e.author_id FROM entries AS e LEFT JOIN messages AS m ON m.id = e.message_id
WHERE e.kind = 'message' AND e.author_kind IN ('customer', 'staff')
 AND COALESCE(m.state, '') NOT IN ('cancelled', 'withheld', 'failed') AND e.ticket_id IN ({them}) ORDER BY e.at, e.id"""
_PROMISES = """
SELECT ticket_id, kind, state, due_at, ended_at FROM clocks
WHERE (state = 'breached' OR (state = 'met' AND ended_at IS NOT NULL)) AND ticket_id IN ({them})"""
_KEY = "(measure, day, queue, channel, staff_id, bucket)"


async def catch_up(work: Work, zone: ZoneInfo) -> int:
    """Count what changed, at most UNIT of it; returns how many changes were taken. The first of its unit."""
    await alone(work)
    taken = await work.fetch(
        f"DELETE FROM report_waiting WHERE id IN (SELECT id FROM report_waiting ORDER BY id LIMIT {UNIT})"
        " RETURNING ticket_id"
    )
    if taken:
        await count(work, sorted({row["ticket_id"] for row in taken}), zone)
    return len(taken)


async def alone(work: Work) -> None:
    """Wait until no other process counts, and keep others from it until the unit ends."""
    await work.change("UPDATE marks SET value = value WHERE key = ?", MARK)


async def waiting(reader: Reader) -> int:
    """How many changes are not counted yet."""
    row = await reader.one("SELECT count(*) AS n FROM report_waiting")
    return int(row["n"]) if row else 0


async def count(work: Work, tickets: Sequence[int], zone: ZoneInfo) -> None:
    """Count these tickets as they are now; the caller is alone. What a ticket that is gone counted for, stays."""
    cases = await read(work, tickets) if tickets else {}
    if not cases:
        return
    there = sorted(cases)
    day_of = _days(zone)
    now = {ticket_id: shares.of(case, day_of) for ticket_id, case in cases.items()}
    before = await work.fetch(
        f"DELETE FROM report_shares WHERE ticket_id IN ({rows.marks(there)})"
        " RETURNING measure, day, queue, channel, staff_id, bucket, n",
        *there,
    )
    moved: Counter[Cell] = Counter()
    for counts in now.values():
        moved.update(counts)
    for row in before:
        moved[_cell(row)] -= row["n"]
    await work.insert(
        ReportShare,
        [
            {"id": ids.new(), "ticket_id": ticket_id, **cell._asdict(), "n": n}
            for ticket_id, counts in now.items()
            for cell, n in counts.items()
        ],
    )
    await _move(work, moved)


async def read(reader: Reader, tickets: Sequence[int]) -> dict[int, Case]:
    """Tickets as they count, by id."""
    them = rows.marks(tickets)
    found = await reader.fetch(
        "SELECT id, queue, channel, assignee_id, state, created_at, closed_at, merged_into_id"
        f" FROM tickets WHERE id IN ({them})",
        *tickets,
    )
    said, promises = defaultdict(list), defaultdict(list)
    for row in await reader.fetch(_SAID.format(them=them), *tickets):
        said[row["ticket_id"]].append(
            Said(rows.instant(row["at"]), row["author_id"], by_customer=row["author_kind"] == "customer")
        )
    for row in await reader.fetch(_PROMISES.format(them=them), *tickets):
        promises[row["ticket_id"]].append(_promise(row))
    return {row["id"]: _case(row, said[row["id"]], promises[row["id"]]) for row in found}


def _case(row: Row, said: Sequence[Said], promises: Sequence[Promise]) -> Case:
    ended_at = rows.maybe_instant(row["closed_at"]) if states.is_done(row["state"]) else None
    return Case(
        row["queue"],
        row["channel"],
        row["assignee_id"] or 0,
        rows.instant(row["created_at"]),
        ended_at,
        row["merged_into_id"] is not None,
        said,
        promises,
    )


def _promise(row: Row) -> Promise:
    kept = row["state"] == "met"
    return Promise(ClockKind(row["kind"]), kept, rows.instant(row["ended_at"] if kept else row["due_at"]))


async def _move(work: Work, moved: Counter[Cell]) -> None:
    """Add the differences to the days; a cell that has come to nothing is taken away."""
    changed = sorted((cell, n) for cell, n in moved.items() if n)
    await work.insert(
        ReportDay,
        [{"id": ids.new(), **cell._asdict(), "n": n} for cell, n in changed],
        conflict=f"ON CONFLICT {_KEY} DO UPDATE SET n = report_days.n + excluded.n",
    )
    if any(n < 0 for _, n in changed):
        days = sorted({cell.day for cell, n in changed if n < 0})
        await work.change(f"DELETE FROM report_days WHERE n = 0 AND day IN ({rows.marks(days)})", *days)


def _cell(row: Row) -> Cell:
    return Cell(row["measure"], row["day"], row["queue"], row["channel"], row["staff_id"], row["bucket"])


@lru_cache(maxsize=4)
def _days(zone: ZoneInfo) -> shares.DayOf:
    def day_of(at: datetime) -> int:
        return at.astimezone(zone).toordinal()

    return day_of


def cells(found: Iterable[Row]) -> Counter[Cell]:
    """Rows of either table as counts."""
    counts: Counter[Cell] = Counter()
    for row in found:
        counts[_cell(row)] += row["n"]
    return counts
