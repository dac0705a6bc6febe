"""Commands done one after the other in one unit, wherever they were said: by code, in a letter, by a press."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot import beforehand, grammar, many, views
from bot.calls import Answer, Call, seen
from bot.grammar import Said, Verb
from crmcore import access, staff_orders
from crmcore.access import Role
from crmcore.staff_orders import Order
from kernel import errors, rows
from tickets import numbers

Find = Callable[[str], Verb | None]
_NEEDS = {
    Role.AGENT: "/{verb} needs an agent (you: {role}). Nothing was done.",
    Role.LEAD: "/{verb} needs a lead (you: {role}). Nothing was done.",
    Role.MANAGER: "/{verb} needs a manager (you: {role}). Nothing was done.",
    Role.ADMIN: "/{verb} needs an admin (you: {role}). Nothing was done.",
}


def must_be_allowed(call: Call, verb: Verb, rest: str = "") -> None:
    """Raises Forbidden if his rank does not reach, or he says it where proof is weaker than it needs.

    `rest`: what follows the verb; a code that came to himself alone is rank and proof enough for what waits for it.
    """
    if not (verb.by_code and staff_orders.code_in(rest.strip())):
        _must_be_far(call, verb)
        _must_rank(call, verb)


def _must_rank(call: Call, verb: Verb) -> None:
    if not access.ranks(call.actor, verb.least):
        raise errors.Forbidden(_NEEDS[verb.least], verb=verb.name, role=views.role(call.language, call.actor.role))


def _must_be_far(call: Call, verb: Verb) -> None:
    can = call.chat.line.capabilities
    if verb.in_chat_only and not can.proves_sender and can.commands:
        raise errors.Forbidden(
            "/{verb} is not possible by {label}. Write it in the chat or on the page. Nothing was done.",
            verb=verb.name,
            label=can.label,
        )


async def perform(call: Call, find: Find, said: Sequence[Said], ticket_id: int | None) -> list[Answer]:
    """All or nothing: the first that is refused raises, and the caller's unit is rolled back.

    `ticket_id`: the ticket that is meant where a command names none.
    """
    is_press, call.is_press = call.is_press, False  # each does what it does when typed; the answer is a press's still
    is_alone = len(said) == 1
    found = [await _one(call, find, one, ticket_id, is_alone=is_alone) for one in said]
    call.is_press = is_press
    return [answer for answer in found if answer]


async def confirmed(call: Call, find: Find, order: Order) -> list[Answer]:
    """Do what was said before, if all that it reaches is as it was then. Raises Conflict otherwise."""
    await must_be_fresh(call, order)
    call.is_confirmed = bool(order.tickets)
    return await perform(call, find, [grammar.read(line) for line in order.commands], order.ticket_id)


async def carry_out(call: Call, verb: Verb, said: Said, number: int | None, *, is_alone: bool) -> Answer | None:
    """The verb itself with the ticket that is meant, or the tickets; or the question whether it shall be."""
    call.rest = said.rest
    if said.more:
        return await many.carry_out(call, verb, said, is_alone=is_alone)
    if number is not None and (verb.needs_ticket or verb.takes_ticket):
        call.ticket = await seen(call, number)
    asked = await beforehand.ask(call, verb, said, is_alone=is_alone)
    if asked is not None:
        return asked
    answer: Answer | None = await verb.run(call)
    return answer


def meant(said: Said, implied: int | None) -> int | None:
    """The ticket that is named, else the one that is implied. Raises Invalid where that is not among those named."""
    if said.number is not None and implied is not None and implied not in (said.number, *said.more):
        raise errors.Invalid(
            "You answered under {ticket} but wrote {other}. Nothing was done.",
            ticket=numbers.written(implied),
            other=said.names,
        )
    return said.number if said.number is not None else implied


async def must_be_fresh(call: Call, order: Order) -> None:
    """Raises Conflict if a ticket is another than when the commands were said; until the unit ends it stays so."""
    wanted = dict(order.tickets) or ({order.ticket_id: order.version} if order.ticket_id is not None else {})
    if not wanted:
        return
    for ticket_id in sorted(wanted):
        await call.work.change("UPDATE tickets SET version = version WHERE id = ?", ticket_id)
    found = await call.work.fetch(
        f"SELECT id, number, version FROM tickets WHERE id IN ({rows.marks(list(wanted))}) ORDER BY number", *wanted
    )
    if len(found) < len(wanted):
        raise errors.Conflict("The ticket has changed since. Nothing was done.", code="stale")
    changed = next((row["number"] for row in found if row["version"] != wanted[row["id"]]), None)
    if changed is not None:
        again = "{ticket} has changed since. Nothing was done. Look at it, and say it again."
        raise errors.Conflict(again, code="stale", ticket=numbers.written(changed))


async def _one(call: Call, find: Find, said: Said, ticket_id: int | None, *, is_alone: bool) -> Answer | None:
    verb = find(said.word)
    if verb is None or not verb.is_typed:
        raise errors.Invalid('"{word}" is not a command. Nothing was done.', word=said.word[:40])
    must_be_allowed(call, verb, said.rest)
    said = grammar.for_words(verb, said)
    call.ticket = None
    number = meant(said, await _number(call, ticket_id))
    if number is None and verb.needs_ticket:
        raise errors.Invalid("Which ticket? Start with T and its number: T12 {verb}. Nothing was done.", verb=verb.name)
    return await carry_out(call, verb, said, number, is_alone=is_alone)


async def _number(call: Call, ticket_id: int | None) -> int | None:
    row = await call.work.one("SELECT number FROM tickets WHERE id = ?", ticket_id) if ticket_id else None
    return row["number"] if row else None
