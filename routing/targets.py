"""Targets: by when a matter that begins in a queue has to be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel import rows
from kernel.unit import Work
from routing.desk import Desk
from tickets import calendar, clocks
from tickets.clocks import Start
from tickets.events import Change, TicketChanged
from tickets.models import ClockKind

_BEGINS = (Change.REOPENED, Change.SPLIT)


@dataclass(frozen=True, slots=True)
class Targets:
    """Handler that starts clocks anew."""

    desk: Desk

    async def reopened(self, work: Work, changes: Sequence[TicketChanged]) -> None:
        """A colleague has opened a ticket again: the customer waits anew, and a new clock runs."""
        wanted = [change.ticket_id for change in changes if change.change in _BEGINS]
        if not wanted:
            return
        found = await work.fetch(f"SELECT id, queue FROM tickets WHERE id IN ({rows.marks(wanted)})", *wanted)
        await clocks.start(work, [one for row in found if (one := start(self.desk, row["id"], row["queue"], work.now))])


def start(desk: Desk, ticket_id: int, queue: str, now: datetime) -> Start | None:
    """The first-response clock of a ticket that begins in `queue` now; None where the queue has no target. Pure."""
    found = desk.queue(queue)
    if found.first_response is None:
        return None
    due_at = calendar.due(found.calendar, now, found.first_response)
    return Start(ticket_id, ClockKind.FIRST_RESPONSE, due_at) if due_at is not None else None
