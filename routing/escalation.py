"""Escalation: a breached clock becomes an alert row that comes back until the ticket is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crmcore.access import Actor
from kernel import errors, ids, rows
from kernel.timers import Source
from kernel.unit import Reader, Work
from routing import incident_book, steps
from routing.events import AlertAcked, AlertRaised, AlertResolved
from routing.models import Alert, AlertState
from tickets import clocks
from tickets.events import Change, ClockBreached, TicketChanged

REPEAT = timedelta(minutes=30)  # unseen: it comes again
ACK_URGENT = timedelta(minutes=30)  # seen, priority 1
ACK_NORMAL = timedelta(hours=2)  # seen, all others
MAX_RUNS = 20  # ten hours of an alert that nobody looks at; then it only stands on the lists
MANUAL = "manual"  # of one that a colleague has called for by hand
CALLED = "rule"  # the kind of an alert that a rule has raised, not a clock
CALL = "call_back"  # of one for a promised call that nobody has made: ended by what comes of the call
URGENT = 1
LONGEST_SNOOZE = timedelta(hours=8)  # a ticket that is put off for longer does not silence its alert for longer
# What a colleague does to a ticket that shows he has seen its alert, and how it is told.
_SEEN = {Change.TAKEN: "taken", Change.ASSIGNED: "given", Change.SNOOZED: "put off"}
_ENDS = {Change.ANSWERED: "answered", Change.CLOSED: "closed"}


async def raise_alerts(work: Work, breaches: Sequence[ClockBreached]) -> None:
    """Handler of ClockBreached: one open alert a ticket and kind, whatever fires twice."""
    await raise_free(work, await not_held(work, breaches))


async def raise_free(work: Work, breaches: Sequence[ClockBreached]) -> None:
    """The same for breaches that no incident answers for."""
    for one in await open_alerts(work, [row(breach, work.now, work.now + REPEAT) for breach in breaches]):
        work.say(raised(one, 1))
    work.poke("timers")


async def not_held(work: Work, breaches: Sequence[ClockBreached]) -> list[ClockBreached]:
    """Those that want an alert: none of a ticket whose incident answers for it, unless a rule has called.

    Its clock began after the ticket had joined, and is no breach.
    """
    held = await incident_book.held(work, [one.ticket_id for one in breaches if one.kind != CALLED])
    if held:
        await clocks.forgive(work, sorted(held))
    return [one for one in breaches if one.ticket_id not in held or one.kind == CALLED]


async def open_alerts(work: Work, new: Sequence[rows.Row]) -> list[rows.Row]:
    """Write alerts; those that are new come back (id, ticket_id, kind)."""
    return await work.insert(
        Alert,
        new,
        conflict="ON CONFLICT (ticket_id, kind) WHERE state <> 'resolved' DO NOTHING",
        returning="id, ticket_id, kind",
    )


async def fire(work: Work, alerts: Sequence[int]) -> int:
    """Those of `alerts` that are due come (back): seen or not, the customer still waits. Returns how many."""
    if not alerts:
        return 0
    fired = await work.fetch(
        "UPDATE alerts SET state = 'open', run = run + 1, due_at = ?"
        f" WHERE state <> 'resolved' AND chain IS NULL AND due_at <= ? AND id IN ({rows.marks(alerts)})"
        " RETURNING id, ticket_id, run, kind",
        work.now + REPEAT,
        work.now,
        *alerts,
    )
    for row in fired:
        if row["run"] >= MAX_RUNS:
            await work.change("UPDATE alerts SET due_at = NULL WHERE id = ?", row["id"])
        work.say(raised(row, row["run"]))
    return len(fired)


async def ack(work: Work, actor: Actor, alert_id: int, *, duration: timedelta | None = None) -> datetime:
    """The actor has seen the alert: it is quiet for `duration` (by priority when absent) and then comes back.

    Returns when. Raises Conflict if somebody acked before or it is over, NotFound for an unknown alert.
    """
    found = await work.one(
        "UPDATE alerts SET state = 'acked', acked_by_id = ?, acked_at = ?, loud_at = NULL"
        " WHERE id = ? AND state = 'open'"
        " RETURNING ticket_id, chain, run",
        actor.id,
        work.now,
        alert_id,
    )
    if found is None:
        raise await _not_open(work, alert_id)
    if duration is None:
        ticket = await work.one("SELECT priority FROM tickets WHERE id = ?", found["ticket_id"])
        duration = quiet_for(ticket["priority"] if ticket else 0)
    back_at = work.now + duration
    await work.change("UPDATE alerts SET due_at = ? WHERE id = ?", back_at, alert_id)
    if found["chain"] is not None:
        await steps.restart(work, alert_id, found["run"] + 1, back_at)
    work.say(AlertAcked(alert_id, found["ticket_id"], actor.name))
    work.poke("timers")
    return back_at


async def seen_to(work: Work, changes: Sequence[TicketChanged]) -> None:
    """Handler of TicketChanged: who takes a ticket, hands it on or puts it off has seen its alert, by any channel.

    Put off, the alert comes back with the ticket, but no later than LONGEST_SNOOZE from now.
    """
    handed = {one.ticket_id: one for one in changes if one.change in _SEEN and one.actor_id is not None}
    if not handed:
        return
    found = await work.fetch(
        "SELECT a.id, a.ticket_id, a.run, a.chain, t.priority, t.snoozed_until, s.name AS assignee FROM alerts AS a"
        " JOIN tickets AS t ON t.id = a.ticket_id LEFT JOIN staff AS s ON s.id = t.assignee_id"
        f" WHERE a.state = 'open' AND a.ticket_id IN ({rows.marks(list(handed))})",
        *handed,
    )
    for alert in found:
        change = handed[alert["ticket_id"]]
        if change.change is Change.ASSIGNED and alert["assignee"] is None:
            continue  # nobody has it now
        back_at = work.now + quiet_for(alert["priority"])
        if change.change is Change.SNOOZED:
            back_at = min(rows.maybe_instant(alert["snoozed_until"]) or back_at, work.now + LONGEST_SNOOZE)
        won = await work.change(
            "UPDATE alerts SET state = 'acked', acked_by_id = ?, acked_at = ?, due_at = ?, loud_at = NULL"
            " WHERE id = ? AND state = 'open'",
            change.actor_id,
            work.now,
            back_at,
            alert["id"],
        )
        if not won:
            continue
        if alert["chain"] is not None:
            await steps.restart(work, alert["id"], alert["run"] + 1, back_at)
        how, to = _SEEN[change.change], alert["assignee"] if change.change is Change.ASSIGNED else ""
        work.say(AlertAcked(alert["id"], alert["ticket_id"], change.actor, how, to or ""))
    work.poke("timers")


def quiet_for(priority: int) -> timedelta:
    """How long an alert that somebody has seen is quiet by itself."""
    return ACK_URGENT if priority == 1 else ACK_NORMAL


async def resolve(work: Work, changes: Sequence[TicketChanged]) -> None:
    """Handler of TicketChanged: a close ends the ticket's alerts, an answer those that wait for one; all are told."""
    for change, how in _ENDS.items():
        ended = [one.ticket_id for one in changes if one.change is change]
        if not ended:
            continue
        over = await work.fetch(
            "UPDATE alerts SET state = 'resolved', due_at = NULL, resolved_at = ? WHERE state <> 'resolved'"
            f" AND (kind NOT IN ('resolution', '{CALL}') OR ?) AND ticket_id IN ({rows.marks(ended)})"
            " RETURNING id, ticket_id",
            work.now,
            change is Change.CLOSED,
            *ended,
        )
        if over:
            await steps.void(work, [row["id"] for row in over])
        for row in over:
            work.say(AlertResolved(row["id"], row["ticket_id"], how))


