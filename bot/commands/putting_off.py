"""Verbs that put a ticket off and bring it back: snooze, wake."""

from __future__ import annotations

from bot import codes, views
from bot.calls import Answer, Call
from bot.commands import when
from bot.grammar import Verb
from channels.contract import Button
from kernel import texts
from tickets import snooze as snoozing


async def snooze(call: Call) -> Answer:
    """Off the lists until then, or until the customer writes; the clock of an unanswered ticket runs on."""
    ticket = call.the_ticket
    spoken = when.read(call, call.rest)
    await snoozing.snooze(call.work, call.actor, ticket, spoken.at, reason=spoken.rest.strip())
    known = {"ticket": ticket.name, "time": when.said(call, spoken), "contact": views.short(ticket.contact, 40)}
    text = texts.say(call.language, "{ticket} is off the lists until {time}, or until {contact} writes.", **known)
    due = views.due(call.reading, ticket)
    if due:
        waits = "{contact} still waits: the clock runs on, {due}."
        text += f"\n{texts.say(call.language, waits, contact=known['contact'], due=due)}"
    wake = Button(texts.say(call.language, "Wake"), codes.write("wk", ticket.number))
    return Answer(text + await when.hint(call), ((wake,),))


async def wake(call: Call) -> Answer:
    """Back on the lists."""
    await snoozing.wake(call.work, call.actor, call.the_ticket)
    return Answer(texts.say(call.language, "{ticket} is back on the lists.", ticket=call.the_ticket.name))


VERBS = (
    Verb(
        "snooze",
        snooze,
        "put it off until a time or until the customer writes",
        "/snooze T12 tomorrow 9:00",
        ("z",),
        takes_many=True,
    ),
    Verb("wake", wake, "bring it back to the lists now", "/wake T12", (), "wk", takes_many=True),
)
