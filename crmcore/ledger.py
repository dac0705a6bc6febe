"""Outages as they are read: what stands, its revisions, and the ledger of who was told what. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from crmcore import stations
from crmcore.stations import Station
from kernel import errors, rows
from kernel.unit import Reader

_WRITTEN = re.compile(r"#?[OoОо]-?(\d{1,9})")  # the Latin and the Cyrillic letter
OPEN = "state IN ('draft', 'announced')"

_LINES = """
SELECT n.*, c.name, COALESCE(s.company, '') AS company, m.state AS delivery, m.reason AS failure, m.settled_at, m.text
FROM notices AS n JOIN contacts AS c ON c.id = n.contact_id
LEFT JOIN subscribers AS s ON s.contact_id = n.contact_id LEFT JOIN messages AS m ON m.id = n.message_id
WHERE n.outage_id = ?"""
_STATE = "CASE WHEN n.state = 'queued' THEN COALESCE(m.state, n.state) ELSE n.state END"
_UNREACHED = "'failed', 'maybe_sent', 'withheld', 'cancelled', 'left_out'"


class Change(StrEnum):
    """What a revision tells."""

    ANNOUNCE = "announce"
    MOVE = "move"
    END = "end"
    CANCEL = "cancel"


class State(StrEnum):
    DRAFT = "draft"  # nobody was told
    ANNOUNCED = "announced"  # shown as scheduled or active, by the clock
    ENDED = "ended"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """How far a revision has come."""

    DRAFTED = "drafted"
    COUNTED = "counted"  # its preview is shown
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"


class Outage(Struct, frozen=True):
    """O-1 as last published (a draft: as drafted)."""

    id: int
    number: int
    state: State
    planned: bool
    for_good: bool
    starts_at: datetime
    ends_at: datetime | None
    why: str
    note: str
    source: str
    source_key: str | None
    revision: int
    stations: tuple[Station, ...]

    @property
    def name(self) -> str:
        return f"O-{self.number}"

    @property
    def codes(self) -> str:
        return ", ".join(station.code for station in self.stations)

    def shown_state(self, now: datetime) -> str:
        """Announced ones are scheduled until they start, then active; the clock needs no row."""
        if self.state is not State.ANNOUNCED:
            return self.state.value
        return "scheduled" if now < self.starts_at else "active"


class Revision(Struct, frozen=True):
    """O-1/2. `counted_at`: who subscribed later is not in it."""

    id: int
    outage_id: int
    number: int
    change: Change
    stage: Stage
    starts_at: datetime
    ends_at: datetime | None
    why: str
    by_id: int | None
    asked_id: int | None
    counted_at: datetime | None
    publish_due: datetime | None
    published_at: datetime | None
    cursor: int
    told: int
    left_out: int

    def is_out(self, number: int) -> bool:
        """True for the published revision of that number."""
        return self.number == number and self.stage in (Stage.SENDING, Stage.SENT)


class Line(Struct, frozen=True):
    """One row of the ledger with how its delivery went."""

    revision: int
    contact: str
    company: str
    channel: str
    address: str
    language: str
    why: str
    state: str
    reason: str
    at: datetime
    sent_at: datetime | None
    text: str


def parse(word: str) -> int | None:
    """The number in a word like O-31, o31 or O-31/2's first part; None for anything else (a station's code)."""
    found = _WRITTEN.fullmatch(word.strip().split("/")[0])
    return int(found.group(1)) if found else None


async def by_number(reader: Reader, number: int) -> Outage:
    """Raises NotFound."""
    found = await _outages(reader, "number = ?", number)
    if not found:
        raise errors.NotFound(
            "There is no {outage}. /station list shows what there is. Nothing was done.", outage=f"O-{number}"
        )
    return found[0]


async def by_id(reader: Reader, outage_id: int) -> Outage:
    """Raises NotFound."""
    found = await _outages(reader, "id = ?", outage_id)
    if not found:
        raise errors.NotFound("There is no such outage any more. Nothing was done.")
    return found[0]


async def listed(reader: Reader, *, only_open: bool = False, limit: int = 500) -> list[Outage]:
    """Outages, the newest first."""
    return await _outages(reader, OPEN if only_open else "id > 0", limit=limit)


async def at_stations(reader: Reader, station_ids: Sequence[int]) -> list[Outage]:
    """Drafted and announced outages of these stations, the newest first."""
    wanted = f"{OPEN} AND id IN (SELECT outage_id FROM outage_stations WHERE station_id IN ({rows.marks(station_ids)}))"
    return await _outages(reader, wanted, *station_ids)


async def of_source(reader: Reader, source: str, key: str) -> Outage | None:
    """The outage that a system knows under `key`, if it is not over."""
    found = await _outages(reader, f"{OPEN} AND source = ? AND source_key = ?", source, key)
    return found[0] if found else None


async def revisions(reader: Reader, outage_id: int) -> list[Revision]:
    """All revisions of an outage, the dropped ones too, in their order."""
    found = await reader.fetch("SELECT * FROM outage_revisions WHERE outage_id = ? ORDER BY id", outage_id)
    return [revision(row) for row in found]


async def pending(reader: Reader, outage_id: int) -> Revision | None:
    """The revision that waits for a confirm, if any."""
    row = await reader.one(
        "SELECT * FROM outage_revisions WHERE outage_id = ? AND state IN ('drafted', 'counted') ORDER BY id DESC",
        outage_id,
    )
    return revision(row) if row else None


async def one_revision(reader: Reader, revision_id: int) -> Revision | None:
    row = await reader.one("SELECT * FROM outage_revisions WHERE id = ?", revision_id)
    return revision(row) if row else None


async def lines(reader: Reader, outage_id: int, *, after: int = 0, limit: int = 1_000) -> tuple[list[Line], int]:
    """A page of an outage's ledger, and where the next one begins (0: it was the last)."""
    found = await reader.fetch(f"{_LINES} AND n.id > ? ORDER BY n.id LIMIT ?", outage_id, after, limit)
    return [_line(row) for row in found], found[-1]["id"] if len(found) == limit else 0


