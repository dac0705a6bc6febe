"""What happens to tickets by no colleague's act: a customer edits, proves to be another; the house notes something."""

from __future__ import annotations

from kernel import ids, sentences
from kernel.unit import Work
from tickets.events import Change, TicketChanged
from tickets.models import AuthorKind, Entry, EntryKind


async def amend(work: Work, message_id: int, text: str) -> int | None:
    """A customer has edited a message: the new words stand, the old are kept as an entry. Returns the ticket's id."""
    row = await work.one(
        "SELECT e.ticket_id, e.author, e.channel, m.text FROM entries AS e JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.message_id = ?",
        message_id,
    )
    if row is None or row["text"] == text:
        return None
    await work.change("UPDATE messages SET text = ? WHERE id = ?", text, message_id)
    await _touch(work, row["ticket_id"])
    said = sentences.line("edited; before: {words}", words=row["text"])
    old = {
        "id": ids.new(),
        "ticket_id": row["ticket_id"],
        "at": work.now,
        "kind": EntryKind.EVENT.value,
        "author_kind": AuthorKind.CUSTOMER.value,
        "author": row["author"],
        "channel": row["channel"],
        "text": said,
        "said": sentences.kept(said),
    }
    await work.insert(Entry, [old])
    work.say(TicketChanged(row["ticket_id"], Change.AMENDED))
    return int(row["ticket_id"])


async def hand_over(work: Work, old: int, new: int) -> None:
    """The tickets of a contact go to the one he proved to be."""
    moved = await work.fetch(
        "UPDATE tickets SET contact_id = ?, version = version + 1, updated_at = ? WHERE contact_id = ? RETURNING id",
        new,
        work.now,
        old,
    )
    await work.change("UPDATE foreign_records SET contact_id = ? WHERE contact_id = ?", new, old)
    await work.change("UPDATE upload_links SET contact_id = ? WHERE contact_id = ?", new, old)
    for row in moved:
        work.say(TicketChanged(row["id"], Change.AMENDED))


async def told(work: Work, ticket_id: int, text: str) -> None:
    """An event on the ticket that no colleague caused."""
    entry = {
        "id": ids.new(),
        "ticket_id": ticket_id,
        "at": work.now,
        "kind": EntryKind.EVENT.value,
        "author_kind": AuthorKind.SYSTEM.value,
        "author": "Centrala",
        "text": text,
        "said": sentences.kept(text),
    }
    await work.insert(Entry, [entry])
    work.say(TicketChanged(ticket_id, Change.NOTED))


async def _touch(work: Work, ticket_id: int) -> None:
    """Whoever decides by what he saw before finds it changed."""
    await work.change("UPDATE tickets SET version = version + 1, updated_at = ? WHERE id = ?", work.now, ticket_id)
