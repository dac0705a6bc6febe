"""Verbs that ask a customer for what a claim needs: files by a link, and the fields of its kind by questions."""

from __future__ import annotations

from bot.calls import Answer, Call
from bot.commands import replies
from bot.grammar import Verb
from bot.questioning import Questioning
from kernel import errors, texts
from tickets import questions, uploads

OFF = ("off", "stop", "end")
_NO_ADDRESS = (
    "No link can be made: the address of our pages is not set. An administrator sets web.public_url"
    " (docs/how-to/go-public.md). Nothing was sent."
)


async def upload(call: Call) -> Answer:
    """An answer to the customer, in his language, with a link that takes files once. The note goes before it."""
    ticket, house = call.the_ticket, call.house
    if not house.public_url:
        raise errors.Invalid(_NO_ADDRESS)
    if call.arrived.inbound.files:
        raise errors.Invalid(
            "A link goes without files. Nothing was sent. /reply {ticket} sends them.", ticket=ticket.name
        )
    token = await uploads.issue(call.work, call.actor, ticket)
    zone = house.desk.queue(ticket.queue).calendar.zone
    text = texts.say(
        ticket.language,
        "Send us photos or documents for {number} here: {link} (once, until {time}).",
        number=ticket.name,
        link=f"{house.public_url.rstrip('/')}{uploads.PATH}{token}",
        time=texts.dated(ticket.language, call.work.now + uploads.OPEN_FOR, zone),
    )
    note = call.rest.strip()
    return await replies.send(call, f"{note}\n{text}" if note else text)


async def ask(call: Call) -> Answer:
    """The customer is asked for the fields that are empty, one after the other; "off" ends it."""
    ticket = call.the_ticket
    if call.rest.strip().casefold() in OFF:
        ended = await questions.stop(call.work, call.actor, ticket)
        done = "{ticket}: no more questions." if ended else "{ticket}: nothing is being asked."
        return Answer(texts.say(call.language, done, ticket=ticket.name))
    said = await Questioning(call.house).begin(call.work, call.actor, ticket)
    return Answer(
        texts.say(
            call.language,
            "{ticket}: {contact} is asked for {names}. /ask {ticket} off ends it.",
            ticket=ticket.name,
            contact=ticket.contact,
            names=", ".join(said),
        )
    )


VERBS = (
    Verb("upload", upload, "send the customer a link for photos", "/upload T12", ("photos",), takes_text=True),
    Verb("ask", ask, "ask the customer for the fields of its kind", "/ask T12", ("questions",)),
)
