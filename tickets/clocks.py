"""Clocks as rows: started, met, stopped and fired in batches. When they are due is calendar.py's arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel import ids, rows
from kernel.timers import Source
from kernel.unit import Reader, Work
from tickets.events import ClockBreached
from tickets.models import ClockKind, TicketClock
from tickets.sla import ClockState


@dataclass(frozen=True, slots=True)
class Start:
    """A clock to start (again)."""

    ticket_id: int
    kind: ClockKind
    due_at: datetime


async def start(work: Work, starts: Sequence[Start]) -> None:
    """Start clocks. One that ran before for the same ticket and kind starts anew."""
    await work.insert(
        TicketClock,
        [_row(one, work.now) for one in starts],
        conflict="ON CONFLICT (ticket_id, kind) DO UPDATE SET state = excluded.state, ended_at = NULL,"
        " started_at = excluded.started_at, due_at = excluded.due_at",
    )
    work.poke("timers")


async def end(work: Work, ticket_id: int, kind: ClockKind, state: ClockState) -> bool:
    """End a running or breached clock; False if it had ended before (an answer after the answer changes nothing).

    What was breached stays so, as in `sla.state_at`: a late answer does not heal it.
    """
    changed = await work.change(
        "UPDATE clocks SET state = CASE WHEN state = 'breached' OR due_at <= ? THEN 'breached' ELSE ? END,"
        " ended_at = ? WHERE ticket_id = ? AND kind = ? AND ended_at IS NULL",
        work.now,
        state.value,
        work.now,
        ticket_id,
        kind.value,
    )
    return changed == 1


async def resume(work: Work, ticket_id: int, kind: ClockKind) -> None:
    """The answer was taken back: the clock runs on towards the due time it had."""
    await work.change(
        "UPDATE clocks SET state = 'running', ended_at = NULL"
        " WHERE ticket_id = ? AND kind = ? AND state IN ('met', 'breached') AND ended_at IS NOT NULL",
        ticket_id,
        kind.value,
    )
    work.poke("timers")


async def fire(work: Work, clocks: Sequence[int]) -> int:
    """Breach those of `clocks` that still run and whose time has come, the earliest first; returns how many."""
    if not clocks:
        return 0
    fired = await work.fetch(
        "UPDATE clocks SET state = 'breached' WHERE state = 'running' AND due_at <= ?"
        f" AND id IN ({rows.marks(clocks)}) RETURNING ticket_id, kind, due_at",
        work.now,
        *clocks,
    )
    for row in sorted(fired, key=lambda row: rows.instant(row["due_at"])):
        work.say(ClockBreached(row["ticket_id"], row["kind"]))
    return len(fired)


async def next_due(reader: Reader) -> datetime | None:
    """When the earliest running clock is due."""
    row = await reader.one("SELECT min(due_at) AS due_at FROM clocks WHERE state = 'running'")
    return rows.maybe_instant(row["due_at"]) if row else None


SOURCE = Source("clocks", "SELECT id, due_at FROM clocks WHERE state = 'running'", fire)


def _row(one: Start, now: datetime) -> rows.Row:
    return {
        "id": ids.new(),
        "ticket_id": one.ticket_id,
        "kind": one.kind.value,
        "state": ClockState.RUNNING.value,
        "started_at": now,
        "due_at": one.due_at,
    }
