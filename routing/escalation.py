"""Escalation: a breached clock becomes an alert row that comes back until the ticket is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crmcore.access import Actor
from kernel import errors, ids, rows
from kernel.timers import Source
from kernel.unit import Reader, Work
from routing import incident_book
from routing.events import AlertAcked, AlertRaised, AlertResolved
from routing.models import Alert, AlertState
from tickets import clocks
from tickets.events import Change, ClockBreached, TicketChanged

REPEAT = timedelta(minutes=30)  # unseen: it comes again
ACK_URGENT = timedelta(minutes=30)  # seen, priority 1
ACK_NORMAL = timedelta(hours=2)  # seen, all others
MAX_RUNS = 20  # ten hours of an alert that nobody looks at; then it only stands on the lists
CALLED = "rule"  # the kind of an alert that a rule has raised, not a clock
_ENDS = {Change.ANSWERED: "answered", Change.CLOSED: "closed"}


async def raise_alerts(work: Work, breaches: Sequence[ClockBreached]) -> None:
    """Handler of ClockBreached: one open alert a ticket and kind, whatever fires twice.

    None for a clock of a ticket whose incident answers for it: it began after the ticket had joined, and is no breach.
    """
    held = await incident_book.held(work, [one.ticket_id for one in breaches if one.kind != CALLED])
    if held:
        await clocks.forgive(work, sorted(held))
    breaches = [one for one in breaches if one.ticket_id not in held or one.kind == CALLED]
    made = await work.insert(
        Alert,
        [_row(breach, work.now) for breach in breaches],
        conflict="ON CONFLICT (ticket_id, kind) WHERE state <> 'resolved' DO NOTHING",
        returning="id, ticket_id, kind",
    )
    for row in made:
        work.say(AlertRaised(row["id"], row["ticket_id"], 1, is_called=row["kind"] == CALLED))
    work.poke("timers")


async def fire(work: Work, alerts: Sequence[int]) -> int:
    """Those of `alerts` that are due come (back): seen or not, the customer still waits. Returns how many."""
    if not alerts:
        return 0
    fired = await work.fetch(
        "UPDATE alerts SET state = 'open', run = run + 1, due_at = ?"
        f" WHERE state <> 'resolved' AND due_at <= ? AND id IN ({rows.marks(alerts)})"
        " RETURNING id, ticket_id, run, kind",
        work.now + REPEAT,
        work.now,
        *alerts,
    )
    for row in fired:
        if row["run"] >= MAX_RUNS:
            await work.change("UPDATE alerts SET due_at = NULL WHERE id = ?", row["id"])
        work.say(AlertRaised(row["id"], row["ticket_id"], row["run"], is_called=row["kind"] == CALLED))
    return len(fired)


async def ack(work: Work, actor: Actor, alert_id: int, *, duration: timedelta | None = None) -> datetime:
    """The actor has seen the alert: it is quiet for `duration` (by priority when absent) and then comes back.

    Returns when. Raises Conflict if somebody acked before or it is over, NotFound for an unknown alert.
    """
    row = await work.one(
        "UPDATE alerts SET state = 'acked', acked_by_id = ?, acked_at = ? WHERE id = ? AND state = 'open'"
        " RETURNING ticket_id",
        actor.id,
        work.now,
        alert_id,
    )
    if row is None:
        raise await _not_open(work, alert_id)
    if duration is None:
        ticket = await work.one("SELECT priority FROM tickets WHERE id = ?", row["ticket_id"])
        duration = ACK_URGENT if ticket and ticket["priority"] == 1 else ACK_NORMAL
    back_at = work.now + duration
    await work.change("UPDATE alerts SET due_at = ? WHERE id = ?", back_at, alert_id)
    work.say(AlertAcked(alert_id, row["ticket_id"], actor.name))
    work.poke("timers")
    return back_at


async def resolve(work: Work, changes: Sequence[TicketChanged]) -> None:
    """Handler of TicketChanged: a close ends the ticket's alerts, an answer those that wait for one; all are told."""
    for change, how in _ENDS.items():
        ended = [one.ticket_id for one in changes if one.change is change]
        if not ended:
            continue
        over = await work.fetch(
            "UPDATE alerts SET state = 'resolved', due_at = NULL, resolved_at = ? WHERE state <> 'resolved'"
            f" AND (kind <> 'resolution' OR ?) AND ticket_id IN ({rows.marks(ended)}) RETURNING id, ticket_id",
            work.now,
            change is Change.CLOSED,
            *ended,
        )
        for row in over:
            work.say(AlertResolved(row["id"], row["ticket_id"], how))


async def end(work: Work, tickets: Sequence[int], how: str) -> None:
    """These tickets need nobody's eye any more: their alerts are over, but for those that a rule has raised."""
    over = await work.fetch(
        "UPDATE alerts SET state = 'resolved', due_at = NULL, resolved_at = ? WHERE state <> 'resolved'"
        f" AND kind <> '{CALLED}' AND ticket_id IN ({rows.marks(tickets)}) RETURNING id, ticket_id",
        work.now,
        *tickets,
    )
    for row in over:
        work.say(AlertResolved(row["id"], row["ticket_id"], how))


async def open_for(reader: Reader, ticket_id: int) -> int | None:
    """The id of the ticket's alert that is not over, if any."""
    row = await reader.one(
        "SELECT id FROM alerts WHERE ticket_id = ? AND state <> 'resolved' ORDER BY id DESC LIMIT 1", ticket_id
    )
    return row["id"] if row else None


async def next_due(reader: Reader) -> datetime | None:
    """When the next alert comes (back)."""
    row = await reader.one("SELECT min(due_at) AS due_at FROM alerts WHERE state <> 'resolved'")
    return rows.maybe_instant(row["due_at"]) if row else None


SOURCE = Source("alerts", "SELECT id, due_at FROM alerts WHERE state <> 'resolved'", fire)


async def _not_open(reader: Reader, alert_id: int) -> errors.CentralaError:
    row = await reader.one(
        "SELECT a.state, a.acked_at, s.name FROM alerts AS a LEFT JOIN staff AS s ON s.id = a.acked_by_id"
        " WHERE a.id = ?",
        alert_id,
    )
    if row is None:
        return errors.NotFound("There is no such alert any more.")
    if row["state"] == AlertState.ACKED:
        at = rows.instant(row["acked_at"])
        return errors.Conflict(f"Already acked by {row['name']} at {at:%H:%M} UTC.", code="acked")
    return errors.Conflict("This alert is over: the ticket was answered or closed.", code="resolved")


def _row(breach: ClockBreached, now: datetime) -> rows.Row:
    return {
        "id": ids.new(),
        "ticket_id": breach.ticket_id,
        "kind": breach.kind,
        "state": AlertState.OPEN.value,
        "run": 1,
        "due_at": now + REPEAT,
        "created_at": now,
    }
