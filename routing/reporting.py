"""Any report that can be asked: those of tickets, and here calls, visits and letters, which plans know, too."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from crmcore import visible as companies
from crmcore.access import Scope
from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader
from tickets.reports import standing
from tickets.reports.asking import Asked, Report
from tickets.reports.telling import Key, Line, Told
from tickets.visible import seen_by

MINUTES = "minutes"
COLUMNS = ("calls_in", "calls_out", "visits", "letters", MINUTES)
# What was written down as called, and what was planned with a customer and is done. `sort` is the column it counts in.
_ALL = """(
SELECT n.id, n.at, 'calls_' || n.direction AS sort, COALESCE(n.by_id, 0) AS staff_id, n.minutes,
       n.company_id, 0 AS ticket_id
FROM call_notes AS n WHERE n.at >= ? AND n.at < ?
UNION ALL
SELECT r.id, r.ended_at, CASE r.kind WHEN 'visit' THEN 'visits' ELSE 'letters' END, r.staff_id, NULL,
       NULL, r.ticket_id
FROM reminders AS r WHERE r.state = 'done' AND r.kind IN ('visit', 'mail') AND r.ended_at >= ? AND r.ended_at < ?
) AS x"""


class Dealt(Struct, frozen=True):
    """A call, a visit or a letter. `sort`: its column; `company` and `ticket`: numbers, 0 where none is to be told."""

    at: datetime
    sort: str
    staff_id: int
    minutes: int | None
    company: int
    name: str  # of the company
    ticket: int


async def tell(reader: Reader, asked: Asked, zone: ZoneInfo, scope: Scope | None = None) -> Told:
    """Any report. `scope`: whose view of what is open now; None sees all."""
    if asked.report is Report.CALLS:
        return await _calls(reader, asked, zone)
    return await standing.tell(reader, asked, scope)


async def listed(
    reader: Reader, scope: Scope, asked: Asked, zone: ZoneInfo, column: str, key: str | None, *, limit: int, after: int
) -> tuple[list[Dealt], int]:
    """What a number of the report of calls counts, the newest first, and how many; companies and tickets if seen.

    `key`: whose line, None of the total; of the minutes these are the calls.
    """
    where, values = _chosen(asked, column, key)
    given = [*_instants(asked, zone), *_instants(asked, zone)]
    total = await reader.one(f"SELECT count(*) AS n FROM {_ALL} WHERE {where}", *given, *values)
    wall, owned = companies.within(scope)
    seen, its = seen_by(scope)
    found = await reader.fetch(
        f"SELECT x.at, x.sort, x.staff_id, x.minutes, c.number AS company, c.name, t.number AS ticket FROM {_ALL}"
        f" LEFT JOIN companies AS c ON c.id = x.company_id AND {wall}"
        f" LEFT JOIN tickets AS t ON t.id = x.ticket_id AND {seen}"
        f" WHERE {where} ORDER BY x.at DESC, x.id DESC LIMIT ? OFFSET ?",
        *given,
        *owned,
        *its,
        *values,
        limit,
        after,
    )
    return [_dealt(row) for row in found], int(total["n"]) if total else 0


def _chosen(asked: Asked, column: str, key: str | None) -> tuple[str, list[object]]:
    sorts = COLUMNS[:2] if column == MINUTES else (column,)
    parts, values = [f"x.sort IN ({rows.marks(sorts)})"], [*sorts]
    whose: list[object] = []
    if key is not None:
        whose.append(int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else -1)
    if asked.staff_id is not None:
        whose.append(asked.staff_id)
    return " AND ".join([*parts, *["x.staff_id = ?"] * len(whose)]), [*values, *whose]


def _dealt(row: Row) -> Dealt:
    return Dealt(
        rows.instant(row["at"]),
        row["sort"],
        row["staff_id"],
        row["minutes"],
        row["company"] or 0,
        row["name"] or "",
        row["ticket"] or 0,
    )


async def _calls(reader: Reader, asked: Asked, zone: ZoneInfo) -> Told:
    whose = "" if asked.staff_id is None else " WHERE x.staff_id = ?"
    found = await reader.fetch(
        "SELECT x.staff_id AS key, x.sort, count(*) AS n, COALESCE(sum(x.minutes), 0) AS minutes"
        f" FROM {_ALL}{whose} GROUP BY x.staff_id, x.sort",
        *_instants(asked, zone),
        *_instants(asked, zone),
        *(() if asked.staff_id is None else (asked.staff_id,)),
    )
    counts: dict[Key, Counter[str]] = defaultdict(Counter)
    for row in found:
        counts[row["key"]][row["sort"]] += int(row["n"])
        counts[row["key"]][MINUTES] += int(row["minutes"])
    return standing.table(COLUMNS, [Line(key, {name: one[name] for name in COLUMNS}) for key, one in counts.items()])


def _instants(asked: Asked, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the first day begins, and when the last one is over."""
    first = datetime.combine(asked.since, datetime.min.time(), zone)
    last = datetime.combine(asked.until + timedelta(days=1), datetime.min.time(), zone)
    return first.astimezone(UTC), last.astimezone(UTC)
