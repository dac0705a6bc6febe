"""The verb that hands a colleague the files of a ticket, into the chat where he asks."""

from __future__ import annotations

from bot.calls import Answer, Call
from bot.grammar import Verb
from channels import attachments, outbox
from channels.attachments import Held
from channels.contract import File
from channels.models import FileState
from channels.outbox import Draft, Ref
from kernel import texts
from tickets import visible

MOST = 10  # the newest; a chat takes some twenty messages a minute
ENTRIES = 200
_WHY = {
    FileState.FETCHING: "{name} is not here yet.",
    FileState.TOO_BIG: "{name} is too large and was not taken in.",
    FileState.FAILED: "{name} could not be fetched.",
    FileState.REMOVED: "{name} was removed: files are kept for a while only.",
}

_GONE = "{name} is not here."


async def files(call: Call) -> Answer:
    """The newest files of the ticket, oldest of them first, and what has become of those that are not here."""
    ticket = call.the_ticket
    found = await _newest(call)
    if not found:
        return Answer(texts.say(call.language, "{ticket} has no files.", ticket=ticket.name))
    held = [one for one in found if one.kept]
    gone = [texts.say(call.language, _WHY.get(one.state, _GONE), name=one.name) for one in found if not one.kept]
    if not call.chat.line.capabilities.files:
        names = ", ".join(one.name for one in held)
        there = texts.say(
            call.language, "The files of {ticket} are on its page: {names}.", ticket=ticket.name, names=names
        )
        return Answer("\n".join([there, *gone] if held else gone))
    await outbox.enqueue(call.work, [_draft(call, one) for one in held])
    count = texts.say_many(call.language, "{count} file", "{count} files", len(held))
    return Answer("\n".join([f"{ticket.name}: {count}.", *gone]))


async def _newest(call: Call) -> list[Held]:
    entries = await visible.entries(call.work, call.the_ticket.id, limit=ENTRIES)
    message_ids = [one.message_id for one in entries if one.message_id is not None]
    by_message = await attachments.of_messages(call.work, message_ids)
    return [one for message_id in message_ids for one in by_message.get(message_id, ())][-MOST:]


def _draft(call: Call, held: Held) -> Draft:
    return Draft(
        channel=call.chat.line.channel,
        account=call.chat.line.account,
        address=call.chat.address,
        purpose="file",
        text="",
        ref=Ref("ticket", call.the_ticket.id),
        within_id=call.topic_id,
        files=(File(held.name, held.content_type, held.size, kept=held.kept),),
    )


VERBS = (Verb("files", files, "the files of the ticket, sent to you here", "/files T12", ()),)
