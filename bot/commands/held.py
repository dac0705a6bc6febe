"""The button under what was said before and waits for a yes: a letter without proof, a macro."""

from __future__ import annotations

from collections.abc import Sequence

from bot import codes, grammar, performing
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button
from crmcore import staff_orders
from kernel import errors

CODE = "hd"
_GONE = "Nothing of yours waits under this button any more. Nothing was done."


def button(label: str, order_id: int) -> Button:
    """What does the commands of that order, pressed by the colleague whose they are."""
    return Button(label, codes.write(CODE, order_id))


def verb(others: Sequence[Verb]) -> Verb:
    """The very commands that were shown, once, and only while the ticket is as it was then."""
    by_name = {word: one for one in others for word in (one.name, *one.shorts)}

    async def confirm(call: Call) -> Answer:
        order = await staff_orders.confirm(call.work, int(call.actor.id), call.number)
        if order is None:
            raise errors.NotFound(_GONE)
        await performing.must_be_fresh(call, order)
        said = [grammar.read(line) for line in order.commands]
        answers = await performing.perform(call, by_name.get, said, order.ticket_id)
        last = next((one for one in reversed(answers) if one.purpose != "answer"), answers[-1])
        text = "\n".join(one.text for one in answers)
        return Answer(text, last.buttons, last.purpose, last.ref)

    return Verb("held", confirm, "what waits for your yes", "(a button)", (), CODE, needs_ticket=False)
