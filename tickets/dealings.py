"""All that has passed with a contact, over every channel and ticket: one line of time, newest first, behind both walls.

Words of a ticket are for who may see the ticket; words of a call about a company for who may see the company.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from crmcore import visible as companies
from crmcore.access import Scope
from kernel import folding, rows
from kernel.rows import Row
from kernel.unit import Reader
from tickets import numbers, visible

PAGE = 50
CHUNK, MOST_READ = 500, 20_000  # lines read at a time, and at most, for one page of a search
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(\d{1,20})-(\d{1,20})")
_DIARY = re.compile(r"R\d+ ")  # the contact's own line says the same


class Sort(StrEnum):
    """What a line can be chosen by."""

    IN = "in"
    OUT = "out"
    CALL = "call"
    NOTICE = "notice"
    PLAN = "plan"
    NOTE = "note"
    EVENT = "event"


_KINDS = {"notice": Sort.NOTICE, "call": Sort.CALL, "note": Sort.NOTE, "planned": Sort.PLAN} | dict.fromkeys(
    ("visit", "mail", "letter"), Sort.PLAN
)
_LINES = """
SELECT l.contact_id, n.company_id AS about_id, m.id AS message_id, l.id, l.at, l.kind, l.channel, m.direction, m.state,
       t.number, n.direction AS way, n.minutes, COALESCE(s.name, '') AS author,
       CASE WHEN n.company_id IS NULL OR n.company_id IN (SELECT c.id FROM companies AS c WHERE {inside})
            THEN COALESCE(l.text, n.text, m.text, '') ELSE '' END AS words
FROM timeline AS l LEFT JOIN messages AS m ON m.id = l.message_id
LEFT JOIN tickets AS t ON l.ref_kind = 'ticket' AND t.id = l.ref_id
LEFT JOIN call_notes AS n ON l.ref_kind = 'call' AND n.id = l.ref_id LEFT JOIN staff AS s ON s.id = n.by_id
WHERE l.contact_id IN ({them}) AND l.kind <> 'closed' AND (l.ref_kind IS NULL OR l.ref_kind <> 'ticket' OR {seen})
UNION ALL
SELECT t.contact_id, NULL, NULL, e.id, e.at, e.kind, e.channel, NULL, NULL, t.number, NULL, NULL, e.author,
       COALESCE(e.text, '')
FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id
WHERE t.contact_id IN ({them}) AND e.kind IN ('note', 'event') AND {seen}
"""


class Filter(Struct, frozen=True):
    """What the line of time is narrowed to; nothing narrows by being empty. `ticket`: its number."""

    channel: str = ""
    sort: Sort | None = None
    ticket: int | None = None
    text: str = ""


class Dealing(Struct, frozen=True):
    """One thing that has passed. `kind` as it was written down; `way` and `minutes` of a call."""

    id: int
    contact_id: int
    at: datetime
    sort: Sort
    kind: str
    channel: str
    text: str
    ticket: str
    author: str
    delivery: str = ""
    way: str = ""
    minutes: int | None = None
    about_id: int | None = None  # of a call: the company
    message_id: int | None = None

    @property
    def cursor(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"


async def of_contacts(
    reader: Reader, contact_ids: Sequence[int], scope: Scope, narrowed: Filter, *, after: str = "", limit: int = PAGE
) -> tuple[list[Dealing], str]:
    """A page of what has passed, and the cursor of the next one ("" at the end). The caller has seen them.

    `after`: the cursor of a page before; one that is none starts from the newest.
    """
    if not contact_ids:
        return [], ""
    found: list[Dealing] = []
    at, below = _read(after)
    for _ in range(MOST_READ // CHUNK):
        chunk = await _chunk(reader, contact_ids, scope, at, below)
        found += [one for one in _told(chunk) if _meets(one, narrowed)]
        if len(found) > limit:
            return found[:limit], found[limit - 1].cursor
        if len(chunk) < CHUNK:
            return found, ""
        at, below = chunk[-1].at, chunk[-1].id
    return found, chunk[-1].cursor


async def _chunk(
    reader: Reader, contact_ids: Sequence[int], scope: Scope, at: datetime | None, below: int
) -> list[Dealing]:
    inside, owned = companies.within(scope)
    seen, values = visible.seen_by(scope)
    past, place = ("x.at < ? OR (x.at = ? AND x.id < ?)", (at, at, below)) if at else ("1 = 1", ())
    found = await reader.fetch(
        f"SELECT x.* FROM ({_LINES.format(inside=inside, seen=seen, them=rows.marks(contact_ids))}) AS x WHERE {past}"
        " ORDER BY x.at DESC, x.id DESC LIMIT ?",
        *owned,
        *contact_ids,
        *values,
        *contact_ids,
        *values,
        *place,
        CHUNK,
    )
    return [_dealing(row) for row in found]


def _told(chunk: list[Dealing]) -> list[Dealing]:
    """Without what is said twice: a call's note on its ticket, and a plan's line there. Pure."""
    calls = {(one.at, f"Call: {one.text}") for one in chunk if one.sort is Sort.CALL}
    return [
        one
        for one in chunk
        if not (one.sort is Sort.NOTE and (one.at, one.text) in calls)
        and not (one.sort is Sort.EVENT and one.kind == "event" and _DIARY.match(one.text))
    ]


def _meets(one: Dealing, narrowed: Filter) -> bool:
    return (
        (not narrowed.channel or one.channel == narrowed.channel)
        and (narrowed.sort is None or one.sort is narrowed.sort)
        and (narrowed.ticket is None or one.ticket == numbers.written(narrowed.ticket))
        and (not narrowed.text or folding.fold(narrowed.text) in folding.fold(one.text))
    )


def _read(cursor: str) -> tuple[datetime | None, int]:
    parts = _CURSOR.fullmatch(cursor)
    if parts is None:
        return None, 0
    try:
        return _EPOCH + timedelta(microseconds=int(parts[1])), int(parts[2])
    except (OverflowError, ValueError):
        return None, 0


def _dealing(row: Row) -> Dealing:
    return Dealing(
        id=row["id"],
        contact_id=row["contact_id"],
        at=rows.instant(row["at"]),
        sort=_sort(row),
        kind=row["kind"],
        channel=row["channel"] or "",
        text=row["words"],
        ticket=numbers.written(row["number"]) if row["number"] is not None else "",
        author=row["author"],
        delivery=row["state"] if row["direction"] == "out" else "",
        way=row["way"] or "",
        minutes=row["minutes"],
        about_id=row["about_id"],
        message_id=row["message_id"],
    )


def _sort(row: Row) -> Sort:
    if row["kind"] in _KINDS:
        return _KINDS[row["kind"]]
    if row["direction"] is not None:
        return Sort.OUT if row["direction"] == "out" else Sort.IN
    return Sort.EVENT
