"""Warnings of clocks: the next one stands in the clock's row, at a percent of its target in working time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kernel import rows
from kernel.rows import Row
from kernel.timers import Source
from kernel.unit import Reader, Work
from tickets import phases, terms
from tickets.events import ClockWarned
from tickets.models import ClockKind, TicketClock
from tickets.terms import Terms, Times

_WAITING = (
    "SELECT id, due_at FROM (SELECT id, warn_at AS due_at FROM clocks WHERE warn_at IS NOT NULL) AS warning WHERE 1 = 1"
)


async def fire(work: Work, clocks: Sequence[int]) -> int:
    """Warn of those of `clocks` whose warning has come, and set their next; returns how many."""
    if not clocks:
        return 0
    ripe = await work.fetch(
        "UPDATE clocks SET warn_at = NULL WHERE warn_at <= ? AND state = 'running'"
        f" AND id IN ({rows.marks(clocks)}) RETURNING id, ticket_id, kind, started_at, due_at, terms",
        work.now,
        *clocks,
    )
    kept = await phases.terms_of(work, {row["terms"] for row in ripe if row["terms"]})
    ticket_ids = [row["ticket_id"] for row in ripe if row["kind"] == ClockKind.RESOLUTION]
    courses = await phases.courses(work, ticket_ids)
    changed: list[Row] = []
    for row in sorted(ripe, key=lambda row: rows.instant(row["due_at"])):
        found = kept.get(row["terms"] or "")
        if found is None or rows.instant(row["due_at"]) <= work.now:
            continue  # it is breached at this very moment: that says more
        kind, start = ClockKind(row["kind"]), rows.instant(row["started_at"])
        times = terms.times(found, kind, start, phases.pauses(found, kind, courses.get(row["ticket_id"], ())), work.now)
        changed.append({"id": row["id"], "warn_at": times.warn_at, "warn_percent": times.warn_percent})
        if percent := _passed(found, times):
            work.say(ClockWarned(row["ticket_id"], kind, percent, rows.instant(row["due_at"])))
    await work.update(TicketClock, changed)
    return len(changed)


async def next_due(reader: Reader) -> datetime | None:
    """When the next warning comes."""
    row = await reader.one("SELECT min(warn_at) AS due_at FROM clocks WHERE warn_at IS NOT NULL")
    return rows.maybe_instant(row["due_at"]) if row else None


SOURCE = Source("warnings", _WAITING, fire)


def _passed(found: Terms, times: Times) -> int:
    """The highest percent that has passed: after a stop of the hub several may have. 0 where the time was wrong."""
    ahead = times.warn_percent or 100
    return max((percent for percent in found.policy.warn if percent < ahead), default=0)
