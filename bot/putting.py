"""A question to a customer as it goes out: by which line, with which options, in what envelope."""

from __future__ import annotations

from msgspec.structs import replace

from bot import question_texts
from bot.answers import Option
from bot.house import House
from bot.question_texts import Question
from channels.contract import Address, MessageId
from channels.lines import Line
from channels.outbox import Draft, Ref
from crmcore import codes
from crmcore.codes import Code
from kernel import errors, folding, texts
from kernel.unit import Reader, Work
from tickets.envelopes import envelope
from tickets.kinds import Field, Type
from tickets.visible import TicketView

PURPOSE = "question"


def line(house: House, ticket: TicketView) -> Line:
    """The line by which the customer is asked. Raises Conflict, Invalid where none can be or no answer could come."""
    if ticket.is_done:
        raise errors.Conflict(
            "{ticket} is over. Nothing was sent. /reopen {ticket} opens it again.", ticket=ticket.name
        )
    if house.quiet.is_on:
        raise errors.Invalid("Quiet mode is on and nothing leaves. Nothing was sent. /golive ends it.")
    found = house.lines.to(ticket.scheme, account=ticket.account)
    if found is None or not found.capabilities.hears_from(ticket.address):
        raise errors.Invalid(
            "No answer of {contact} could come that way. Nothing was sent. /via {ticket} shows others.",
            contact=ticket.contact,
            ticket=ticket.name,
        )
    return found


async def question(work: Work, house: House, ticket: TicketView, by: Line, one: Question) -> Draft:
    """The question in the customer's language."""
    text, buttons = question_texts.asked(by, ticket.language, one)
    return replace(await letter(work, house, ticket, by, text), id=MessageId(one.id), buttons=buttons)


async def letter(work: Work, house: House, ticket: TicketView, by: Line, text: str) -> Draft:
    """A text of ours to where the customer last wrote from."""
    around = await envelope(work, ticket, by, house.desk.tokens)
    return Draft(
        by.channel,
        by.account,
        Address(ticket.scheme, ticket.address),
        PURPOSE,
        text,
        ref=Ref("ticket", ticket.id),
        subject=around.subject,
        token=around.token,
        references=around.references,
    )


async def options(reader: Reader, field: Field, language: str) -> list[Option]:
    """What may be chosen, in the order of its numbers; [] for a field that is typed."""
    if field.type is Type.CHOICE:
        return [Option(one, one, frozenset({folding.fold(one)})) for one in field.options]
    if field.type is Type.YES_NO:
        yes, no = texts.say(language, "Yes"), texts.say(language, "No")
        return [Option("yes", yes, frozenset()), Option("no", no, frozenset())]
    if field.type is not Type.CODEBOOK:
        return []
    today = reader.now.date()
    found = await codes.book(reader, field.book)
    return [Option(one.code, one.label(language), _words(one)) for one in found.values() if one.is_valid(today)]


def _words(one: Code) -> frozenset[str]:
    return frozenset({folding.fold(one.code), *(folding.fold(label) for label in one.labels.values())})
