"""Incidents as they are read: what stands, its tickets, its revisions, and who was told. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from kernel import errors, folding, rows
from kernel.unit import Reader

_WRITTEN = re.compile(r"#?[IiІі]-?(\d{1,9})")  # the Latin and the Ukrainian letter, which look alike
_WORD = re.compile(r"\w+")
LISTED = 50


class State(StrEnum):
    PROPOSED = "proposed"  # nobody was told; a person decides
    OPEN = "open"
    CLOSING = "closing"  # its last words are on their way, and its tickets are being closed
    CLOSED = "closed"
    DISMISSED = "dismissed"


class Belongs(StrEnum):
    """How a ticket stands to an incident."""

    PROPOSED = "proposed"
    JOINED = "joined"
    LEFT = "left"  # a person has taken it out
    REFUSED = "refused"  # a person said that it has another cause
    OVER = "over"  # the incident is closed


class Change(StrEnum):
    UPDATE = "update"
    CLOSE = "close"


class Stage(StrEnum):
    DRAFTED = "drafted"  # its preview is shown
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"


class Incident(Struct, frozen=True):
    """I-1. `tickets`: how many belong to it, or would; `opened_by`: the colleague's name, "" for nobody yet."""

    id: int
    number: int
    title: str
    state: State
    cause: str
    sign: str
    outage: int | None
    opened_by: str
    next_news_at: datetime | None
    revision: int
    shown: int
    created_at: datetime
    updated_at: datetime
    tickets: int

    @property
    def name(self) -> str:
        return f"I-{self.number}"


class Revision(Struct, frozen=True):
    """I-1/2. `by_id`: who asked for it, and who alone may let it go."""

    id: int
    incident_id: int
    number: int
    change: Change
    stage: Stage
    text: str
    next_news_at: datetime | None
    by_id: int | None
    told: int
    left_out: int
    created_at: datetime
    published_at: datetime | None


_SELECT = """
SELECT i.*, s.name AS opener, o.number AS outage_number, (SELECT count(*) FROM incident_tickets AS t
 WHERE t.incident_id = i.id AND t.state IN ('proposed', 'joined', 'over')) AS tickets
FROM incidents AS i LEFT JOIN staff AS s ON s.id = i.opened_by_id LEFT JOIN outages AS o ON o.id = i.outage_id
"""


def parse(word: str) -> int | None:
    """The number in a word like I-3 or i3; None for anything else."""
    found = _WRITTEN.fullmatch(word.strip())
    return int(found.group(1)) if found else None


def meant(standing: Sequence[Incident], named: str) -> Incident | None:
    """The open one of that number, or the first whose title has these words. Pure."""
    number, words = parse(named), f" {' '.join(_WORD.findall(folding.fold(named)))} "
    for one in standing:
        title = f" {' '.join(_WORD.findall(folding.fold(one.title)))} "
        if one.state is State.OPEN and (
            one.number == number if number is not None else words.strip() and words in title
        ):
            return one
    return None


async def by_number(reader: Reader, number: int) -> Incident:
    """Raises NotFound."""
    found = await _found(reader, "i.number = ?", number)
    if not found:
        raise errors.NotFound(
            "There is no I-{number}. /incident list shows what there is. Nothing was done.", number=number
        )
    return found[0]


async def by_id(reader: Reader, incident_id: int) -> Incident:
    """Raises NotFound."""
    found = await _found(reader, "i.id = ?", incident_id)
    if not found:
        raise errors.NotFound("There is no such incident any more. Nothing was done.")
    return found[0]


async def live(reader: Reader, *, only_open: bool = False) -> list[Incident]:
    """Those that are not over, the newest first."""
    states = "'open', 'closing'" if only_open else "'proposed', 'open', 'closing'"
    return await _found(reader, f"i.state IN ({states})")


async def listed(reader: Reader) -> list[Incident]:
    """The newest, whatever became of them but those that nobody wanted."""
    return await _found(reader, "i.state <> 'dismissed'")


