"""Who could be given tickets just now: the members of queues who are here, what each has, and whom each knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernel import rows
from kernel.unit import Reader
from routing.choosing import Crew, Strategy, Waiting
from routing.desk import Desk

RECENT = 1000  # tickets; who was given none of these is the next one in turn
# What a colleague has to do: not what is solved, sleeps or waits for the customer.
WAITS_FOR_US = "t.state IN ('open', 'waiting_us') AND (t.snoozed_until IS NULL OR t.snoozed_until <= ?)"


async def of(reader: Reader, desk: Desk, members: Mapping[str, Sequence[int]], free: Sequence[Waiting]) -> Crew:
    """The crew for these tickets: one query, and one more for each strategy of their queues that needs it."""
    everyone = sorted({one for some in members.values() for one in some})
    if not everyone:
        return Crew({})
    loads, names = await _loads(reader, desk, everyone)
    here = {queue: [one for one in some if one in loads] for queue, some in members.items()}
    asked = {queue: desk.queue(queue).giving.strategy for queue in members}
    in_turn = [queue for queue, one in asked.items() if one is Strategy.ROUND_ROBIN]
    customers = {one.contact_id for one in free if asked.get(one.queue) is Strategy.STICKY}
    skills = {one: desk.roster.knows(name) for one, name in names.items()}
    return Crew(here, loads, await _turns(reader, in_turn), await _known(reader, sorted(customers)), skills)


async def _loads(
    reader: Reader, desk: Desk, staff_ids: Sequence[int]
) -> tuple[dict[int, dict[str, int]], dict[int, str]]:
    """What waits for each, by the channel it came by, and their names; who is away or off shift is left out."""
    found = await reader.fetch(
        "SELECT s.id, s.name, t.channel, count(t.id) AS n FROM staff AS s"
        f" LEFT JOIN tickets AS t ON t.assignee_id = s.id AND t.state <> 'closed' AND {WAITS_FOR_US}"
        f" WHERE s.id IN ({rows.marks(staff_ids)}) AND NOT EXISTS (SELECT 1 FROM absences AS a"
        " WHERE a.staff_id = s.id AND (a.until IS NULL OR a.until > ?)) GROUP BY s.id, s.name, t.channel",
        reader.now,
        *staff_ids,
        reader.now,
    )
    names = {row["id"]: row["name"] for row in found}
    works = {one: desk.roster.works(name, reader.now, desk.calendars) for one, name in names.items()}
    loads: dict[int, dict[str, int]] = {}
    for row in found:
        if not works[row["id"]]:
            continue
        own = loads.setdefault(row["id"], {})
        if row["channel"] is not None:
            own[row["channel"]] = row["n"]
    return loads, names


async def _turns(reader: Reader, queues: Sequence[str]) -> dict[tuple[str, int], int]:
    """Of each queue and colleague the newest of the recent tickets that was given to him."""
    if not queues:
        return {}
    found = await reader.fetch(
        "SELECT r.queue, r.assignee_id, max(r.id) AS newest FROM (SELECT id, queue, assignee_id FROM tickets"
        f" ORDER BY id DESC LIMIT {RECENT}) AS r WHERE r.assignee_id IS NOT NULL"
        f" AND r.queue IN ({rows.marks(queues)}) GROUP BY r.queue, r.assignee_id",
        *queues,
    )
    return {(row["queue"], row["assignee_id"]): row["newest"] for row in found}


async def _known(reader: Reader, contact_ids: Sequence[int]) -> dict[int, int]:
    """Who had the newest ticket of each customer."""
    if not contact_ids:
        return {}
    found = await reader.fetch(
        "SELECT t.contact_id, t.assignee_id FROM tickets AS t JOIN (SELECT max(id) AS id FROM tickets"
        f" WHERE assignee_id IS NOT NULL AND contact_id IN ({rows.marks(contact_ids)}) GROUP BY contact_id) AS last"
        " ON last.id = t.id",
        *contact_ids,
    )
    return {row["contact_id"]: row["assignee_id"] for row in found}
