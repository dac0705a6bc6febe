"""Commands done one after the other in one unit, wherever they were said: by code, in a letter, by a press."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot import grammar, views
from bot.calls import Answer, Call, seen
from bot.grammar import Said, Verb
from crmcore import access
from crmcore.access import Role
from crmcore.staff_orders import Order
from kernel import errors
from tickets import numbers

Find = Callable[[str], Verb | None]
_NEEDS = {
    Role.AGENT: "/{verb} needs an agent (you: {role}). Nothing was done.",
    Role.LEAD: "/{verb} needs a lead (you: {role}). Nothing was done.",
    Role.MANAGER: "/{verb} needs a manager (you: {role}). Nothing was done.",
    Role.ADMIN: "/{verb} needs an admin (you: {role}). Nothing was done.",
}


def must_rank(call: Call, verb: Verb) -> None:
    """Raises Forbidden if the actor's rank does not reach."""
    if not access.ranks(call.actor, verb.least):
        raise errors.Forbidden(_NEEDS[verb.least], verb=verb.name, role=views.role(call.language, call.actor.role))


async def perform(call: Call, find: Find, said: Sequence[Said], ticket_id: int | None) -> list[Answer]:
    """All or nothing: the first that is refused raises, and the caller's unit is rolled back.

    `ticket_id`: the ticket that is meant where a command names none.
    """
    return [answer for one in said if (answer := await _one(call, find, one, ticket_id))]


async def _one(call: Call, find: Find, said: Said, ticket_id: int | None) -> Answer | None:
    verb = find(said.word)
    if verb is None or not verb.is_typed:
        raise errors.Invalid('"{word}" is not a command. Nothing was done.', word=said.word[:40])
    must_be_far(call, verb)
    must_rank(call, verb)
    said = grammar.for_words(verb, said)
    call.ticket, call.rest, call.is_press = None, said.rest, False
    meant = await _number(call, ticket_id)
    if said.number is not None and meant is not None and said.number != meant:
        raise errors.Invalid(
            "You answered under {ticket} but wrote {other}. Nothing was done.",
            ticket=numbers.written(meant),
            other=numbers.written(said.number),
        )
    number = said.number if said.number is not None else meant
    if number is None and verb.needs_ticket:
        raise errors.Invalid("Which ticket? Start with T and its number: T12 {verb}. Nothing was done.", verb=verb.name)
    if number is not None and (verb.needs_ticket or verb.takes_ticket):
        call.ticket = await seen(call, number)
    answer: Answer | None = await verb.run(call)
    return answer


def must_be_far(call: Call, verb: Verb) -> None:
    """Raises Forbidden for what is not done where proof is weaker than in a chat."""
    can = call.chat.line.capabilities
    if verb.in_chat_only and not can.proves_sender and can.commands:
        raise errors.Forbidden(
            "/{verb} is not possible by {label}. Write it in the chat or on the page. Nothing was done.",
            verb=verb.name,
            label=can.label,
        )


async def must_be_fresh(call: Call, order: Order) -> None:
    """Raises Conflict if the ticket is another by now than when the commands were said."""
    if order.ticket_id is None:
        return
    row = await call.work.one("SELECT number, version FROM tickets WHERE id = ?", order.ticket_id)
    if row is None or row["version"] != order.version:
        if row is None:
            raise errors.Conflict("The ticket has changed since. Nothing was done.", code="stale")
        again = "{ticket} has changed since. Nothing was done. Look at it, and say it again."
        raise errors.Conflict(again, code="stale", ticket=numbers.written(row["number"]))


async def _number(call: Call, ticket_id: int | None) -> int | None:
    row = await call.work.one("SELECT number FROM tickets WHERE id = ?", ticket_id) if ticket_id else None
    return row["number"] if row else None
