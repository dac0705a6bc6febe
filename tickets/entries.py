"""Lines of a ticket that say what has happened to it, by a colleague or by the house itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crmcore.access import Actor
from kernel import ids, sentences
from kernel.unit import Work
from tickets.models import AuthorKind, Entry, EntryKind

HOUSE = "Centrala"


async def happened(
    work: Work,
    ticket_ids: Iterable[int],
    text: str,
    *,
    by: Actor | None = None,
    author: AuthorKind = AuthorKind.STAFF,
) -> None:
    """Add an event of these words to each ticket. `by` None: nobody did it, its time had come. `author`: what he is."""
    await work.insert(
        Entry,
        [
            {
                "id": ids.new(),
                "ticket_id": ticket_id,
                "at": work.now,
                "kind": EntryKind.EVENT.value,
                "author_kind": (author if by else AuthorKind.SYSTEM).value,
                "author_id": by.id if by and author is AuthorKind.STAFF else None,
                "author": by.name if by else HOUSE,
                "text": text,
                "said": sentences.kept(text),
            }
            for ticket_id in ticket_ids
        ],
    )


async def noted(work: Work, lines: Sequence[tuple[int, EntryKind, str]]) -> None:
    """Add events and notes of the house itself: (ticket, what it is, its words)."""
    await work.insert(
        Entry,
        [
            {
                "id": ids.new(),
                "ticket_id": ticket_id,
                "at": work.now,
                "kind": kind.value,
                "author_kind": AuthorKind.SYSTEM.value,
                "author": HOUSE,
                "text": text,
                "said": sentences.kept(text),
            }
            for ticket_id, kind, text in lines
        ],
    )
