"""Answers that quiet mode kept from leaving: listed, and sent or dropped by a person, one by one or all.

Nothing of it happens by itself. A dropped answer leaves its ticket as it is: somebody has decided that nothing more is
to be said, and no clock starts that ended long ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from channels import quiet
from crmcore.access import Actor
from kernel import rows, sentences
from kernel.unit import Reader, Work
from tickets import entries, numbers
from tickets.events import Change, TicketChanged

AT_ONCE = 200  # answers a unit
THEIRS = "m.state = 'withheld' AND m.purpose = 'reply' AND m.ref_kind = 'ticket'"


class Answer(Struct, frozen=True):
    """One withheld message of an answer (a long text is several). `id` is the message's."""

    id: int
    ticket: str
    ticket_id: int
    contact: str
    author: str
    channel: str
    at: datetime
    text: str


async def count(reader: Reader) -> int:
    row = await reader.one(f"SELECT count(*) AS n FROM messages AS m WHERE {THEIRS}")
    return row["n"] if row else 0


async def listed(reader: Reader, *, after: int = 0, limit: int = AT_ONCE) -> list[Answer]:
    """The oldest first, those after message `after`."""
    found = await reader.fetch(
        "SELECT m.id, m.channel, m.created_at, m.text, t.id AS ticket_id, t.number, c.name AS contact,"
        " (SELECT max(e.author) FROM entries AS e WHERE e.ticket_id = t.id AND e.message_id = m.id) AS author"
        " FROM messages AS m JOIN tickets AS t ON t.id = m.ref_id JOIN contacts AS c ON c.id = t.contact_id"
        f" WHERE {THEIRS} AND m.id > ? ORDER BY m.id LIMIT ?",
        after,
        limit,
    )
    return [
        Answer(
            row["id"],
            numbers.written(row["number"]),
            row["ticket_id"],
            row["contact"],
            row["author"] or "",
            row["channel"],
            rows.instant(row["created_at"]),
            row["text"],
        )
        for row in found
    ]


async def send(work: Work, message_ids: Sequence[int], *, by: Actor | None = None) -> int:
    """Put withheld answers in line, as if they were written now; returns how many. `by` None: the operator."""
    found = await quiet.release(work, message_ids, purpose="reply")
    await _tell(work, found, sentences.line("{name} sent the withheld answer", name=_who(by)), by)
    return len(found)


async def drop(work: Work, message_ids: Sequence[int], *, by: Actor | None = None) -> int:
    """Decide that withheld answers never leave; returns how many."""
    found = await quiet.drop(work, message_ids, purpose="reply")
    await _tell(work, found, sentences.line("{name} dropped the withheld answer", name=_who(by)), by)
    return len(found)


def _who(by: Actor | None) -> str:
    return by.name if by else entries.HOUSE


async def _tell(work: Work, found: Sequence[rows.Row], said: str, by: Actor | None) -> None:
    tickets = sorted({row["ref_id"] for row in found})
    if not tickets:
        return
    await entries.happened(work, tickets, said, by=by)
    for ticket_id in tickets:
        work.say(TicketChanged(ticket_id, Change.RELEASED, by.id if by else None, by.name if by else ""))
