"""What colleagues have set on a ticket with their own hands, and nothing undoes by itself."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kernel import folding, rows
from kernel.unit import Reader

_VERBS = ("prio", "tag")


class ByHand(Struct, frozen=True):
    """`priority`: a colleague has set it. `gone`: the tags that one has taken away and none put back, folded."""

    priority: bool = False
    gone: frozenset[str] = frozenset()


async def of(reader: Reader, ticket_id: int) -> ByHand:
    """What stands of it: an act that was taken back has set nothing."""
    found = await reader.fetch(
        f"SELECT verb, inverse FROM ticket_changes WHERE ticket_id = ? AND verb IN ({rows.marks(_VERBS)})"
        " AND undone_at IS NULL ORDER BY id",
        ticket_id,
        *_VERBS,
    )
    gone: frozenset[str] = frozenset()
    for row in found:
        before, after = (rows.json(row["inverse"]) or {}).get("sets", {}).get("tags", ((), ()))
        gone = (gone | _folded(before)) - _folded(after)
    return ByHand(any(row["verb"] == "prio" for row in found), gone)


def _folded(tags: Iterable[str] | None) -> frozenset[str]:
    return frozenset(folding.fold(tag) for tag in tags or ())
