"""What nobody could be given is given when somebody can take it: he is back, or has room again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from crmcore import staff
from crmcore.absences import CameBack
from kernel import rows, sentences
from kernel.unit import Work
from routing import assign, choosing, crews, unheld
from routing.choosing import Waiting
from routing.desk import Desk
from tickets import entries
from tickets.events import Change, TicketChanged
from tickets.models import EntryKind, Ticket

_GIVEN = "given to {name}, who can take it now"
AT_ONCE = 200  # tickets a pull gives; what is over goes with the next change
FREES = frozenset({Change.CLOSED, Change.ANSWERED, Change.SNOOZED, Change.ASSIGNED, Change.TAKEN, Change.EDITED})


class Pulling(Struct, frozen=True):
    """Handlers of changes and of who comes back. One query while nothing waits."""

    desk: Desk

    async def changed(self, work: Work, events: Sequence[TicketChanged]) -> None:
        """Somebody may have room now. What a pull has given pulls nothing."""
        if any(event.change in FREES and event.actor != entries.HOUSE for event in events):
            await pull(work, self.desk, _giving(self.desk))

    async def back(self, work: Work, events: Sequence[CameBack]) -> None:
        """He is here again."""
        await pull(work, self.desk, _giving(self.desk))


async def look(work: Work, desk: Desk) -> None:
    """Time has passed: a shift may have begun, an absence run out. What waits still is told where it is to be."""
    await pull(work, desk, _giving(desk))
    await unheld.tell(work, desk, _giving(desk))


async def pull(work: Work, desk: Desk, queues: Collection[str]) -> int:
    """Give what waits in these queues to members who are here and have room, the most urgent and oldest first.

    The claim holds only where a ticket is still nobody's and as it was read. Returns how many were given.
    """
    if not queues:
        return 0
    found = await work.fetch(
        f"{unheld.STANDING} AND t.queue IN ({rows.marks(list(queues))}) ORDER BY t.priority, t.id LIMIT {AT_ONCE}",
        work.now,
        *queues,
    )
    if not found:
        return 0
    free = [_waiting(desk, row) for row in found]
    members = await assign.of_queues(work, desk, {one.queue for one in free})
    crew = await crews.of(work, desk, members, free)
    chosen = {one.id: staff_id for one, staff_id in choosing.choose(free, crew, lambda name: desk.queue(name).giving)}
    won = await work.update(
        Ticket,
        [
            {
                "id": row["id"],
                "assignee_id": chosen[row["id"]],
                "version": row["version"] + 1,
                "updated_at": work.now,
            }
            for row in found
            if row["id"] in chosen
        ],
        where="t.assignee_id IS NULL AND t.version = v.version - 1",
        returning="id",
    )
    await _tell(work, [(row["id"], chosen[row["id"]]) for row in won])
    return len(won)


async def _tell(work: Work, given: Sequence[tuple[int, int]]) -> None:
    """On the ticket, and to whom it was given."""
    people = await staff.by_ids(work, list({staff_id for _, staff_id in given})) if given else {}
    told = [(ticket_id, sentences.line(_GIVEN, name=people[staff_id].name)) for ticket_id, staff_id in given]
    await entries.noted(work, [(ticket_id, EntryKind.EVENT, text) for ticket_id, text in told])
    for ticket_id, text in told:
        work.say(TicketChanged(ticket_id, Change.ASSIGNED, actor=entries.HOUSE, said=text))


def _giving(desk: Desk) -> list[str]:
    return [queue.name for queue in desk.queues.values() if queue.assigns]


def _waiting(desk: Desk, row: rows.Row) -> Waiting:
    needs = desk.roster.needed(rows.json(row["tags"]) or (), row["language"] or "")
    return Waiting(row["id"], row["number"], row["queue"], row["priority"], row["contact_id"], row["channel"], needs)
