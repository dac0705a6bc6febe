"""The verb about one's own number: a code goes there by text message, and is typed here."""

from __future__ import annotations

from bot.calls import Answer, Call
from bot.commands import ways
from bot.grammar import Verb
from channels import outbox
from channels.contract import Address
from channels.outbox import Draft
from crmcore import addresses, linking, staff, staff_codes
from kernel import errors, texts

SCHEME = "tel"
_HOW = "/phone +48601234567 sends it a code; typed here, the number is yours."


async def phone(call: Call) -> Answer:
    """Show one's numbers, send a code to a new one, or take the code that came there."""
    wanted = call.rest.strip()
    if not wanted:
        return Answer(f"{await _known(call)} {texts.say(call.language, _HOW)}")
    code = linking.typed(wanted)
    if code is not None:
        return await prove(call, code)
    return await _ask(call, wanted)


async def awaited(call: Call, text: str) -> str | None:
    """The code in plain words to the bot alone, if the colleague was sent one. In a group six digits are talk."""
    code = None if call.chat.group else linking.typed(text)
    return code if code and await staff_codes.waiting(call.work, call.actor.id) else None


async def prove(call: Call, code: str) -> Answer:
    """Join the number the code went to. A wrong one is counted, so it is answered and not refused."""
    joined = await staff_codes.prove(call.work, call.actor.id, code)
    if joined is not None:
        return Answer(
            texts.say(
                call.language, "{number} is yours now: we know you by it, and can reach you there.", number=joined.value
            )
        )
    if await staff_codes.waiting(call.work, call.actor.id):
        return Answer(
            texts.say(
                call.language, "That is not the code. Nothing was joined. Look again at the text message that we sent."
            )
        )
    gone = texts.say(call.language, "No code is open for you any more. Nothing was joined.")
    return Answer(f"{gone} {texts.say(call.language, _HOW)}")


async def _ask(call: Call, written: str) -> Answer:
    value = addresses.normal(SCHEME, written)
    if not value:
        raise errors.Invalid("Which number? One with its country: /phone +48601234567. Nothing was sent.")
    line = call.house.lines.to(SCHEME)
    if line is None:
        raise errors.NotFound("No text messages are set up here, so no code can be sent. Nothing was done.")
    code = await staff_codes.ask(call.work, call.actor.id, Address(SCHEME, value))
    text = ways.carrying(code, call.arrived.inbound.language)
    draft = Draft(line.channel, line.account, Address(SCHEME, value), "code", text, stale_after=ways.CODE_STALE)
    await outbox.enqueue(call.work, [draft])
    said = "A code goes to {number}. Write the code here within 10 minutes."
    if call.chat.group:
        said = "A code goes to {number}. Write /phone and the code here within 10 minutes."
    return Answer(texts.say(call.language, said, number=value))


async def _known(call: Call) -> str:
    colleague = (await staff.by_ids(call.work, [call.actor.id]))[call.actor.id]
    numbers = [address.value for address in colleague.addresses if address.scheme == SCHEME]
    if not numbers:
        return texts.say(call.language, "We know no number of yours.")
    return texts.say(call.language, "Your number is {number}.", number=", ".join(numbers))


VERBS = (
    Verb(
        "phone",
        phone,
        "add your own number, proved by a code",
        "/phone +48601234567",
        needs_ticket=False,
        takes_text=True,
        in_chat_only=True,
    ),
)
