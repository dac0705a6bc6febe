"""One command for several tickets: done one after the other, all or none; of more than three it is asked first."""

from __future__ import annotations

from collections.abc import Sequence

from bot import beforehand, incident_views, views
from bot.beforehand import Prospect
from bot.calls import Answer, Call, seen
from bot.grammar import Said, Verb
from kernel import errors, texts
from tickets.visible import TicketView

MOST = 20
FREELY = 3  # so many are done without a question
NAMES, WORDS = 100, 40  # characters of a question by text: its code comes last, and must not be cut off
_TOO_MANY = "At most {most} tickets at once, and you wrote {count}. Nothing was done."


async def carry_out(call: Call, verb: Verb, said: Said, *, is_alone: bool) -> Answer:
    """Do it with each, or ask first. Raises what the first of them is refused for; then none is done."""
    tickets = await _named(call, said)
    if (verb.asks or len(tickets) > FREELY) and not call.is_confirmed:
        return await beforehand.put(call, verb, said, await _prospect(call, verb, said, tickets), is_alone=is_alone)
    answers = []
    for ticket in tickets:
        call.ticket = ticket
        answers.append(await verb.run(call))
    call.ticket = None  # the answer is about none of them more than about another
    return Answer("\n".join(one.text for one in answers if one))


async def ask(call: Call, verb: Verb, said: Said) -> Answer:
    """The question, however few they are: where nothing yet proves who asks."""
    tickets = await _named(call, said)
    return await beforehand.put(call, verb, said, await _prospect(call, verb, said, tickets), is_alone=True)


async def _named(call: Call, said: Said) -> Sequence[TicketView]:
    """Each once, and each one that he may see. Raises Invalid, NotFound."""
    wanted = list(dict.fromkeys(one for one in (said.number, *said.more) if one is not None))
    if len(wanted) > MOST:
        raise errors.Invalid(_TOO_MANY, most=MOST, count=len(wanted))
    return [await seen(call, number) for number in wanted]


async def _prospect(call: Call, verb: Verb, said: Said, tickets: Sequence[TicketView]) -> Prospect:
    language, names = call.language, ", ".join(one.name for one in tickets)
    people = len({one.contact_id for one in tickets})
    is_short = call.chat.line.capabilities.commands == "code"
    text = texts.say(
        language,
        "{command} for {names}: {tickets} of {customers}?",
        command=" ".join(part for part in (verb.typed, views.short(said.rest, WORDS)) if part),
        names=views.short(names, NAMES) if is_short else names,
        tickets=incident_views.tickets(language, len(tickets)),
        customers=texts.say_many(language, "{count} customer", "{count} customers", people),
    )
    more = await verb.foretells(call, tickets) if verb.foretells else ""
    return Prospect(f"{text} {more}".rstrip(), tuple(tickets))
