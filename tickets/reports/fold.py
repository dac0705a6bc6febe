"""Keeping the counts: tickets that changed are counted anew in short units, and the days take the differences.

Triggers (migration 0024) note each change in the transaction that makes it, so nothing is missed, whoever writes.
What a ticket counted for before is kept beside the sums, so that taking it off needs no history.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.models import Model

from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets import states
from tickets.models import ClockKind
from tickets.report_models import ReportDay, ReportShare, ReportSum
from tickets.reports import shares, sums
from tickets.reports.shares import Case, Cell, Complaint, Promise, Rating, Said

UNIT = 200  # changes taken at once
MARK = "reports/built"
_SAID = """
SELECT e.ticket_id, e.at, e.author_kind, e.author_id FROM entries AS e LEFT JOIN messages AS m ON m.id = e.message_id
WHERE e.kind = 'message' AND e.author_kind IN ('customer', 'staff')
 AND COALESCE(m.state, '') NOT IN ('cancelled', 'withheld', 'failed') AND e.ticket_id IN ({them}) ORDER BY e.at, e.id"""
_PROMISES = """
SELECT c.ticket_id, c.kind, c.state, c.due_at, c.ended_at, COALESCE(w.policy, '') AS policy FROM clocks AS c
LEFT JOIN terms AS w ON w.digest = c.terms
WHERE (c.state = 'breached' OR (c.state = 'met' AND c.ended_at IS NOT NULL)) AND c.ticket_id IN ({them})"""
_FIELDS = (
    "SELECT ticket_id, name, value FROM ticket_fields WHERE name IN ('cause', 'accepted') AND ticket_id IN ({them})"
)
_KEY = "(measure, day, queue, channel, staff_id, bucket, word)"
_SUM_KEY = "(axis, measure, day, label, bucket)"
COMPLAINT = "complaint"
_RATINGS = (
    "SELECT ticket_id, score, answered_at FROM surveys"
    " WHERE score IS NOT NULL AND answered_at IS NOT NULL AND ticket_id IN ({them})"
)


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
        " RETURNING measure, day, queue, channel, staff_id, bucket, word, n",
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
        "SELECT id, queue, channel, assignee_id, state, kind, created_at, closed_at, merged_into_id"
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
    answers = await _answers(reader, [row["id"] for row in found if row["kind"] == COMPLAINT])
    ratings = {
        row["ticket_id"]: Rating(rows.instant(row["answered_at"]), row["score"])
        for row in await reader.fetch(_RATINGS.format(them=them), *tickets)
    }
    return {
        one: _case(row, said[one], promises[one], answers.get(one), ratings.get(one))
        for row in found
        for one in (row["id"],)
    }


async def _answers(reader: Reader, complaints: Sequence[int]) -> dict[int, Complaint]:
    """What complaints say of themselves, by ticket."""
    if not complaints:
        return {}
    held: dict[int, dict[str, str]] = {ticket_id: {} for ticket_id in complaints}
    for row in await reader.fetch(_FIELDS.format(them=rows.marks(complaints)), *complaints):
        held[row["ticket_id"]][row["name"]] = row["value"]
    return {ticket_id: Complaint(one.get("cause", ""), one.get("accepted", "")) for ticket_id, one in held.items()}


def _case(
    row: Row,
    said: Sequence[Said],
    promises: Sequence[Promise],
    complaint: Complaint | None,
    rating: Rating | None,
) -> Case:
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
        complaint,
        rating,
    )


def _promise(row: Row) -> Promise:
    kept = row["state"] == "met"
    return Promise(
        ClockKind(row["kind"]), kept, rows.instant(row["ended_at"] if kept else row["due_at"]), row["policy"]
    )


async def _move(work: Work, moved: Counter[Cell]) -> None:
    """Add the differences to the days and to their sums; what has come to nothing is taken away."""
    await _add(work, ReportDay, "report_days", _KEY, moved)
    await _add(work, ReportSum, "report_sums", _SUM_KEY, sums.of(moved))


async def _add(work: Work, model: type[Model], table: str, key: str, moved: Counter[Any]) -> None:
    changed = sorted((one, n) for one, n in moved.items() if n)
    await work.insert(
        model,
        [{"id": ids.new(), **one._asdict(), "n": n} for one, n in changed],
        conflict=f"ON CONFLICT {key} DO UPDATE SET n = {table}.n + excluded.n",
    )
    if any(n < 0 for _, n in changed):
        days = sorted({one.day for one, n in changed if n < 0})
        await work.change(f"DELETE FROM {table} WHERE n = 0 AND day IN ({rows.marks(days)})", *days)


def _cell(row: Row) -> Cell:
    return Cell(row["measure"], row["day"], row["queue"], row["channel"], row["staff_id"], row["bucket"], row["word"])


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
