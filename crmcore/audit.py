"""Who changed which field of what, from what to what: written with every change of people, companies and codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from crmcore.models.companies import Alteration
from kernel import ids, rows
from kernel.unit import Reader, Work

SETTINGS = "settings"  # the kind of what is changed in the settings file


class Altered(Struct, frozen=True):
    """One field's change as it is read. `by` is "" for an operator at the command line."""

    at: datetime
    field: str
    before: str
    after: str
    by: str


async def note(
    work: Work,
    kind: str,
    ref_id: int,
    before: Mapping[str, object],
    after: Mapping[str, object],
    *,
    by: int | None,
) -> int:
    """Write a line for every field of `after` that `before` does not have so; returns how many."""
    changed = [name for name, value in after.items() if _text(value) != _text(before.get(name))]
    lines = [
        {
            "id": ids.new(),
            "kind": kind,
            "ref_id": ref_id,
            "field": name,
            "before": _text(before.get(name)),
            "after": _text(after[name]),
            "by_id": by,
            "at": work.now,
        }
        for name in changed
    ]
    await work.insert(Alteration, lines)
    return len(lines)


async def of(reader: Reader, kind: str, ref_id: int, *, limit: int = 50) -> list[Altered]:
    """The newest changes first. The caller has seen through a scope what they are of."""
    found = await reader.fetch(
        "SELECT a.*, s.name AS staff FROM alterations AS a LEFT JOIN staff AS s ON s.id = a.by_id"
        " WHERE a.kind = ? AND a.ref_id = ? ORDER BY a.id DESC LIMIT ?",
        kind,
        ref_id,
        limit,
    )
    return [
        Altered(rows.instant(row["at"]), row["field"], row["before"], row["after"], row["staff"] or "") for row in found
    ]


def _text(value: object) -> str:
    return "" if value is None else str(value)
