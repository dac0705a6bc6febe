"""Entries moved from one ticket to another, with their messages and history lines; and chains of merged tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kernel import errors, rows
from kernel.unit import Reader, Work

CHUNK = 500
LONGEST_CHAIN = 100


async def movable(reader: Reader, ticket_id: int) -> list[int]:
    """What moves with a ticket: messages and notes. Its events are its own and stay."""
    found = await reader.fetch("SELECT id FROM entries WHERE ticket_id = ? AND kind <> 'event' ORDER BY id", ticket_id)
    return [row["id"] for row in found]


async def move(work: Work, entry_ids: Sequence[int], source_id: int, target_id: int) -> None:
    """Move exactly these entries. Raises Conflict if one of them does not stand on the source any more."""
    for start in range(0, len(entry_ids), CHUNK):
        chunk = entry_ids[start : start + CHUNK]
        moved = await work.fetch(
            f"UPDATE entries SET ticket_id = ? WHERE ticket_id = ? AND id IN ({rows.marks(chunk)})"
            " RETURNING id, message_id",
            target_id,
            source_id,
            *chunk,
        )
        if len(moved) != len(chunk):
            raise errors.Conflict("A part of it has been moved on since. Nothing was done.", code="moved")
        await _follow(work, [row["message_id"] for row in moved if row["message_id"]], source_id, target_id)


async def _follow(work: Work, message_ids: Sequence[int], source_id: int, target_id: int) -> None:
    """A delivery that ends later, and the line in the customer's history, are the new ticket's."""
    if not message_ids:
        return
    for table, key in (("messages", "id"), ("timeline", "message_id")):
        await work.change(
            f"UPDATE {table} SET ref_id = ? WHERE ref_kind = 'ticket' AND ref_id = ?"
            f" AND {key} IN ({rows.marks(message_ids)})",
            target_id,
            source_id,
            *message_ids,
        )


async def merged(reader: Reader, contact_ids: Iterable[int]) -> dict[int, int]:
    """Merged tickets of these people → the ticket each went into."""
    wanted = list(set(contact_ids))
    if not wanted:
        return {}
    found = await reader.fetch(
        "SELECT id, merged_into_id FROM tickets WHERE merged_into_id IS NOT NULL"
        f" AND contact_id IN ({rows.marks(wanted)})",
        *wanted,
    )
    return {row["id"]: row["merged_into_id"] for row in found}


def last(ticket_id: int, chain: Mapping[int, int]) -> int:
    """The ticket at the end of the chain. In a circle, which the store should not hold, the first stays. Pure."""
    been = {ticket_id}
    at = ticket_id
    while (further := chain.get(at)) is not None and len(been) <= LONGEST_CHAIN:
        if further in been:
            return ticket_id
        been.add(further)
        at = further
    return at
