"""Numbers that people read: O-1, O-2, … A row a kind; two that ask at once wait for each other."""

from __future__ import annotations

from kernel.unit import Work


async def take(work: Work, kind: str, count: int = 1) -> int:
    """The next number of `kind`, from 1; the last of the next `count`. A rollback gives them back."""
    [row] = await work.fetch(
        "INSERT INTO counters (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = counters.value + ? RETURNING value",
        kind,
        count,
        count,
    )
    return int(row["value"])