async def end(work: Work, tickets: Sequence[int], how: str, to: str) -> None:
    """These tickets need nobody's eye any more: their alerts are over, but for those that were called for."""
    await _over(work, tickets, f"kind NOT IN ('{CALLED}', '{MANUAL}', '{CALL}')", how, to)


async def end_call(work: Work, ticket_id: int, how: str) -> None:
    """Something has come of the call that was promised on this ticket: nobody has to hear any more that it is late."""
    await _over(work, [ticket_id], f"kind = '{CALL}'", how, "")


def raised(alert: rows.Row, run: int) -> AlertRaised:
    """An alert as it is told. Pure."""
    kind = alert["kind"]
    return AlertRaised(
        alert["id"], alert["ticket_id"], run, kind == CALLED, alert.get("reason", ""), is_call=kind == CALL
    )


async def _over(work: Work, tickets: Sequence[int], which: str, how: str, to: str) -> None:
    over = await work.fetch(
        "UPDATE alerts SET state = 'resolved', due_at = NULL, resolved_at = ? WHERE state <> 'resolved'"
        f" AND {which} AND ticket_id IN ({rows.marks(tickets)}) RETURNING id, ticket_id",
        work.now,
        *tickets,
    )
    if over:
        await steps.void(work, [row["id"] for row in over])
    for row in over:
        work.say(AlertResolved(row["id"], row["ticket_id"], how, to))


async def open_for(reader: Reader, ticket_id: int) -> int | None:
    """The id of the ticket's alert that is not over, if any: one that nobody has seen before the others."""
    row = await reader.one(
        "SELECT id FROM alerts WHERE ticket_id = ? AND state <> 'resolved'"
        " ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, id DESC LIMIT 1",
        ticket_id,
    )
    return row["id"] if row else None


async def unseen(reader: Reader, ticket_id: int) -> list[int]:
    """The ticket's alerts that nobody has seen, the oldest first."""
    found = await reader.fetch("SELECT id FROM alerts WHERE ticket_id = ? AND state = 'open' ORDER BY id", ticket_id)
    return [row["id"] for row in found]


async def mark_loud(work: Work, alert_id: int) -> None:
    """It is known now that nobody sees to the alert: figures and pages say so until somebody does."""
    await work.change(
        "UPDATE alerts SET loud_at = COALESCE(loud_at, ?) WHERE id = ? AND state = 'open'", work.now, alert_id
    )


async def next_due(reader: Reader) -> datetime | None:
    """When the next alert comes (back)."""
    row = await reader.one("SELECT min(due_at) AS due_at FROM alerts WHERE state <> 'resolved'")
    return rows.maybe_instant(row["due_at"]) if row else None


SOURCE = Source("alerts", "SELECT id, due_at FROM alerts WHERE state <> 'resolved' AND chain IS NULL", fire)


def row(breach: ClockBreached, now: datetime, due_at: datetime, chain: str | None = None) -> rows.Row:
    """A new alert. `chain`: the one it follows, as kept."""
    return {
        "id": ids.new(),
        "ticket_id": breach.ticket_id,
        "kind": breach.kind,
        "state": AlertState.OPEN.value,
        "run": 1,
        "due_at": due_at,
        "created_at": now,
        "chain": chain,
    }


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
        return errors.Conflict(
            "Already acked by {name} at {time} UTC.", code="acked", name=row["name"], time=f"{at:%H:%M}"
        )
    return errors.Conflict("This alert is over: the ticket was answered or closed.", code="resolved")
