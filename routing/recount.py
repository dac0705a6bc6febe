"""Running clocks given the policies of today, when an operator says so: nothing else changes what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from routing import targets
from routing.desk import Desk
from tickets import numbers, phases, terms
from tickets.models import ClockKind, TicketClock
from tickets.policies import Case
from tickets.sla import ClockState
from tickets.terms import Terms, Times

PAGE = 500
_RUNNING = (
    "SELECT k.id AS clock_id, k.kind AS clock_kind, k.state, k.started_at, k.due_at, k.terms, t.id, t.number,"
    " t.contact_id, t.channel, t.queue, t.kind, t.priority FROM clocks AS k JOIN tickets AS t ON t.id = k.ticket_id"
    " WHERE k.ended_at IS NULL AND k.state IN ('running', 'paused') AND k.id > ?"
)


class Move(Struct, frozen=True):
    """What becomes of a running clock. `found` None: no policy promises anything any more, and it ends."""

    clock_id: int
    ticket: str
    kind: ClockKind
    was_due_at: datetime | None
    found: Terms | None
    times: Times


async def moves(reader: Reader, desk: Desk, *, after: int = 0, queue: str | None = None) -> tuple[list[Move], int]:
    """What would change of the next running clocks after the one of id `after`, and the id of the last; 0 at the end.

    Clocks keep when they began; the target, the calendar and what holds them are today's. Nothing is written.
    """
    only = " AND t.queue = ?" if queue else ""
    found = await reader.fetch(f"{_RUNNING}{only} ORDER BY k.id LIMIT ?", after, *([queue] if queue else []), PAGE)
    courses = await phases.courses(reader, [row["id"] for row in found])
    companies = await targets.of_companies(reader, desk, [row["contact_id"] for row in found])
    planned = [
        _move(desk, row, companies.get(row["contact_id"], {}), courses.get(row["id"], ()), reader.now) for row in found
    ]
    return [move for move in planned if move is not None], found[-1]["clock_id"] if len(found) == PAGE else 0


async def apply(work: Work, planned: Sequence[Move]) -> int:
    """Give the clocks their new terms, those that still run; returns how many."""
    await terms.keep(work, [move.found for move in planned if move.found])
    done = await work.update(
        TicketClock,
        [_row(move, work.now) for move in planned],
        where="t.ended_at IS NULL AND t.state IN ('running', 'paused')",
        returning="id",
    )
    work.poke("timers")
    return len(done)


def _move(desk: Desk, row: Row, companies: Case, course: phases.Course, now: datetime) -> Move | None:
    """None where all stays as it is. Pure."""
    kind, start = ClockKind(row["clock_kind"]), rows.instant(row["started_at"])
    was = None if row["state"] == ClockState.PAUSED else rows.instant(row["due_at"])
    found = targets.promised(desk, {**targets.case_of(row), **companies}, kind, now)
    if found is None:
        return Move(row["clock_id"], numbers.written(row["number"]), kind, was, None, Times(None))
    times = terms.times(found, kind, start, phases.pauses(found, kind, course), now)
    if found.digest == row["terms"] and times.due_at == was:
        return None
    return Move(row["clock_id"], numbers.written(row["number"]), kind, was, found, times)


def _row(move: Move, now: datetime) -> Row:
    state = ClockState.PAUSED if move.times.due_at is None else ClockState.RUNNING
    return {
        "id": move.clock_id,
        "state": state.value if move.found else ClockState.CANCELLED.value,
        "due_at": move.times.due_at or move.was_due_at or now,
        "ended_at": None if move.found else now,
        "terms": move.found.digest if move.found else None,
        "warn_at": move.times.warn_at,
        "warn_percent": move.times.warn_percent,
    }
