"""Digests as colleagues get them: in their own chat or as a letter, once, the week's with its picture."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from bot import cards, nights, reach
from bot.house import Chat, House
from channels import outbox
from channels.contract import File, MessageId
from channels.outbox import Draft
from crmcore import absences
from crmcore.staff import Colleague
from kernel import ids
from kernel.unit import Reader, Work
from routing import digest_book
from routing.digests import Slot
from tickets import enclosing

PURPOSE = "digest"
TOKEN = "token"  # noqa: S105 - how letters of ours are answered


async def chat(reader: Reader, house: House, colleague: Colleague) -> Chat | None:
    """A chat with buttons, else his letters; a digest is never sent as a text, which costs by the piece."""
    found = await reach.chats(reader, house, colleague)
    able = [one for one in found if one.line.capabilities.buttons or one.line.capabilities.commands == TOKEN]
    return able[0] if able else None


async def tell(
    work: Work, house: House, colleague: Colleague, slot: Slot, *, subject: str, text: str, files: Sequence[File] = ()
) -> bool:
    """Queue a digest, if it is not noted yet; "" is noted and not sent, nor is any to who is away or out of reach.

    In his quiet hours it waits until they are over. True if it is on its way. The first of its unit.
    """
    if not await digest_book.take(work, colleague.id, slot):
        return False
    drafts = await _drafts(work, house, colleague, subject, text, files)
    if not drafts:
        return False
    await digest_book.sent(work, colleague.id, slot, drafts[0].id)
    await outbox.enqueue(work, drafts)
    return True


async def _drafts(
    work: Work, house: House, colleague: Colleague, subject: str, text: str, files: Sequence[File]
) -> list[Draft]:
    """The messages of a digest, none where it is not told."""
    if not text or colleague.id in await absences.now(work):
        return []
    to = await chat(work, house, colleague)
    if to is None:
        return []
    over_at = nights.over_at(colleague.quiet, ZoneInfo(colleague.zone), work.now)
    plain = replace(cards.plain(to, PURPOSE, text), subject=subject, priority=outbox.BULK)
    if over_at is not None:
        plain = replace(plain, hold=over_at - work.now)
    parts = enclosing.parts(text, files, to.line.capabilities)
    return [replace(plain, id=MessageId(ids.new()), text=words, files=enclosed) for words, enclosed in parts]
