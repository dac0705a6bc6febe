"""Reminders as people may see them: one's own, and a lead those of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from crmcore import access
from crmcore.access import Actor, Role
from kernel import rows
from kernel.unit import Reader
from routing.models import ReminderKind, ReminderState

PAGE = 10
_SELECT = """
SELECT r.*, s.name AS who, s.active AS is_here, c.name AS created_by, t.number AS ticket,
       t.queue AS ticket_queue, t.assignee_id AS ticket_assignee_id
FROM reminders AS r JOIN staff AS s ON s.id = r.staff_id JOIN staff AS c ON c.id = r.created_by_id
LEFT JOIN tickets AS t ON t.id = r.ticket_id
"""
_OPEN = "r.state IN ('waiting', 'fired')"


class ReminderView(Struct, frozen=True):
    """A reminder as it is read. `is_here`: its colleague still works here."""

    id: int
    number: int
    kind: ReminderKind
    state: ReminderState
    staff_id: int
    who: str
    is_here: bool
    ticket_id: int | None
    ticket: int | None
    text: str
    due_at: datetime
    zone: str
    created_by: str
    created_at: datetime
    fired_at: datetime | None
    late: bool
    ended_at: datetime | None
    outcome: str | None

    @property
    def name(self) -> str:
        return f"R{self.number}"

    @property
    def is_contact(self) -> bool:
        """A planned contact with a customer, whose outcome belongs in his history."""
        return self.kind is not ReminderKind.REMINDER


async def by_number(reader: Reader, number: int, actor: Actor) -> ReminderView | None:
    """The reminder of that number if the actor may see it: his own, a leaver's, or any for a lead.

    A leaver's that is about a ticket is for those who may see the ticket.
    """
    row = await reader.one(f"{_SELECT} WHERE r.number = ?", number)
    if row is None:
        return None
    if row["staff_id"] == actor.id or access.ranks(actor, Role.LEAD):
        return _view(row)
    is_seen = row["ticket_id"] is None or access.scope(actor).covers(row["ticket_queue"], row["ticket_assignee_id"])
    return _view(row) if is_seen and not row["is_here"] else None


async def by_ids(reader: Reader, reminder_ids: Sequence[int]) -> dict[int, ReminderView]:
    """Reminders by id, for the house's own notices."""
    if not reminder_ids:
        return {}
    found = await reader.fetch(f"{_SELECT} WHERE r.id IN ({rows.marks(reminder_ids)})", *reminder_ids)
    return {row["id"]: _view(row) for row in found}


async def mine(reader: Reader, staff_id: int, *, limit: int = PAGE) -> tuple[list[ReminderView], int]:
    """A colleague's open reminders, the earliest first, and how many there are in all."""
    found = await reader.fetch(f"{_SELECT} WHERE r.staff_id = ? AND {_OPEN} ORDER BY r.due_at LIMIT ?", staff_id, limit)
    if len(found) < limit:
        return [_view(row) for row in found], len(found)
    total = await reader.one(f"SELECT count(*) AS n FROM reminders AS r WHERE r.staff_id = ? AND {_OPEN}", staff_id)
    return [_view(row) for row in found], total["n"] if total else len(found)


async def listed(reader: Reader, *, every: bool = False, after: int = 0, limit: int = 500) -> list[ReminderView]:
    """All open reminders by number, those that are over too if `every`; a page after number `after`."""
    where = "1 = 1" if every else _OPEN
    found = await reader.fetch(f"{_SELECT} WHERE {where} AND r.number > ? ORDER BY r.number LIMIT ?", after, limit)
    return [_view(row) for row in found]


def _view(row: rows.Row) -> ReminderView:
    return ReminderView(
        id=row["id"],
        number=row["number"],
        kind=ReminderKind(row["kind"]),
        state=ReminderState(row["state"]),
        staff_id=row["staff_id"],
        who=row["who"],
        is_here=bool(row["is_here"]),
        ticket_id=row["ticket_id"],
        ticket=row["ticket"],
        text=row["text"],
        due_at=rows.instant(row["due_at"]),
        zone=row["zone"],
        created_by=row["created_by"],
        created_at=rows.instant(row["created_at"]),
        fired_at=rows.maybe_instant(row["fired_at"]),
        late=bool(row["late"]),
        ended_at=rows.maybe_instant(row["ended_at"]),
        outcome=row["outcome"],
    )
