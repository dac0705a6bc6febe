"""Tickets put off: off the lists until a time, or until the customer writes. Their clocks run on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crmcore import access
from crmcore.access import Actor
from kernel import errors, rows, sentences, times
from kernel.timers import Source
from kernel.unit import Reader, Work
from tickets import changes, entries
from tickets.events import Change, CustomerWrote, TicketChanged, TicketWoke
from tickets.visible import TicketView

LONGEST = timedelta(days=366)  # there is no "for ever"
LONGEST_URGENT = timedelta(hours=8)  # priority 1
REASON_LIMIT = 500


async def snooze(work: Work, actor: Actor, ticket: TicketView, until: datetime, *, reason: str = "") -> None:
    """Put an open ticket off until a time ahead; one that sleeps already, until this time instead.

    Raises Forbidden if it is another's, Invalid if that is too long, Conflict if it is solved or closed.
    """
    if not access.may_assign(actor, ticket.assignee_id):
        raise errors.Forbidden(
            "{name} has {ticket}; only a lead can put it off. Nothing was done.",
            name=ticket.assignee,
            ticket=ticket.name,
        )
    if len(reason) > REASON_LIMIT:
        raise errors.Invalid(
            "The reason has more than {most} characters. Nothing was done. /note takes it.",
            most=REASON_LIMIT,
        )
    if ticket.priority == 1 and until - work.now > LONGEST_URGENT:
        raise errors.Invalid(
            "{ticket} has priority 1: it is put off for 8 hours at most. Nothing was done.", ticket=ticket.name
        )
    if until - work.now > LONGEST:
        raise errors.Invalid("A ticket is put off for a year at most. Nothing was done.")
    changed = await work.change(
        "UPDATE tickets SET snoozed_until = ?, version = version + 1, updated_at = ?"
        " WHERE id = ? AND state NOT IN ('closed', 'solved')",
        until,
        work.now,
        ticket.id,
    )
    if not changed:
        over = "{ticket} is closed. Nothing was done." if ticket.is_closed else "{ticket} is done. Nothing was done."
        raise errors.Conflict(over, code="closed", ticket=ticket.name)
    when = times.written(until, ZoneInfo(actor.zone))
    text = "{name} put the ticket off until {when}: {reason}" if reason else "{name} put the ticket off until {when}"
    said = sentences.line(text, name=actor.name, when=when, reason=reason)
    inverse = changes.column(snoozed_until=(ticket.snoozed_until, until))
    await changes.note(work, actor, ticket.id, "snooze", said, inverse=inverse)
    await entries.happened(work, [ticket.id], said, by=actor)
    work.say(TicketChanged(ticket.id, Change.SNOOZED, actor.id, actor.name))
    work.poke("timers")


async def wake(work: Work, actor: Actor, ticket: TicketView) -> None:
    """Back on the lists now. Raises Conflict if it is awake."""
    if not await _wake(work, "id = ?", ticket.id):
        raise errors.Conflict("{ticket} is awake already. Nothing was done.", code="awake", ticket=ticket.name)
    said = sentences.line("{name} woke the ticket", name=actor.name)
    inverse = changes.column(snoozed_until=(ticket.snoozed_until, None))
    await changes.note(work, actor, ticket.id, "wake", said, inverse=inverse)
    await entries.happened(work, [ticket.id], said, by=actor)
    work.say(TicketChanged(ticket.id, Change.WOKEN, actor.id, actor.name))


async def interrupted(work: Work, events: Sequence[CustomerWrote]) -> None:
    """Handler of CustomerWrote, before the cards are brought up to date: what he writes about is awake."""
    wanted = list({event.ticket_id for event in events})
    woken = await _wake(work, f"id IN ({rows.marks(wanted)})", *wanted)
    await entries.happened(work, woken, sentences.line("awake again: the customer has written"))


async def fire(work: Work, tickets: Sequence[int]) -> int:
    """Wake those of `tickets` whose time has come; returns how many."""
    due = await work.fetch(  # what an update gives back is the new value: the old is read under its lock first
        "UPDATE tickets SET snoozed_until = snoozed_until"
        f" WHERE snoozed_until <= ? AND id IN ({rows.marks(tickets)}) RETURNING id, snoozed_until",
        work.now,
        *tickets,
    )
    until = {row["id"]: rows.instant(row["snoozed_until"]) for row in due}
    woken = sorted(await _wake(work, f"id IN ({rows.marks(list(until))})", *until), key=lambda one: until[one])
    await entries.happened(work, woken, sentences.line("awake again: the time has come"))
    for ticket_id in woken:
        work.say(TicketChanged(ticket_id, Change.WOKEN))
        work.say(TicketWoke(ticket_id, until[ticket_id]))
    return len(woken)


async def next_due(reader: Reader) -> datetime | None:
    """When the next ticket wakes."""
    row = await reader.one("SELECT min(snoozed_until) AS due_at FROM tickets WHERE snoozed_until IS NOT NULL")
    return rows.maybe_instant(row["due_at"]) if row else None


SOURCE = Source(
    "snoozes",
    "SELECT id, due_at FROM (SELECT id, snoozed_until AS due_at FROM tickets WHERE snoozed_until IS NOT NULL) AS asleep"
    " WHERE 1 = 1",
    fire,
)


async def _wake(work: Work, where: str, *values: object) -> list[int]:
    """Wake by one conditional update, so that nobody wakes a ticket twice; returns those that slept."""
    woken = await work.fetch(
        "UPDATE tickets SET snoozed_until = NULL, version = version + 1, updated_at = ?"
        f" WHERE snoozed_until IS NOT NULL AND {where} RETURNING id",
        work.now,
        *values,
    )
    return [row["id"] for row in woken]
