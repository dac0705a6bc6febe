"""How far an import has come: one row a file, moved in the very unit that writes its records."""

from __future__ import annotations

from msgspec import Struct

from kernel import errors, ids
from kernel.unit import Work
from tickets.models import ImportRun
from tickets.past import Tally


class Run(Struct, frozen=True):
    """`position` records of the file are done; `tally` is what became of them."""

    id: int
    position: int
    tally: Tally


async def start(work: Work, system: str, digest: str) -> Run:
    """A new run over the file of that digest; or the one that was broken off, where it stood."""
    await work.insert(
        ImportRun,
        [
            {
                "id": ids.new(),
                "system": system,
                "digest": digest,
                "position": 0,
                "created": 0,
                "updated": 0,
                "unchanged": 0,
                "started_at": work.now,
            }
        ],
        conflict="ON CONFLICT (system, digest) DO NOTHING",
    )
    await work.change(
        "UPDATE import_runs SET position = 0, created = 0, updated = 0, unchanged = 0, started_at = ?, ended_at = NULL"
        " WHERE system = ? AND digest = ? AND ended_at IS NOT NULL",
        work.now,
        system,
        digest,
    )
    row = await work.one("SELECT * FROM import_runs WHERE system = ? AND digest = ?", system, digest)
    if row is None:
        raise RuntimeError("an import's own row is gone")
    return Run(row["id"], row["position"], Tally(row["created"], row["updated"], row["unchanged"]))


async def advance(work: Work, run: Run, records: int) -> None:
    """Move the run on by `records`, first in its unit. Raises Conflict if another process moved it meanwhile."""
    moved = await work.change(
        "UPDATE import_runs SET position = ? WHERE id = ? AND position = ? AND ended_at IS NULL",
        run.position + records,
        run.id,
        run.position,
    )
    if not moved:
        raise errors.Conflict("this file is being imported already; wait for it, then run this again")


async def count(work: Work, run: Run, tally: Tally) -> None:
    """Write the whole of what became of the records, so far."""
    await work.change("UPDATE import_runs SET created = ?, updated = ?, unchanged = ? WHERE id = ?", *tally, run.id)


async def end(work: Work, run: Run) -> None:
    await work.change("UPDATE import_runs SET ended_at = ? WHERE id = ?", work.now, run.id)
