"""The entrance of colleagues who sit at a page: the same verbs, and the answer is handed back instead of sent."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from msgspec import Struct

from bot import calls, grammar
from bot.calls import Answer, Call
from bot.entrance import Entrance
from bot.house import Chat
from channels import messages
from channels.contract import Address, Capabilities, File, Inbound, Kind, MessageId, Raw, RawId
from channels.intake import Claimed
from channels.lines import Line
from channels.messages import Arrived, Known
from channels.outbox import Ref
from crmcore import access, owners
from crmcore.access import Actor
from crmcore.staff import Colleague
from kernel import errors, ids
from kernel.unit import Work
from routing import assign

CHANNEL = "console"
LINE = Line(
    CHANNEL, CHANNEL, Capabilities("the console", CHANNEL, buttons=True, edits=True, text_limit=20_000, receives=False)
)


class Words(Struct, frozen=True):
    """What a colleague has done at a page: typed or pressed (`code`), on which ticket, meant for the customer or not.

    `key`: the page's own name for this act; it names the message that is kept of it. `seen`: the newest entry on it.
    `files`: in the file store. `language`: of the page, and of the answer.
    """

    text: str = ""
    code: str = ""
    key: str = ""
    to_customer: bool = False
    seen: int = 0
    files: tuple[File, ...] = ()
    language: str = "en"


async def run(
    work: Work, entrance: Entrance, colleague: Colleague, words: Words, *, number: int | None
) -> Answer | None:
    """Do it in the caller's unit, as the entrance does what comes from a chat. Raises CentralaError as that does.

    `number`: the ticket he looks at. A command that names none means it; plain words are an answer to its customer,
    or a note on it.
    """
    arrived = arrived_as(int(colleague.id), words, name=colleague.name)
    await messages.record(work, [arrived], [None])
    queues = await assign.queues_of(work, entrance.house.desk, colleague.id, colleague.name)
    standing = await owners.standing(work, colleague.id)
    actor = Actor(colleague.id, colleague.name, colleague.role, colleague.zone, queues, standing, proof=access.SESSION)
    chat = Chat(LINE, arrived.inbound.address, language=words.language)
    call = Call(work, entrance.house, actor, arrived, chat, is_press=bool(words.code), seen=words.seen)
    names_one = grammar.is_command(words.text) and grammar.read(words.text).number is not None
    if words.files and not words.to_customer:
        raise errors.Invalid("Files go with a reply only. Nothing was saved. Choose Reply, or leave them out.")
    if number is not None and not names_one:
        ticket = await calls.seen(call, number)
        seen_as = "copy" if words.to_customer else "card"
        call.known = Known(MessageId(0), seen_as, Ref("ticket", ticket.id), is_ours=True)
    return await entrance.run(call)


def arrived_as(staff_id: int, words: Words, *, name: str = "") -> Arrived:
    """The act as a message, so that what refers to the message that asked for it finds one."""
    address = Address(CHANNEL, str(staff_id))
    kind = Kind.PRESS if words.code else Kind.MESSAGE
    inbound = Inbound(kind, address, address, name=name, text=words.text, code=words.code, files=words.files)
    key = hashlib.sha256(words.key.encode()).hexdigest()
    raw = Raw(CHANNEL, CHANNEL, key, address.value, b"", datetime.now(UTC))
    return Arrived(Claimed(RawId(ids.new()), raw, 0), inbound)
