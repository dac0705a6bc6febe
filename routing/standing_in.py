"""What a customer writes to somebody who is away: by the queue's rule his deputy has the ticket, or nobody."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from kernel import rows, sentences
from kernel.unit import Work
from routing.desk import Desk
from tickets import entries
from tickets.events import Change, CustomerWrote, TicketChanged, TicketOpened
from tickets.models import EntryKind

KEEP, DEPUTY, FREE = "keep", "deputy", "free"
# Tickets of those who are away, each with the deputy if he is here.
_THEIRS = """
SELECT t.id, t.queue, t.assignee_id, s.name, d.id AS deputy_id, d.name AS deputy
FROM tickets AS t JOIN absences AS a ON a.staff_id = t.assignee_id AND (a.until IS NULL OR a.until > ?)
  JOIN staff AS s ON s.id = t.assignee_id
  LEFT JOIN staff AS d ON d.id = a.deputy_id AND d.active AND NOT EXISTS (
    SELECT 1 FROM absences AS b WHERE b.staff_id = d.id AND (b.until IS NULL OR b.until > ?))
WHERE t.state <> 'closed'
"""


class StandingIn(Struct, frozen=True):
    """Handler of what customers write: a query a batch, and nothing more while nobody is away."""

    desk: Desk

    async def wrote(self, work: Work, events: Sequence[CustomerWrote | TicketOpened]) -> None:
        """The tickets of who is away change hands as their queues say."""
        wanted = list({event.ticket_id for event in events})
        found = await work.fetch(f"{_THEIRS} AND t.id IN ({rows.marks(wanted)})", work.now, work.now, *wanted)
        noted = []
        for row in found:
            rule = self.desk.queue(row["queue"]).away
            if rule == KEEP or (rule == DEPUTY and row["deputy_id"] is None):
                continue
            changed = await work.change(
                "UPDATE tickets SET assignee_id = ?, version = version + 1, updated_at = ?"
                " WHERE id = ? AND assignee_id = ?",
                row["deputy_id"],
                work.now,
                row["id"],
                row["assignee_id"],
            )
            if changed:
                to = row["deputy"] or sentences.line("nobody")
                said = sentences.line("{name} is away: the ticket goes to {other}", name=row["name"], other=to)
                noted.append((row["id"], EntryKind.EVENT, said))
                work.say(TicketChanged(row["id"], Change.ASSIGNED))
        await entries.noted(work, noted)
