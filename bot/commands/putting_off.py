"""Verbs that put a ticket off and bring it back: snooze, wake."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import codes, views
from bot.calls import Answer, Call
from bot.commands import when
from bot.grammar import Verb
from channels.contract import Button
from tickets import snooze as snoozing


async def snooze(call: Call) -> Answer:
    """Off the lists until then, or until the customer writes; the clock of an unanswered ticket runs on."""
    ticket = call.the_ticket
    spoken = when.read(call, call.rest)
    await snoozing.snooze(call.work, call.actor, ticket, spoken.at, reason=spoken.rest.strip())
    contact = views.short(ticket.contact, 40)
    text = f"{ticket.name} is off the lists until {when.said(call, spoken)}, or until {contact} writes."
    due = views.due(ticket, ZoneInfo(call.actor.zone), call.work.now)
    if due:
        text += f"\n{contact} still waits: the clock runs on, {due}."
    wake = Button("Wake", codes.write("wk", ticket.number))
    return Answer(text + await when.hint(call), ((wake,),))


async def wake(call: Call) -> Answer:
    """Back on the lists."""
    await snoozing.wake(call.work, call.actor, call.the_ticket)
    return Answer(f"{call.the_ticket.name} is back on the lists.")


VERBS = (
    Verb(
        "snooze",
        snooze,
        "put it off until a time or until the customer writes",
        "/snooze T12 tomorrow 9:00",
        ("z",),
        takes_one=True,
    ),
    Verb("wake", wake, "bring it back to the lists now", "/wake T12", (), "wk", takes_one=True),
)
