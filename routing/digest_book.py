"""Which digests were told: a row a colleague, kind and day, so that each is told once, whatever stops or jumps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from kernel import ids, rows
from kernel.unit import Reader, Work
from routing.digest_models import Digest
from routing.digests import Slot

_LOOK_BACK = timedelta(days=2)  # a day is over everywhere by then


async def take(work: Work, staff_id: int, slot: Slot) -> bool:
    """Note this digest as seen to; False if it is noted already.

    Who gets True queues it in the same unit, or leaves it untold. The caller's unit begins with this.
    """
    row = {
        "id": ids.new(),
        "staff_id": staff_id,
        "kind": slot.kind.value,
        "day": slot.day.toordinal(),
        "at": work.now,
        "message_id": None,
    }
    conflict = "ON CONFLICT (staff_id, kind, day) DO NOTHING"
    return bool(await work.insert(Digest, [row], conflict=conflict, returning="id"))


async def sent(work: Work, staff_id: int, slot: Slot, message_id: int) -> None:
    """It is told by this message."""
    await work.change(
        "UPDATE digests SET message_id = ? WHERE staff_id = ? AND kind = ? AND day = ?",
        message_id,
        staff_id,
        slot.kind.value,
        slot.day.toordinal(),
    )


async def pass_over(work: Work, staff_id: int, slots: Sequence[Slot]) -> None:
    """What is due already is not wanted any more: who asks for digests now gets the next one."""
    for slot in slots:
        await take(work, staff_id, slot)


async def told(reader: Reader) -> dict[int, set[tuple[str, int]]]:
    """By colleague (id) which digests of the last days are noted: kind, and the ordinal of the day."""
    day = (reader.now - _LOOK_BACK).date().toordinal()
    found: dict[int, set[tuple[str, int]]] = {}
    for row in await reader.fetch("SELECT staff_id, kind, day FROM digests WHERE day >= ?", day):
        found.setdefault(row["staff_id"], set()).add((row["kind"], row["day"]))
    return found


async def since(reader: Reader) -> dict[int, datetime]:
    """Since when each colleague works here: what was due before is none of his."""
    found = await reader.fetch("SELECT id, created_at FROM staff WHERE active")
    return {row["id"]: rows.instant(row["created_at"]) for row in found}
