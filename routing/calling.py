"""A colleague calls for help with a ticket, with a reason: the next of its chain is told now, or whom he names."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from crmcore.access import Actor
from kernel import errors, ids, sentences
from kernel.unit import Work
from routing import chains, escalation, steps, whom
from routing.chains import Chain, Step
from routing.desk import Desk
from routing.models import AlertState
from tickets import entries
from tickets.models import State
from tickets.visible import TicketView

AFTER = timedelta(minutes=10)  # from whom he names to the queue's own chain
HAND = "by hand"


async def call(work: Work, desk: Desk, actor: Actor, ticket: TicketView, why: str, *, who: str = "") -> None:
    """Have the ticket seen to now. `who`: as a chain's step has it; "" for the next of the queue's chain.

    Raises Invalid without a reason, Conflict if the ticket is closed.
    """
    if not why.strip():
        raise errors.Invalid(
            "Why? Write it after: /escalate {ticket} he waits since Monday. Nothing was done.", ticket=ticket.name
        )
    if ticket.state == State.CLOSED:
        raise errors.Conflict("{ticket} is closed. Nothing was done.", code="closed", ticket=ticket.name)
    reason = f"{actor.name} asks for help: {why.strip()}"
    if not (not who and await _next_level(work, ticket, reason)):
        await _anew(work, desk, ticket, reason, who)
    text = "{name} escalated the ticket to {other}: {reason}" if who else "{name} escalated the ticket: {reason}"
    said = sentences.line(text, name=actor.name, other=who.removeprefix("@"), reason=why.strip())
    await entries.happened(work, [ticket.id], said, by=actor)
    work.poke("timers")


def chain_for(desk: Desk, ticket: TicketView, who: str) -> Chain:
    """Whom he names first, and then the queue's own chain; the managers where it has none. Pure."""
    own = desk.queue(ticket.queue).chain or Chain(HAND, (Step(whom.MANAGER),))
    if not who:
        return own
    first, *others = own.steps
    following = (replace(first, after=max(first.after, AFTER)), *others)
    return replace(own, steps=(Step(who), *following))


async def _next_level(work: Work, ticket: TicketView, reason: str) -> bool:
    """An alert of the ticket that climbs a chain climbs its next step now; False if there is none with a step left."""
    found = await work.fetch(
        "SELECT a.id, a.chain, s.id AS step_id, s.place FROM alerts AS a JOIN alert_steps AS s ON s.alert_id = a.id"
        " AND s.state = 'waiting' WHERE a.ticket_id = ? AND a.state = 'open' ORDER BY a.id DESC",
        ticket.id,
    )
    able = [row for row in found if row["place"] < len(chains.read(row["chain"]).steps)]
    if not able:
        return False
    alert = able[0]
    won = await work.change(
        "UPDATE alerts SET reason = ?, due_at = ? WHERE id = ? AND state = 'open'", reason, work.now, alert["id"]
    )
    hurried = won and await work.change(
        "UPDATE alert_steps SET due_at = ? WHERE id = ? AND state = 'waiting'", work.now, alert["step_id"]
    )
    return bool(hurried)


async def _anew(work: Work, desk: Desk, ticket: TicketView, reason: str, who: str) -> None:
    """An alert of its own; one that was called before begins again with the new reason."""
    chain = chains.written(chain_for(desk, ticket, who))
    alert_id = ids.new()
    row = {
        "id": alert_id,
        "ticket_id": ticket.id,
        "kind": escalation.MANUAL,
        "state": AlertState.OPEN.value,
        "run": 1,
        "due_at": work.now,
        "created_at": work.now,
        "chain": chain,
        "reason": reason,
    }
    if await escalation.open_alerts(work, [row]):
        await steps.add(work, [steps.row(alert_id, 1, chains.START, work.now)])
        return
    again = await work.one(
        "UPDATE alerts SET state = 'open', chain = ?, reason = ?, due_at = ?"
        " WHERE ticket_id = ? AND kind = ? AND state <> 'resolved' RETURNING id, run",
        chain,
        reason,
        work.now,
        ticket.id,
        escalation.MANUAL,
    )
    if again is not None:
        await steps.restart(work, again["id"], again["run"] + 1, work.now)
