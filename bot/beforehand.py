"""What an act that reaches far would do, shown before it does: it waits for the yes of whoever asked for it."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import codes, mail_grammar
from bot.calls import Answer, Call
from bot.grammar import Said, Verb
from channels.contract import Button
from crmcore import staff_orders
from kernel import errors, texts
from tickets.visible import TicketView

CONFIRM, CANCEL = "hd", "hx"  # codes of the buttons
BY_LETTER = timedelta(hours=24)  # letters are read when they are read
_WAITS = "Nothing is done yet. It waits 10 minutes for you alone, while nothing about it changes."
_TEXT = "{what} Send {answer}. 10 min."
_LETTER = (
    "Nothing is done yet. To confirm it, answer this letter with #confirm {code} as its first line: within 24 hours,"
    " while nothing about it changes."
)
_TYPED = (
    "Nothing is done yet. /confirm {code} does it: within 10 minutes, by you alone, while nothing about it changes."
)
_ALONE = "/{verb} is confirmed first, so it cannot go with other commands. Nothing was done. Write it alone."


class Prospect(Struct, frozen=True):
    """What would happen. `text`: as a question, with its counts; `tickets`: all that it reaches, as they are now."""

    text: str
    tickets: tuple[TicketView, ...]


async def ask(call: Call, verb: Verb, said: Said, *, is_alone: bool) -> Answer | None:
    """The question that stands instead of the act; None where none is needed, or it was answered.

    Raises CentralaError for what the act itself would refuse: nobody is asked about what cannot be.
    """
    if verb.asks is None or call.is_confirmed:
        return None
    prospect: Prospect | None = await verb.asks(call)
    if prospect is None:
        return None
    return await put(call, verb, said, prospect, is_alone=is_alone)


async def put(call: Call, verb: Verb, said: Said, prospect: Prospect, *, is_alone: bool) -> Answer:
    """Keep the very command with the versions of what it reaches, and ask in the way of the channel."""
    if not is_alone:
        raise errors.Invalid(_ALONE, verb=verb.name)
    can, first = call.chat.line.capabilities, prospect.tickets[0]
    line = mail_grammar.written(replace(said, word=verb.name), first.number)
    versions = {one.id: one.version for one in prospect.tickets}
    if can.buttons:
        order = await staff_orders.hold(
            call.work, int(call.actor.id), call.chat.address, first.id, [line], version=first.version, tickets=versions
        )
        return Answer(f"{prospect.text}\n{texts.say(call.language, _WAITS)}", (_buttons(call.language, order),))
    code = await staff_orders.ask(
        call.work,
        int(call.actor.id),
        call.arrived.inbound.sender,
        first.id,
        [line],
        version=first.version,
        valid=BY_LETTER if can.commands == "token" else staff_orders.WAITS,
        tickets=versions,
    )
    if can.commands == "code":
        return Answer(texts.say(call.language, _TEXT, what=prospect.text, answer=code))
    how = _LETTER if can.commands == "token" else _TYPED
    return Answer(f"{prospect.text}\n{texts.say(call.language, how, code=code)}")


def _buttons(language: str, order_id: int) -> tuple[Button, Button]:
    return (
        Button(texts.say(language, "Confirm"), codes.write(CONFIRM, order_id)),
        Button(texts.say(language, "Cancel"), codes.write(CANCEL, order_id)),
    )
