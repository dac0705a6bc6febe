"""Verbs about the way an answer goes."""

from __future__ import annotations

from bot.calls import Answer, Call
from bot.grammar import Verb
from tickets import routes


async def via(call: Call) -> Answer:
    """The next answers go by another channel, until the customer writes again."""
    ticket = call.the_ticket
    word = call.rest.split()[0] if call.rest.split() else ""
    way = await routes.choose(call.work, call.actor, ticket, word, call.house.lines)
    return Answer(f"{ticket.name}: answers go by {way.label} from now on, until {ticket.contact} writes again.")


VERBS = (Verb("via", via, "send the next answers by another channel", "/via T12 sms", ("channel",), takes_text=True),)
