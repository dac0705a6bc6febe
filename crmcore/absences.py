"""Who is away, until when, and who stands in for him."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from crmcore.models.staff import Absence
from kernel import errors, ids, rows
from kernel.unit import Reader, Work


class Away(Struct, frozen=True):
    """`until`: None while he has not said when he is back."""

    staff_id: int
    name: str
    until: datetime | None
    deputy_id: int | None = None
    deputy: str = ""


class CameBack(Struct, frozen=True):
    """A colleague who was away is here again."""

    staff_id: int


async def leave(work: Work, staff_id: int, until: datetime | None, *, deputy_id: int | None = None) -> None:
    """The colleague is away from now on; said again, the newer word holds. Raises Invalid if he names himself."""
    if deputy_id == staff_id:
        raise errors.Invalid("Your deputy has to be somebody else. Nothing was done.")
    row = {"id": ids.new(), "staff_id": staff_id, "deputy_id": deputy_id, "since": work.now, "until": until}
    await work.insert(
        Absence,
        [row],
        conflict="ON CONFLICT (staff_id) DO UPDATE SET deputy_id = excluded.deputy_id, since = excluded.since,"
        " until = excluded.until",
    )


async def back(work: Work, staff_id: int) -> bool:
    """The colleague is here again; False if he was."""
    gone = await work.fetch("DELETE FROM absences WHERE staff_id = ? RETURNING until", staff_id)
    until = [rows.maybe_instant(row["until"]) for row in gone]
    if gone:
        work.say(CameBack(staff_id))
    return any(one is None or one > work.now for one in until)


async def now(reader: Reader) -> dict[int, Away]:
    """Everybody who is away at this moment, by id (at most 1,000). Who has left is not away."""
    found = await reader.fetch(
        "SELECT a.staff_id, s.name, a.until, d.id AS deputy_id, d.name AS deputy FROM absences AS a"
        " JOIN staff AS s ON s.id = a.staff_id LEFT JOIN staff AS d ON d.id = a.deputy_id AND d.active"
        " WHERE s.active AND (a.until IS NULL OR a.until > ?) ORDER BY s.folded LIMIT 1000",
        reader.now,
    )
    return {
        row["staff_id"]: Away(
            row["staff_id"], row["name"], rows.maybe_instant(row["until"]), row["deputy_id"], row["deputy"] or ""
        )
        for row in found
    }
