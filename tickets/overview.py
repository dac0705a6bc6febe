"""Tickets as those who lead look at them: how many of each kind there are, and the very same ones as a list."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from crmcore.access import Scope
from kernel import ids
from kernel.unit import Reader
from tickets import clocks
from tickets.visible import AWAKE, TicketView, by_ids, seen_by

SOON = timedelta(hours=1)
_FROM = f" FROM tickets AS t LEFT JOIN clocks AS k ON k.ended_at IS NULL AND k.id = ({clocks.MOST_URGENT})"


_ANSWERED = (
    " FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id"
    " WHERE e.id >= ? AND e.at >= ? AND e.kind = 'message' AND e.author_kind = 'staff'"
)
_LOOK_BACK_S = 36 * 3600.0  # a demo's clock is ahead of the machine's


class Slice(StrEnum):
    """Which open tickets. What sleeps is in none."""

    OPEN = "open"
    FREE = "free"  # nobody has it
    SOON = "soon"  # its most urgent clock is due within the hour
    LATE = "late"  # it is overdue


class Overview(Struct, frozen=True):
    """How many of each slice: of all, by queue, and by colleague (id)."""

    all: Mapping[Slice, int]
    queues: Mapping[str, Mapping[Slice, int]]
    people: Mapping[int, Mapping[Slice, int]]


class Wanted(Struct, frozen=True):
    """Which tickets a list shows: a slice, and of it those of one queue or one colleague if that is said."""

    slice: Slice
    queue: str | None = None
    staff_id: int | None = None


async def counted(reader: Reader, scope: Scope) -> Overview:
    """All numbers of this instant by one query."""
    where, values = seen_by(scope)
    sums: list[str] = []
    given: list[datetime] = []
    for one in Slice:
        condition, more = _condition(one, reader.now)
        sums.append(f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END) AS {one.value}_n")
        given += more
    found = await reader.fetch(
        f"SELECT t.queue, t.assignee_id, {', '.join(sums)}{_FROM}"
        f" WHERE {AWAKE} AND {where} GROUP BY t.queue, t.assignee_id",
        *given,
        *values,
    )
    whole: Counter[Slice] = Counter()
    queues: dict[str, Counter[Slice]] = {}
    people: dict[int, Counter[Slice]] = {}
    for row in found:
        numbers = Counter({one: int(row[f"{one.value}_n"]) for one in Slice})
        whole.update(numbers)
        queues.setdefault(row["queue"], Counter()).update(numbers)
        if row["assignee_id"] is not None:
            people.setdefault(row["assignee_id"], Counter()).update(numbers)
    return Overview(whole, queues, people)


async def standing(reader: Reader, queue: str) -> int:
    """How many tickets of a queue are not closed, those that sleep too."""
    row = await reader.one("SELECT count(*) AS n FROM tickets WHERE queue = ? AND state <> 'closed'", queue)
    return int(row["n"]) if row else 0


async def listed(
    reader: Reader, scope: Scope, wanted: Wanted, *, limit: int, after: int = 0
) -> tuple[list[TicketView], int]:
    """Those that `counted` counts, the first due on top; `limit` of them after the first `after`, and how many in all.

    At most 500 at once.
    """
    seen, values = seen_by(scope)
    condition, given = _condition(wanted.slice, reader.now)
    parts, all_values = [AWAKE, seen, condition], [*values, *given]
    for column, value in (("t.queue", wanted.queue), ("t.assignee_id", wanted.staff_id)):
        if value is not None:
            parts.append(f"{column} = ?")
            all_values.append(value)
    where = f"{_FROM} WHERE {' AND '.join(parts)}"
    found = await reader.fetch(
        f"SELECT t.id{where} ORDER BY CASE WHEN k.ended_at IS NULL AND k.due_at IS NOT NULL THEN 0 ELSE 1 END,"
        " k.due_at, t.priority, t.id LIMIT ? OFFSET ?",
        *all_values,
        limit,
        after,
    )
    total = await reader.one(f"SELECT count(*) AS n{where}", *all_values)
    views = await by_ids(reader, [row["id"] for row in found])
    return [views[row["id"]] for row in found], total["n"] if total else 0


async def answered(reader: Reader, scope: Scope, since: datetime) -> Mapping[int, int]:
    """By colleague (id): on how many tickets he has written to the customer since then. Who has not is left out."""
    where, values = seen_by(scope)
    found = await reader.fetch(
        f"SELECT e.author_id, count(DISTINCT t.id) AS n{_ANSWERED} AND {where} GROUP BY e.author_id",
        *_since(since),
        *values,
    )
    return {row["author_id"]: row["n"] for row in found}


async def answered_by(
    reader: Reader, scope: Scope, staff_id: int, since: datetime, *, limit: int, after: int = 0
) -> tuple[list[TicketView], int]:
    """Those that `answered` counts for one colleague, the newest number first; as `listed`."""
    where, values = seen_by(scope)
    where, given = f"{_ANSWERED} AND {where} AND e.author_id = ?", (*_since(since), *values, staff_id)
    found = await reader.fetch(f"SELECT DISTINCT t.id{where} ORDER BY t.id DESC LIMIT ? OFFSET ?", *given, limit, after)
    total = await reader.one(f"SELECT count(DISTINCT t.id) AS n{where}", *given)
    views = await by_ids(reader, [row["id"] for row in found])
    return [views[row["id"]] for row in found], total["n"] if total else 0


def _since(since: datetime) -> tuple[int, datetime]:
    """Where to begin: entries are found by their ids, which the machine's clock makes, and told apart by their time."""
    return ids.first_of(min(since.timestamp(), time.time() - _LOOK_BACK_S)), since


def _condition(wanted: Slice, now: datetime) -> tuple[str, tuple[datetime, ...]]:
    """A slice in SQL. Counting and listing both go by this, so that a number and its list cannot differ."""
    if wanted is Slice.FREE:
        return "t.assignee_id IS NULL", ()
    if wanted is Slice.SOON:
        return "(k.ended_at IS NULL AND k.due_at > ? AND k.due_at <= ?)", (now, now + SOON)
    if wanted is Slice.LATE:
        return "(k.ended_at IS NULL AND k.due_at <= ?)", (now,)
    return "1 = 1", ()
