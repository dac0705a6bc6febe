"""Numbers that people read: O-1, O-2, … A row a kind; two that ask at once wait for each other."""

from __future__ import annotations

from kernel.unit import Work


async def take(work: Work, kind: str) -> int:
    """The next number of `kind`, from 1. A rollback gives it back."""
    [row] = await work.fetch(
        "INSERT INTO counters (name, value) VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value",
        kind,
    )
    return int(row["value"])
