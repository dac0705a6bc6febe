"""Verbs that move a ticket: take, assign, close, reopen, show."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import codes, views
from bot.calls import Answer, Call
from bot.commands import presence
from bot.grammar import Verb
from channels.contract import Button
from crmcore import absences, staff
from crmcore.staff import Colleague
from kernel import errors
from tickets import actions, visible

SHOWN_ENTRIES = 8
SHOW_LIMIT = 50
SILENT = "silent"  # said before the reason of a closing: the customer is asked for no rating


async def take(call: Call) -> Answer:
    """Make it mine."""
    fresh = await actions.take(call.work, call.actor, call.the_ticket)
    ticket = await call.again()
    due = views.due(ticket, ZoneInfo(call.actor.zone), call.work.now)
    said = f"{ticket.name} is yours." if fresh else f"{ticket.name} is yours already."
    return Answer(f"{said} {due[:1].upper()}{due[1:]}.".strip() if due else said)


async def assign(call: Call) -> Answer:
    """Give it to a colleague: a name, the beginning of one, `me`, or `none`."""
    wanted = call.rest.strip()
    if not wanted:
        raise errors.Invalid(f"To whom? Write a name after it: /assign {call.the_ticket.name} Anna, or me, or none.")
    colleague = None
    if wanted.lower() != "none":
        colleague = await staff.named(call.work, call.actor.name if wanted.lower() == "me" else wanted)
    before = call.the_ticket.assignee or "nobody"
    await actions.assign(call.work, call.actor, call.the_ticket, colleague)
    text = f"{call.the_ticket.name}: {before} → {colleague.name if colleague else 'nobody'}"
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
        buttons = ((Button("Show", codes.write("sh", ticket.number)), _anyway(ticket)),)
        return Answer(f"{ticket.name} has changed since this card. Nothing was done.", buttons)
    return Answer(f"{ticket.name} closed.", ((Button("Reopen", codes.write("ro", ticket.number)),),))


async def reopen(call: Call) -> Answer:
    """Open again."""
    await actions.reopen(call.work, call.actor, call.the_ticket)
    return Answer(f"{call.the_ticket.name} open again.")


async def show(call: Call) -> Answer:
    """The card and the last entries."""
    ticket, zone = call.the_ticket, ZoneInfo(call.actor.zone)
    wanted = call.rest.strip()
    count = min(int(wanted[:9]), SHOW_LIMIT) if wanted.isascii() and wanted.strip("0").isdigit() else SHOWN_ENTRIES
    entries = await visible.entries(call.work, ticket.id, limit=count)
    label, limit = call.house.lines.label(ticket.channel), call.chat.line.capabilities.text_limit
    text = views.detail(ticket, label, entries, zone, call.work.now, limit=limit)
    return Answer(text, views.card_buttons(ticket))


async def _absence(call: Call, colleague: Colleague) -> str:
    """That he to whom it is given is away, and how his deputy has it instead; "" if he is here, or it is himself."""
    away = None if colleague.id == call.actor.id else (await absences.now(call.work)).get(colleague.id)
    if away is None:
        return ""
    instead = f" /assign {call.the_ticket.name} {away.deputy}" if away.deputy else " Nobody stands in."
    return f". {presence.absent(away, ZoneInfo(call.actor.zone))}.{instead}"


def _anyway(ticket: visible.TicketView) -> Button:
    """Closes as the ticket is now, by someone who has read that it changed."""
    return Button("Close anyway", codes.write("cl", ticket.number, ticket.version))


VERBS = (
    Verb("take", take, "make the ticket yours", "/take T12", ("tk", "claim"), "tk", takes_one=True),
    Verb("assign", assign, "give it to a colleague (me, none)", "/assign T12 Anna", ("a",), takes_one=True),
    Verb(
        "close", close, "close it, with a reason if you like", "/close T12 card replaced", ("c",), "cl", takes_one=True
    ),
    Verb("reopen", reopen, "open a closed ticket again", "/reopen T12", ("ro",), "ro", takes_one=True),
    Verb("show", show, "the ticket and its last entries", "/show T12", ("s",), "sh", reads=True, takes_one=True),
)
