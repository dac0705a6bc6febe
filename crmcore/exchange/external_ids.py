"""The numbers that other systems have for companies and contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmcore.models.exchange import ExternalId
from kernel import ids, rows
from kernel.unit import Work

NOBODY = 0  # the owner of a contact's number


async def put(work: Work, kind: str, numbers: Mapping[int, object], owned: Mapping[int, int]) -> None:
    """record → its number; "" takes it away, None leaves what is there. `owned`: record → its owner."""
    told = {ref_id: str(value) for ref_id, value in numbers.items() if value is not None}
    if not told:
        return
    await forget(work, kind, list(told))
    new = [
        {
            "id": ids.new(),
            "kind": kind,
            "owner_id": owned.get(ref_id, NOBODY),
            "value": value,
            "ref_id": ref_id,
            "created_at": work.now,
        }
        for ref_id, value in told.items()
        if value
    ]
    await work.insert(ExternalId, new)


async def forget(work: Work, kind: str, ref_ids: Sequence[int]) -> None:
    """They have no number any more. Callers keep the list bounded."""
    await work.change(f"DELETE FROM external_ids WHERE kind = ? AND ref_id IN ({rows.marks(ref_ids)})", kind, *ref_ids)


async def hand_over(work: Work, kind: str, old: int, new: int) -> None:
    """One record proved to be another: its number is that one's, unless it has one of its own."""
    await work.change(
        "UPDATE external_ids SET ref_id = ? WHERE kind = ? AND ref_id = ?"
        " AND NOT EXISTS (SELECT 1 FROM external_ids AS own WHERE own.kind = ? AND own.ref_id = ?)",
        new,
        kind,
        old,
        kind,
        new,
    )
