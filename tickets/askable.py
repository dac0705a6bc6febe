"""Whom a question may be put to at the end of a ticket, as SQL: a person answered him, and no other question waits."""

from __future__ import annotations

from datetime import timedelta

WAITS = timedelta(hours=24)  # a question without an answer stands in the way of the next one for so long

# Of ticket t: a person has answered its customer, and it stands for itself.
ANSWERED = (
    "t.merged_into_id IS NULL AND EXISTS (SELECT 1 FROM entries AS e WHERE e.ticket_id = t.id"
    " AND e.kind = 'message' AND e.author_kind = 'staff')"
)
# Nothing that we have asked the customer of ticket t waits for his answer. One value, twice: `WAITS` ago.
IDLE = (
    "NOT EXISTS (SELECT 1 FROM acceptances AS q JOIN tickets AS o ON o.id = q.ticket_id"
    " WHERE o.contact_id = t.contact_id AND q.answered_at IS NULL AND q.asked_at > ?)"
    " AND NOT EXISTS (SELECT 1 FROM surveys AS q JOIN tickets AS o ON o.id = q.ticket_id"
    " WHERE o.contact_id = t.contact_id AND q.answered_at IS NULL AND q.asked_at > ?)"
    " AND NOT EXISTS (SELECT 1 FROM question_runs AS q JOIN tickets AS o ON o.id = q.ticket_id"
    " WHERE o.contact_id = t.contact_id AND q.state = 'running')"
)
