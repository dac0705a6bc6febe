"""The contact's history: one line for whatever passed between us, over all channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from crmcore.models.people import TimelineLine
from kernel import ids, rows
from kernel.unit import Reader, Work


class Line(Struct, frozen=True):
    """What happened with a contact. A message's words stay in its Message row; other lines carry their own `text`."""

    contact_id: int
    kind: str
    channel: str | None = None
    message_id: int | None = None
    ref_kind: str | None = None
    ref_id: int | None = None
    text: str | None = None
    at: datetime | None = None  # None: now


class Past(Struct, frozen=True):
    """A line as read back, its words looked up."""

    at: datetime
    kind: str
    channel: str | None
    text: str


async def add(work: Work, lines: Sequence[Line]) -> None:
    """Add lines in their order, at the unit's instant unless they carry their own."""
    await work.insert(TimelineLine, [_row(line, work.now) for line in lines])


async def of_contact(reader: Reader, contact_id: int, *, limit: int = 50) -> list[Past]:
    """The newest lines of a contact, newest first."""
    found = await reader.fetch(
        "SELECT l.at, l.kind, l.channel, COALESCE(l.text, m.text, '') AS text FROM timeline AS l"
        " LEFT JOIN messages AS m ON m.id = l.message_id WHERE l.contact_id = ? ORDER BY l.at DESC, l.id DESC LIMIT ?",
        contact_id,
        limit,
    )
    return [Past(rows.instant(row["at"]), row["kind"], row["channel"], row["text"]) for row in found]


def _row(line: Line, now: datetime) -> rows.Row:
    return {
        "id": ids.new(),
        "contact_id": line.contact_id,
        "at": line.at or now,
        "kind": line.kind,
        "channel": line.channel,
        "message_id": line.message_id,
        "ref_kind": line.ref_kind,
        "ref_id": line.ref_id,
        "text": line.text,
    }
