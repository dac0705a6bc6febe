"""The verb that hands a colleague the files of a ticket, into the chat where he asks."""

from __future__ import annotations

from bot.calls import Answer, Call
from bot.grammar import Verb
from channels import attachments, outbox
from channels.attachments import Held
from channels.contract import File
from channels.models import FileState
from channels.outbox import Draft, Ref
from tickets import visible

MOST = 10  # the newest; a chat takes some twenty messages a minute
ENTRIES = 200
_WHY = {
    FileState.FETCHING: "is not here yet",
    FileState.TOO_BIG: "is too large and was not taken in",
    FileState.FAILED: "could not be fetched",
    FileState.REMOVED: "was removed: files are kept for a while only",
}


async def files(call: Call) -> Answer:
    """The newest files of the ticket, oldest of them first, and what has become of those that are not here."""
    ticket = call.the_ticket
    found = await _newest(call)
    if not found:
        return Answer(f"{ticket.name} has no files.")
    held = [one for one in found if one.kept]
    gone = "".join(f"\n{one.name} {_WHY.get(one.state, 'is not here')}." for one in found if not one.kept)
    if not call.chat.line.capabilities.files:
        names = ", ".join(one.name for one in held)
        return Answer(f"The files of {ticket.name} are on its page: {names}.{gone}" if held else gone.strip())
    await outbox.enqueue(call.work, [_draft(call, one) for one in held])
    count = f"{len(held)} file{'' if len(held) == 1 else 's'}"
    return Answer(f"{ticket.name}: {count}.{gone}")


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
