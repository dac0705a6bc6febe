"""Verbs that move a ticket: take, assign, close, reopen, show."""

from __future__ import annotations

from collections.abc import Sequence

from bot import codes, views
from bot.calls import Answer, Call
from bot.commands import presence
from bot.grammar import Verb
from channels.contract import Button
from crmcore import absences, staff
from crmcore.staff import Colleague
from kernel import errors, texts
from tickets import actions, surveys, visible
from tickets.visible import TicketView

SHOWN_ENTRIES = 8
SHOW_LIMIT = 50
SILENT = "silent"  # said before the reason of a closing: the customer is asked for no rating


async def take(call: Call) -> Answer:
    """Make it mine."""
    fresh = await actions.take(call.work, call.actor, call.the_ticket)
    ticket = await call.again()
    due = views.due(call.reading, ticket)
    said = texts.say(call.language, "{ticket} is yours." if fresh else "{ticket} is yours already.", ticket=ticket.name)
    return Answer(f"{said} {due[:1].upper()}{due[1:]}." if due else said)


async def assign(call: Call) -> Answer:
    """Give it to a colleague: a name, the beginning of one, `me`, or `none`."""
    wanted = call.rest.strip()
    if not wanted:
        raise errors.Invalid(
            "To whom? Write a name after it: /assign {ticket} Anna, or me, or none.", ticket=call.the_ticket.name
        )
    colleague = None
    if wanted.lower() != "none":
        colleague = await staff.named(call.work, call.actor.name if wanted.lower() == "me" else wanted)
    nobody = texts.say(call.language, "nobody")
    before, after = call.the_ticket.assignee or nobody, colleague.name if colleague else nobody
    await actions.assign(call.work, call.actor, call.the_ticket, colleague)
    text = f"{call.the_ticket.name}: {before} → {after}"
    return Answer(text + await _absence(call, colleague) if colleague else text)


async def close(call: Call) -> Answer:
    """Solved. A card's button closes only what its reader has seen. `silent` before the reason asks for no rating."""
    ticket = call.the_ticket
    seen = call.version if call.is_press and call.version else None
    terms, reason = call.house.desk.terms(ticket), call.rest.strip()
    silent = reason.split(maxsplit=1)[:1] == [SILENT]
    reason = reason.removeprefix(SILENT).strip() if silent else reason
    try:
        await actions.close(call.work, call.actor, ticket, reason=reason, seen=seen, terms=terms, silent=silent)
    except errors.Conflict as error:
        if error.code != "stale":
            raise
        buttons = (
            (
                Button(texts.say(call.language, "Show"), codes.write("sh", ticket.number)),
                _anyway(call.language, ticket),
            ),
        )
        return Answer(
            texts.say(call.language, "{ticket} has changed since this card. Nothing was done.", ticket=ticket.name),
            buttons,
        )
    return Answer(
        texts.say(call.language, "{ticket} closed.", ticket=ticket.name),
        ((Button(texts.say(call.language, "Reopen"), codes.write("ro", ticket.number)),),),
    )


async def ratings(call: Call, tickets: Sequence[TicketView]) -> str:
    """How many customers many closings would ask for a rating, "" for none."""
    is_silent = call.rest.strip().split(maxsplit=1)[:1] == [SILENT]
    if is_silent or not call.house.ratings or call.house.quiet.is_on:
        return ""
    count = await surveys.foreseen(call.work, [one.id for one in tickets])
    if not count:
        return ""
    return texts.say_many(
        call.language,
        "{count} customer may be asked for a rating.",
        "{count} customers may be asked for a rating.",
        count,
    )


async def reopen(call: Call) -> Answer:
    """Open again."""
    await actions.reopen(call.work, call.actor, call.the_ticket)
    return Answer(texts.say(call.language, "{ticket} open again.", ticket=call.the_ticket.name))


async def show(call: Call) -> Answer:
    """The card and the last entries."""
    ticket = call.the_ticket
    wanted = call.rest.strip()
    count = min(int(wanted[:9]), SHOW_LIMIT) if wanted.isascii() and wanted.strip("0").isdigit() else SHOWN_ENTRIES
    entries = await visible.entries(call.work, ticket.id, limit=count)
    label, limit = call.house.lines.label(ticket.channel), call.chat.line.capabilities.text_limit
    text = views.detail(call.reading, ticket, label, entries, limit=limit)
    return Answer(text, views.card_buttons(call.language, ticket))


async def _absence(call: Call, colleague: Colleague) -> str:
    """That he to whom it is given is away, and how his deputy has it instead; "" if he is here, or it is himself."""
    away = None if colleague.id == call.actor.id else (await absences.now(call.work)).get(colleague.id)
    if away is None:
        return ""
    instead = f"/assign {call.the_ticket.name} {away.deputy}"
    if not away.deputy:
        instead = texts.say(call.language, "Nobody stands in.")
    return f". {presence.absent(call.reading, away)}. {instead}"


def _anyway(language: str, ticket: visible.TicketView) -> Button:
    """Closes as the ticket is now, by someone who has read that it changed."""
    return Button(texts.say(language, "Close anyway"), codes.write("cl", ticket.number, ticket.version))


VERBS = (
    Verb("take", take, "make the ticket yours", "/take T12", ("tk", "claim"), "tk", takes_many=True),
    Verb("assign", assign, "give it to a colleague (me, none)", "/assign T12 Anna", ("a",), takes_many=True),
    Verb(
        "close",
        close,
        "close it, with a reason if you like",
        "/close T12 card replaced",
        ("c",),
        "cl",
        takes_many=True,
        foretells=ratings,
    ),
    Verb("reopen", reopen, "open a closed ticket again", "/reopen T12", ("ro",), "ro", takes_many=True),
    Verb("show", show, "the ticket and its last entries", "/show T12", ("s",), "sh", reads=True, takes_one=True),
)