async def dismissed(reader: Reader, since: datetime) -> list[str]:
    """The signs of those that a person has said no to since then."""
    found = await reader.fetch(
        "SELECT sign FROM incidents WHERE state = 'dismissed' AND sign <> '' AND updated_at >= ?"
        " ORDER BY id DESC LIMIT ?",
        since,
        LISTED,
    )
    return [row["sign"] for row in found]


async def of_ticket(reader: Reader, ticket_id: int) -> Incident | None:
    """The open incident that a ticket belongs to."""
    found = await _found(
        reader,
        "i.state IN ('open', 'closing')"
        " AND i.id IN (SELECT incident_id FROM incident_tickets WHERE ticket_id = ? AND state = 'joined')",
        ticket_id,
    )
    return found[0] if found else None


async def held(reader: Reader, ticket_ids: Sequence[int]) -> set[int]:
    """Those of the tickets whose open incident answers for them."""
    if not ticket_ids:
        return set()
    found = await reader.fetch(
        f"SELECT ticket_id FROM incident_tickets WHERE state = 'joined' AND ticket_id IN ({rows.marks(ticket_ids)})",
        *ticket_ids,
    )
    return {row["ticket_id"] for row in found}


async def tickets(reader: Reader, incident_id: int, *, limit: int = 200) -> list[int]:
    """The ids of its tickets, the oldest first."""
    found = await reader.fetch(
        "SELECT ticket_id FROM incident_tickets WHERE incident_id = ? AND state IN ('proposed', 'joined', 'over')"
        " ORDER BY ticket_id LIMIT ?",
        incident_id,
        limit,
    )
    return [row["ticket_id"] for row in found]


async def revisions(reader: Reader, incident_id: int) -> list[Revision]:
    """All but the dropped ones, the newest first."""
    found = await reader.fetch(
        "SELECT * FROM incident_revisions WHERE incident_id = ? AND state <> 'dropped' ORDER BY number DESC LIMIT ?",
        incident_id,
        LISTED,
    )
    return [_revision(row) for row in found]


async def one_revision(reader: Reader, revision_id: int) -> Revision | None:
    row = await reader.one("SELECT * FROM incident_revisions WHERE id = ?", revision_id)
    return _revision(row) if row else None


async def sending(reader: Reader) -> Revision | None:
    """The confirmed revision that is not through yet, the oldest first."""
    row = await reader.one("SELECT * FROM incident_revisions WHERE state = 'sending' ORDER BY id LIMIT 1")
    return _revision(row) if row else None


async def told(reader: Reader, incident_id: int) -> dict[int, tuple[int, int]]:
    """Revision (0: that we know) → how many were told, how many left out."""
    found = await reader.fetch(
        "SELECT revision, sum(CASE WHEN state = 'queued' THEN 1 ELSE 0 END) AS told,"
        " sum(CASE WHEN state = 'queued' THEN 0 ELSE 1 END) AS left_out"
        " FROM incident_notices WHERE incident_id = ? GROUP BY revision",
        incident_id,
    )
    return {row["revision"]: (int(row["told"]), int(row["left_out"])) for row in found}


async def _found(reader: Reader, where: str, *values: object) -> list[Incident]:
    found = await reader.fetch(f"{_SELECT} WHERE {where} ORDER BY i.number DESC LIMIT ?", *values, LISTED)
    return [_incident(row) for row in found]


def _incident(row: rows.Row) -> Incident:
    return Incident(
        row["id"],
        row["number"],
        row["title"],
        State(row["state"]),
        row["cause"],
        row["sign"],
        row["outage_number"],
        row["opener"] or "",
        rows.maybe_instant(row["next_news_at"]),
        row["revision"],
        row["shown"],
        rows.instant(row["created_at"]),
        rows.instant(row["updated_at"]),
        row["tickets"],
    )


def _revision(row: rows.Row) -> Revision:
    return Revision(
        row["id"],
        row["incident_id"],
        row["number"],
        Change(row["change"]),
        Stage(row["state"]),
        row["text"],
        rows.maybe_instant(row["next_news_at"]),
        row["by_id"],
        row["told"],
        row["left_out"],
        rows.instant(row["created_at"]),
        rows.maybe_instant(row["published_at"]),
    )