async def worst_first(reader: Reader, outage_id: int, *, skip: int, limit: int) -> list[Line]:
    """Lines of an outage's ledger, those first that reached nobody for sure."""
    order = f"CASE WHEN {_STATE} IN ({_UNREACHED}) THEN 0 ELSE 1 END, n.id"
    found = await reader.fetch(f"{_LINES} ORDER BY {order} LIMIT ? OFFSET ?", outage_id, limit, skip)
    return [_line(row) for row in found]


async def counted(reader: Reader, outage_id: int) -> dict[str, int]:
    """How many lines of an outage's ledger are in each state, as `Line.state` has it."""
    found = await reader.fetch(
        f"SELECT {_STATE} AS state, count(*) AS n FROM notices AS n LEFT JOIN messages AS m ON m.id = n.message_id"
        f" WHERE n.outage_id = ? GROUP BY {_STATE}",
        outage_id,
    )
    return {row["state"]: row["n"] for row in found}


def revision(row: rows.Row) -> Revision:
    return Revision(
        row["id"],
        row["outage_id"],
        row["number"],
        Change(row["change"]),
        Stage(row["state"]),
        rows.instant(row["starts_at"]),
        rows.maybe_instant(row["ends_at"]),
        row["why"],
        row["by_id"],
        row["asked_id"],
        rows.maybe_instant(row["counted_at"]),
        rows.maybe_instant(row["publish_due"]),
        rows.maybe_instant(row["published_at"]),
        row["cursor"],
        row["told"],
        row["left_out"],
    )


async def _outages(reader: Reader, where: str, *values: object, limit: int = 500) -> list[Outage]:
    found = await reader.fetch(f"SELECT * FROM outages WHERE {where} ORDER BY number DESC LIMIT ?", *values, limit)
    if not found:
        return []
    outage_ids = [row["id"] for row in found]
    ties = await reader.fetch(
        "SELECT o.outage_id, s.code FROM outage_stations AS o JOIN stations AS s ON s.id = o.station_id"
        f" WHERE o.outage_id IN ({rows.marks(outage_ids)}) ORDER BY o.id",
        *outage_ids,
    )
    known = await stations.by_codes(reader, list({row["code"] for row in ties}))
    own: dict[int, list[Station]] = {}
    for row in ties:
        own.setdefault(row["outage_id"], []).append(known[row["code"]])
    return [_outage(row, tuple(own.get(row["id"], ()))) for row in found]


def _outage(row: rows.Row, own: tuple[Station, ...]) -> Outage:
    return Outage(
        row["id"],
        row["number"],
        State(row["state"]),
        bool(row["planned"]),
        bool(row["for_good"]),
        rows.instant(row["starts_at"]),
        rows.maybe_instant(row["ends_at"]),
        row["why"],
        row["note"],
        row["source"],
        row["source_key"],
        row["revision"],
        own,
    )


def _line(row: rows.Row) -> Line:
    """An overtaken or left-out line has no delivery of its own; every other is as its message is."""
    return Line(
        row["revision"],
        row["name"],
        row["company"],
        row["channel"],
        row["address"],
        row["language"],
        row["why"],
        row["delivery"] if row["state"] == "queued" and row["delivery"] else row["state"],
        row["reason"] or row["failure"] or "",
        rows.instant(row["created_at"]),
        rows.maybe_instant(row["settled_at"]),
        row["text"] or "",
    )
