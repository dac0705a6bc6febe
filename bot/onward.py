"""The next way to a colleague, where what was meant for him failed or has not left in time; once, if that can be.

What waits is taken back before the next is queued. What is under way, or may have left, cannot be: then he is told
twice, and the second message says so. docs/decisions/0024-the-next-way-after-two-minutes.md.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import cards, reach, telling
from bot.house import Chat, House
from channels import leases, outbox
from channels.contract import MessageId
from channels.errors import Reason
from channels.models import MessageState
from channels.outbox import Draft
from crmcore import staff
from crmcore.staff import Colleague
from kernel import rows, texts
from kernel.unit import Reader, Work

PATIENCE = timedelta(minutes=2)  # that a message may take to leave, before the next way is tried
_TWICE = "It may come by {channel} too, which does not answer."
_UNSURE = (Reason.UNCERTAIN.value, leases.STOPPED)  # a try that ended so may have arrived
_BEEN = (
    "SELECT address FROM messages WHERE purpose = ? AND ref_kind = ? AND ref_id = ? AND direction = 'out'"
    " AND id > ? AND state NOT IN ('failed', 'cancelled')"
)


class Way(Struct, frozen=True):
    """Who is to be told, where next, and by what it was tried."""

    colleague: Colleague
    chat: Chat
    tried: Chat


async def after(reader: Reader, house: House, message_id: int) -> Way | None:
    """The next of the ways of whom that message was for; None if it was for a group, he has none left or had it since.

    The caller has looked whether it is still worth telling.
    """
    row = await reader.one("SELECT account, address, purpose, ref_kind, ref_id FROM messages WHERE id = ?", message_id)
    tried = cards.chat_at(house, row["account"], row["address"]) if row else None
    if row is None or tried is None or tried.group:
        return None
    known = (await staff.recognise(reader, [tried.address])).get(tried.address)
    who = (await staff.by_ids(reader, [known.id])).get(known.id) if known else None
    if who is None:
        return None
    chats = await reach.chats(reader, house, who)
    left = reach.after(chats, tried)
    if not left or await _has_been(reader, message_id, row, left):
        return None
    return Way(who, left[0], tried)


async def _has_been(reader: Reader, message_id: int, row: rows.Row, left: list[Chat]) -> bool:
    """Something of the same went one of these ways since."""
    if row["ref_id"] is None:
        return False
    found = await reader.fetch(_BEEN, row["purpose"], row["ref_kind"], row["ref_id"], message_id)
    return bool({one["address"] for one in found} & {chat.address.value for chat in left})


async def leave(work: Work, message_id: MessageId, way: Way) -> str:
    """Take the first message back; else the words that say it may come, too. Called before the next is queued."""
    row = await work.one("SELECT state, tries, reason FROM messages WHERE id = ?", message_id)
    if row is None or row["state"] == MessageState.FAILED:
        return ""
    is_sure = row["tries"] == 0 or not (row["reason"] or "").startswith(_UNSURE)
    if await outbox.withdraw(work, message_id, "told by another way") and is_sure:
        return ""
    return texts.say(way.chat.language, _TWICE, channel=way.tried.line.capabilities.label)


def patient(draft: Draft) -> Draft:
    """A message for a colleague alone: if it has not left in time, he is told another way."""
    return replace(draft, patience=PATIENCE)


def twice(draft: Draft, words: str) -> Draft:
    """The same with a line about the double: first in a chat or text, below the mark in a letter. Pure."""
    if not words:
        return draft
    first, end, rest = draft.text.partition("\n")
    if telling.is_mark(first):
        return replace(draft, text=f"{first}\n\n{words}{end}{rest}")
    return replace(draft, text=f"{words}\n{draft.text}")
