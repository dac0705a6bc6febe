"""The verbs for a customer who wants to be rung: his number and a reminder of the call; and what came of ringing."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from bot.calls import Answer, Call
from bot.commands import companies, reminders, when
from bot.grammar import Verb
from kernel import errors, texts
from routing import call_backs
from routing.call_models import CallState

SOON = "30m"
_REACHED = re.compile(r"reached\b[ ,.:]*", re.IGNORECASE)
_UNANSWERED = re.compile(r"no(?:\s+answer|body)?\b[ ,.:]*(?:again\s+)?(?:in\s+)?", re.IGNORECASE)


async def call_back(call: Call) -> Answer:
    """Plan a call, in half an hour unless a time is said, and show the number to ring."""
    ticket = call.the_ticket
    row = await call.work.one(
        "SELECT value FROM identities WHERE contact_id = ? AND scheme = 'tel' ORDER BY verified DESC, id DESC",
        ticket.contact_id,
    )
    number = row["value"] if row else texts.say(call.language, "no number known; ask for it")
    call.rest = f"{call.rest.strip() or SOON} call back"
    planned = await reminders.plan(call)
    return replace(planned, text=f"{ticket.contact}: {number}. {planned.text}")


async def rang(call: Call) -> Answer:
    """What came of ringing a customer who wants to be called: reached, or no answer and when again.

    Any other words, or none who waits for a call: it is a call like any other, and written down.
    """
    said = call.rest.strip()
    found = _REACHED.match(said)
    if found is not None:
        return await reached(call, said[found.end() :].strip())
    found = _UNANSWERED.match(said)
    if found is None:
        return await _noted(call)
    rest = said[found.end() :].strip()
    return await unanswered(call, when.read(call, rest).at if rest else None)


async def _noted(call: Call) -> Answer:
    if call.ticket is None or await call_backs.standing(call.work, call.ticket.id) is None:
        return await companies.note_call(call)
    name = call.ticket.name
    raise errors.Invalid(
        "What came of it? /rang {ticket} reached he pays on Friday, or /rang {ticket} no answer 2h. Nothing was done.",
        ticket=name,
    )


async def reached(call: Call, said: str = "") -> Answer:
    """Somebody has spoken to him."""
    await call_backs.reached(call.work, call.actor, call.the_ticket, said)
    return Answer(
        texts.say(
            call.language,
            "{ticket}: {contact} was reached. It is in his history.",
            ticket=call.the_ticket.name,
            contact=call.the_ticket.contact,
        )
    )


async def unanswered(call: Call, again_at: datetime | None = None) -> Answer:
    """Nobody took it."""
    name = call.the_ticket.name
    done = await call_backs.unanswered(call.work, call.actor, call.the_ticket, again_at)
    if done.state is CallState.GIVEN_UP:
        return Answer(
            texts.say(
                call.language,
                "{ticket}: no answer {tries} times. Nobody is reminded any more; write to him instead.",
                ticket=name,
                tries=done.tries,
            )
        )
    at = texts.in_full(call.language, done.window.start_at, ZoneInfo(call.actor.zone))
    return Answer(
        texts.say(
            call.language,
            "{ticket}: no answer, try {tries} of {most}. Again {at}.",
            ticket=name,
            tries=done.tries,
            most=call_backs.MOST_TRIES,
            at=at,
        )
    )


VERBS = (
    Verb("callback", call_back, "the customer's number, and a reminder to ring him", "/callback T12 2h", ("cb",)),
    Verb(
        "rang",
        rang,
        "what came of a call-back: reached, or no answer and when again",
        "/rang T12 no answer 2h",
        needs_ticket=False,
        takes_ticket=True,
        takes_text=True,
    ),
    Verb("reached", reached, "he was reached", "(a button)", (), "rr"),
    Verb("unanswered", unanswered, "nobody took the call", "(a button)", (), "rn"),
)
