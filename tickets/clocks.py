"""Clocks as rows: started, met, stopped and fired in batches. When they are due is terms' and calendar's arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from kernel import ids, rows
from kernel.timers import Source
from kernel.unit import Reader, Work
from tickets import terms as all_terms
from tickets.events import ClockBreached
from tickets.models import ClockKind, TicketClock
from tickets.sla import ClockState
from tickets.terms import Terms

RESPONSES = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
# The clock of a ticket that is due first. What is paused has no due time. A join on it says that its clock has not
# ended, too: PostgreSQL would gather all the clocks there ever were to find a page of those that run.
MOST_URGENT = (
    "SELECT c.id FROM clocks AS c WHERE c.ticket_id = t.id AND c.ended_at IS NULL AND c.state <> 'paused'"
    " ORDER BY c.due_at, c.id LIMIT 1"
)
_ENDED = (  # what was due at `?` or before is breached, whatever ends it now
    "UPDATE clocks SET state = CASE WHEN state = 'breached' OR (state = 'running' AND due_at <= ?) THEN 'breached' ELSE"
)


class Start(Struct, frozen=True):
    """A clock to start (again). `terms` None: nobody can explain it later."""

    ticket_id: int
    kind: ClockKind
    due_at: datetime
    terms: Terms | None = None
    warn_at: datetime | None = None
    warn_percent: int | None = None


async def start(work: Work, starts: Sequence[Start]) -> None:
    """Start clocks. One that ran before for the same ticket and kind starts anew.

    Not the next response while it runs: it counts from the first message that nobody has answered.
    """
    await all_terms.keep(work, [one.terms for one in starts if one.terms])
    await work.insert(
        TicketClock,
        [_row(one, work.now) for one in starts],
        conflict="ON CONFLICT (ticket_id, kind) DO UPDATE SET state = excluded.state, ended_at = NULL,"
        " started_at = excluded.started_at, due_at = excluded.due_at, terms = excluded.terms,"
        " warn_at = excluded.warn_at, warn_percent = excluded.warn_percent"
        " WHERE clocks.kind <> 'next_response' OR clocks.ended_at IS NOT NULL",
    )
    work.poke("timers")


async def end(work: Work, ticket_id: int, kind: ClockKind, state: ClockState) -> bool:
    """End a running or breached clock; False if it had ended before (an answer after the answer changes nothing).

    What was breached stays so, as in `sla.state_at`: a late answer does not heal it.
    """
    return await _end(work, [ticket_id], (kind,), state) == 1


async def answered(work: Work, ticket_id: int) -> None:
    """A person has answered the customer: nothing waits for a response any more."""
    await _end(work, [ticket_id], RESPONSES, ClockState.MET)


async def closed(work: Work, tickets: Sequence[int]) -> None:
    """Closed tickets have no due time: they are resolved, and what was not answered is no more to be."""
    if tickets:
        await work.change(
            f"{_ENDED} CASE WHEN kind = 'resolution' THEN 'met' ELSE 'cancelled' END END, ended_at = ?, warn_at = NULL"
            f" WHERE ticket_id IN ({rows.marks(tickets)}) AND ended_at IS NULL",
            work.now,
            work.now,
            *tickets,
        )


async def rest(work: Work, tickets: Sequence[int]) -> None:
    """Something else answers for these tickets: nothing of their own is due. What was late stays late."""
    await _end(work, tickets, list(ClockKind), ClockState.CANCELLED)


async def forgive(work: Work, tickets: Sequence[int]) -> None:
    """What has just run out on tickets that something else answers for was no breach of theirs."""
    await work.change(
        "UPDATE clocks SET state = 'cancelled', ended_at = ?, warn_at = NULL"
        f" WHERE ticket_id IN ({rows.marks(tickets)}) AND state = 'breached' AND ended_at IS NULL",
        work.now,
        *tickets,
    )


async def left_later(work: Work, ticket_id: int, message_id: int) -> None:
    """An answer that had failed is out after all: what waits since before it was written has it."""
    await work.change(
        f"{_ENDED} 'met' END, ended_at = ?, warn_at = NULL WHERE ticket_id = ? AND kind = 'next_response'"
        " AND ended_at IS NULL AND started_at <= (SELECT m.created_at FROM messages AS m WHERE m.id = ?)",
        work.now,
        work.now,
        ticket_id,
        message_id,
    )


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
        "UPDATE clocks SET state = 'breached', warn_at = NULL WHERE state = 'running' AND due_at <= ?"
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


async def _end(work: Work, tickets: Sequence[int], kinds: Sequence[ClockKind], state: ClockState) -> int:
    return await work.change(
        f"{_ENDED} ? END, ended_at = ?, warn_at = NULL"
        f" WHERE ticket_id IN ({rows.marks(tickets)}) AND kind IN ({rows.marks(kinds)}) AND ended_at IS NULL",
        work.now,
        state.value,
        work.now,
        *tickets,
        *(kind.value for kind in kinds),
    )


def _row(one: Start, now: datetime) -> rows.Row:
    return {
        "id": ids.new(),
        "ticket_id": one.ticket_id,
        "kind": one.kind.value,
        "state": ClockState.RUNNING.value,
        "started_at": now,
        "due_at": one.due_at,
        "terms": one.terms.digest if one.terms else None,
        "warn_at": one.warn_at,
        "warn_percent": one.warn_percent,
    }
