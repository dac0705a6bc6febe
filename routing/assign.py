"""Assignment: who works which queue, and new tickets to one of them by one conditional update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmcore import staff
from kernel import folding, ids, rows
from kernel.unit import Reader, Work
from routing import choosing, crews, unheld
from routing.choosing import Waiting
from routing.desk import Desk
from routing.models import QueueMember
from tickets.models import Ticket
from tickets.places import Place


async def distribute(work: Work, desk: Desk, places: Sequence[Place]) -> None:
    """Give tickets that nobody has to a member of their queue, as the queue gives them (routing/choosing).

    Who is away or has no room is passed over; where all are, it stays nobody's, and is told (routing/unheld).
    The claim holds only where the ticket is still nobody's, so two hubs never assign one ticket twice.
    """
    free = [place for place in places if place.starts and place.assignee_id is None]
    free = [place for place in free if desk.queue(place.queue).assigns]
    if not free:
        return
    waiting = [_waiting(desk, place) for place in free]
    members = await of_queues(work, desk, {place.queue for place in free})
    crew = await crews.of(work, desk, members, waiting)
    chosen = choosing.choose(waiting, crew, lambda queue: desk.queue(queue).giving)
    won = await work.update(
        Ticket,
        [{"id": one.id, "assignee_id": staff_id} for one, staff_id in chosen],
        where="t.assignee_id IS NULL",
        returning="id",
    )
    given, ours = {one.id: staff_id for one, staff_id in chosen}, {row["id"] for row in won}
    for place in free:
        if place.id in ours:
            place.assignee_id = given[place.id]
    await unheld.begin(work, desk, [one for one in waiting if one.id not in given and members.get(one.queue)])


def _waiting(desk: Desk, place: Place) -> Waiting:
    language = next((letter.person.language for letter in place.letters), "")
    needs = desk.roster.needed(place.tags, language)
    return Waiting(place.id, place.number, place.queue, place.priority, place.contact_id, place.channel, needs)


async def of_queues(reader: Reader, desk: Desk, queues: set[str]) -> dict[str, list[int]]:
    """The active members of each queue: those of the settings by name, and those added with `--queue`."""
    names = sorted(queues)
    found = await reader.fetch(
        "SELECT q.queue, q.staff_id FROM queue_members AS q JOIN staff AS s ON s.id = q.staff_id"
        f" WHERE s.active AND q.queue IN ({rows.marks(names)})",
        *names,
    )
    members: dict[str, list[int]] = {}
    for row in found:
        members.setdefault(row["queue"], []).append(row["staff_id"])
    configured = {name: desk.queues[name].members for name in names if name in desk.queues}
    everyone = await staff.listed(reader) if any(configured.values()) else []
    by_name = {folding.fold(colleague.name): colleague.id for colleague in everyone}
    for name, people in configured.items():
        for person in people:
            staff_id = by_name.get(folding.fold(person))  # None: not added yet, `check config` says so
            if staff_id is not None and staff_id not in members.setdefault(name, []):
                members[name].append(staff_id)
    return members


async def queues_of(reader: Reader, desk: Desk, staff_id: int, name: str) -> frozenset[str]:
    """The queues a colleague works or manages, and those that are gone from the settings: the inbox is everybody's."""
    found = await reader.fetch(
        "SELECT queue FROM queue_members WHERE staff_id = ? UNION SELECT queue FROM tickets WHERE state <> 'closed'"
        f" AND queue NOT IN ({rows.marks(list(desk.queues))})",
        staff_id,
        *desk.queues,
    )
    return frozenset(_configured(desk, name) | {row["queue"] for row in found})


async def queues_of_all(reader: Reader, desk: Desk, people: Mapping[int, str]) -> dict[int, frozenset[str]]:
    """The same for several colleagues (id → name) with two queries for all."""
    if not people:
        return {}
    gone = await reader.fetch(
        "SELECT DISTINCT queue FROM tickets WHERE state <> 'closed'"
        f" AND queue NOT IN ({rows.marks(list(desk.queues))})",
        *desk.queues,
    )
    added = await reader.fetch(
        f"SELECT staff_id, queue FROM queue_members WHERE staff_id IN ({rows.marks(list(people))})", *people
    )
    found: dict[int, set[str]] = {staff_id: {row["queue"] for row in gone} for staff_id in people}
    for row in added:
        found[row["staff_id"]].add(row["queue"])
    return {staff_id: frozenset(queues | _configured(desk, people[staff_id])) for staff_id, queues in found.items()}


async def join(work: Work, staff_id: int, queues: Sequence[str]) -> None:
    """Make a colleague a member of queues; being one already is fine."""
    await work.insert(
        QueueMember,
        [{"id": ids.new(), "queue": queue, "staff_id": staff_id} for queue in dict.fromkeys(queues)],
        conflict="ON CONFLICT (queue, staff_id) DO NOTHING",
    )


async def added(reader: Reader) -> dict[int, set[str]]:
    """The queues that colleagues were added to by hand, beside those that the settings name them in."""
    found: dict[int, set[str]] = {}
    for row in await reader.fetch("SELECT staff_id, queue FROM queue_members"):
        found.setdefault(row["staff_id"], set()).add(row["queue"])
    return found


async def works(work: Work, staff_id: int, queues: Sequence[str]) -> None:
    """The colleague works exactly these queues, and those that the settings name him in."""
    await join(work, staff_id, queues)
    keep = f" AND queue NOT IN ({rows.marks(list(queues))})" if queues else ""
    await work.change(f"DELETE FROM queue_members WHERE staff_id = ?{keep}", staff_id, *queues)


def _configured(desk: Desk, name: str) -> set[str]:
    """The queues whose settings name the colleague."""
    own = folding.fold(name)
    return {
        queue.name
        for queue in desk.queues.values()
        if own in map(folding.fold, queue.members) or queue.is_managed_by(name)
    }
