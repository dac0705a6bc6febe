"""What was said before and waits for a yes: a letter without proof, a macro, an act that reaches far."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bot import beforehand, codes, performing
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button
from crmcore import staff_orders
from crmcore.staff_orders import Order
from kernel import errors, texts

CODE = beforehand.CONFIRM
_GONE = "Nothing of yours waits under this button any more. Nothing was done."
_NO_CODE = "Nothing of yours waits for that code: wrong, too old, or used. Nothing was done. Say the command again."


def button(label: str, order_id: int) -> Button:
    """What does the commands of that order, pressed by the colleague whose they are."""
    return Button(label, codes.write(CODE, order_id))


def verbs(others: Sequence[Verb]) -> tuple[Verb, Verb]:
    """The buttons that do, or forget, the very commands that were shown: once, while the tickets are as they were."""

    async def confirm(call: Call) -> Answer:
        order = await staff_orders.confirm(call.work, int(call.actor.id), call.number)
        if order is None:
            raise errors.NotFound(_GONE)
        return await _done(call, others, order)

    return (
        Verb("held", confirm, "what waits for your yes", "(a button)", (), CODE, needs_ticket=False),
        Verb("unheld", _cancel, "it waits no more", "(a button)", (), beforehand.CANCEL, needs_ticket=False),
    )


def by_code(notices: Verb, others: Sequence[Verb]) -> Verb:
    """The verb that confirms notices, and with a code behind it whatever waits for that code."""

    async def confirm(call: Call) -> Answer | None:
        code = staff_orders.code_in(call.rest.strip())
        if not code:
            answer: Answer | None = await notices.run(call)
            return answer
        order = await staff_orders.use(call.work, int(call.actor.id), call.arrived.inbound.sender, code)
        if order is None or not order.commands:
            raise errors.NotFound(_NO_CODE)
        return await _done(call, others, order)

    return replace(notices, run=confirm, by_code=True)


async def _cancel(call: Call) -> Answer:
    if not await staff_orders.drop(call.work, int(call.actor.id), call.number):
        raise errors.NotFound(_GONE)
    return Answer(texts.say(call.language, "Dropped. Nothing was done."))


async def _done(call: Call, others: Sequence[Verb], order: Order) -> Answer:
    by_name = {word: one for one in others for word in (one.name, *one.shorts)}
    answers = await performing.confirmed(call, by_name.get, order)
    last = next((one for one in reversed(answers) if one.purpose != "answer"), answers[-1])
    text = "\n".join(one.text for one in answers)
    return Answer(text, last.buttons, last.purpose, last.ref)
