"""Verbs about the addresses of a customer: by which one we answer, and which others are his."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.calls import Answer, Call
from bot.commands.casework import undo_button
from bot.grammar import Verb
from channels import outbox
from channels.contract import Address
from channels.outbox import Draft, Ref
from crmcore import linking
from kernel import errors, phones, texts
from tickets import routes

CODE_STALE = timedelta(minutes=10)
CODE = (
    "Your code is {code}. Send it to us within 10 minutes, in the conversation in which you were asked for it."
    " Give it to nobody else; if you asked for nothing, do nothing."
)
_MAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,250}\.[^@\s<>,;\"]{2,60}")


async def via(call: Call) -> Answer:
    """The next answers go by another channel, until the customer writes again."""
    ticket = call.the_ticket
    word = call.rest.split()[0] if call.rest.split() else ""
    way = await routes.choose(call.work, call.actor, ticket, word, call.house.lines)
    said = "{ticket}: answers go by {label} from now on, until {contact} writes again."
    text = texts.say(call.language, said, ticket=ticket.name, label=way.label, contact=ticket.contact)
    return Answer(text, await undo_button(call))


async def link(call: Call) -> Answer:
    """Send a code to an address that the customer says is his; typed back to us here, it proves that."""
    ticket = call.the_ticket
    address = read_address(call.rest.strip())
    line = call.house.lines.to(address.scheme)
    if line is None:
        raise errors.NotFound(
            "No channel of ours reaches {address}. Nothing was sent.", code="no_line", address=address.value
        )
    code = await linking.ask(call.work, ticket.contact_id, address, ticket_id=ticket.id)
    text = carrying(code, ticket.language)
    draft = Draft(
        line.channel, line.account, address, "code", text, ref=Ref("ticket", ticket.id), stale_after=CODE_STALE
    )
    await outbox.enqueue(call.work, [draft])
    known = {"ticket": ticket.name, "address": address.value, "contact": ticket.contact}
    label = call.house.lines.label(ticket.channel)
    said = "{ticket}: a code went to {address}. When {contact} types it by {label}, it is joined."
    return Answer(f"{texts.say(call.language, said, label=label, **known)} {_caution(call)}".rstrip())


def carrying(code: str, language: str) -> str:
    """What goes to the address that is to be proved."""
    return texts.say(language, CODE, code=code)


def _caution(call: Call) -> str:
    """Where a sender can be made up, the typing of a code proves nothing by itself."""
    line = call.house.lines.by_account(call.the_ticket.account)
    if line is not None and line.capabilities.proves_sender:
        return ""
    return texts.say(
        call.language,
        "There the sender has to be proved too, or nothing is joined; a chat is the better place to ask.",
    )


def read_address(text: str) -> Address:
    """An e-mail address or a phone number as people write them. Raises Invalid."""
    if _MAIL.fullmatch(text):
        return Address("mailto", text.lower())
    number = phones.e164(text)
    if number is None:
        raise errors.Invalid(_EXPECTED)
    return Address("tel", number)


_EXPECTED = "Which address? A phone number with its country, or an e-mail address: /link T12 +48 601 234 567"

VERBS = (
    Verb("via", via, "send the next answers by another channel", "/via T12 sms", ("channel",), takes_text=True),
    Verb(
        "link",
        link,
        "send a code that proves another address is the same customer's",
        "/link T12 +48 601 234 567",
        ("connect",),
        takes_text=True,
        in_chat_only=True,
    ),
)
