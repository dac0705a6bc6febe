"""The rows of an import: begun or taken up again, claimed unit by unit, ended. I1, I2, … name them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from crmcore import audit, numbering
from crmcore.exchange.drafts import Action, Fault, Value
from crmcore.models.exchange import Import, ImportRow
from kernel import errors, ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work

COUNTED = {
    "create": "created",
    "update": "updated",
    "unchanged": "unchanged",
    "conflict": "conflicts",
    "error": "errors",
}


class Batch(Struct, frozen=True):
    """`cursor`: how many lines are done. `counts`: created, updated, unchanged, conflicts, errors."""

    id: int
    number: int
    kind: str
    state: str
    cursor: int
    counts: Mapping[str, int]

    @property
    def code(self) -> str:
        return f"I{self.number}"


class Done(NamedTuple):
    """What a line did, as it was kept."""

    id: int
    line: int
    key: str
    what: str
    ref_id: int | None
    changes: Mapping[str, tuple[Value, Value]]
    faults: tuple[Fault, ...]
    version: int


async def begin(work: Work, kind: str, digest: str, file: str, by: int | None) -> Batch:
    """A new import, or the one of the same file that was cut off."""
    new = {
        "id": ids.new(),
        "number": 0,
        "kind": kind,
        "digest": digest,
        "file": file[:200],
        "state": "running",
        "cursor": 0,
        **dict.fromkeys(COUNTED.values(), 0),
        "by_id": by,
        "started_at": work.now,
    }
    new["number"] = await numbering.take(work, "imports")
    await work.insert(Import, [new], conflict="ON CONFLICT (kind, digest) WHERE state = 'running' DO NOTHING")
    row = await work.one("SELECT * FROM imports WHERE kind = ? AND digest = ? AND state = 'running'", kind, digest)
    return _batch(row or new)


async def named(reader: Reader, kind: str, code: str) -> Batch:
    """The import of that number: I12, or 12. Raises NotFound."""
    digits = code.strip().upper().removeprefix("I")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
    row = await reader.one("SELECT * FROM imports WHERE kind = ? AND number = ?", kind, number)
    if row is None:
        raise errors.NotFound(f"There is no import {code} of {kind}. `centrala {kind} imports` lists them.")
    return _batch(row)


async def listed(reader: Reader, kind: str, *, limit: int = 100) -> list[Row]:
    """The newest first, as they are listed."""
    return await reader.fetch("SELECT * FROM imports WHERE kind = ? ORDER BY number DESC LIMIT ?", kind, limit)


async def claim(work: Work, batch: Batch, start: int, end: int) -> None:
    """These lines are this unit's. Raises Conflict if another process has taken them."""
    won = await work.change(
        "UPDATE imports SET cursor = ? WHERE id = ? AND cursor = ? AND state = 'running'", end, batch.id, start
    )
    if not won:
        raise errors.Conflict(
            f"{batch.code} is being worked off by another process, or was undone. Look: centrala {batch.kind} imports"
        )


async def note(work: Work, batch: Batch, actions: Sequence[Action], written: Mapping[int, tuple[int, int]]) -> None:
    """Keep what the lines did, and count."""
    kept = [_row(batch, action, written) for action in actions if action.what != "unchanged"]
    await work.insert(ImportRow, kept)
    counts = Counter(COUNTED[action.what] for action in actions)
    sets = ", ".join(f"{name} = {name} + ?" for name in counts)
    await work.change(f"UPDATE imports SET {sets} WHERE id = ?", *counts.values(), batch.id)


async def end(work: Work, batch: Batch, by: int | None) -> Batch:
    """All lines are done."""
    await work.change("UPDATE imports SET state = 'done', ended_at = ? WHERE id = ?", work.now, batch.id)
    row = await work.one("SELECT * FROM imports WHERE id = ?", batch.id)
    found = _batch(row) if row else batch
    told = ", ".join(f"{count} {name}" for name, count in found.counts.items())
    await audit.note(work, "import", batch.id, {}, {batch.kind: f"{batch.code}: {told}"}, by=by)
    return found


async def done(reader: Reader, batch_id: int, *, after: int = 0, limit: int = 1000) -> list[Done]:
    """What lines did, a page after line `after`, by line."""
    found = await reader.fetch(
        "SELECT * FROM import_rows WHERE batch_id = ? AND line > ? ORDER BY line LIMIT ?", batch_id, after, limit
    )
    return [_done(row) for row in found]


async def to_undo(reader: Reader, batch_id: int, *, limit: int) -> list[Done]:
    """What stands yet of what the import wrote, the last first."""
    found = await reader.fetch(
        "SELECT * FROM import_rows WHERE batch_id = ? AND undone = '' AND ref_id IS NOT NULL ORDER BY id DESC LIMIT ?",
        batch_id,
        limit,
    )
    return [_done(row) for row in found]


async def mark_undone(work: Work, row_ids: Sequence[int], how: str) -> None:
    if row_ids:
        sql = f"UPDATE import_rows SET undone = ? WHERE undone = '' AND id IN ({rows.marks(row_ids)})"
        await work.change(sql, how, *row_ids)


def _row(batch: Batch, action: Action, written: Mapping[int, tuple[int, int]]) -> Row:
    ref_id, version = written.get(action.draft.line, (None, 0))
    changes: object = action.changes
    if action.faults:
        changes = [[fault.column, fault.value, fault.rule, fault.message] for fault in action.faults]
    return {
        "id": ids.new(),
        "batch_id": batch.id,
        "line": action.draft.line,
        "key": action.draft.key[:400],
        "action": action.what,
        "ref_id": ref_id,
        "changes": changes,
        "version": version,
        "undone": "",
    }


def _done(row: Row) -> Done:
    told = rows.json(row["changes"])
    faults = tuple(Fault(*one) for one in told) if isinstance(told, list) else ()
    changes = {} if isinstance(told, list) else {name: (_value(old), _value(new)) for name, (old, new) in told.items()}
    return Done(row["id"], row["line"], row["key"], row["action"], row["ref_id"], changes, faults, row["version"])


def _value(stored: object) -> Value:
    if isinstance(stored, list):
        return tuple(str(one) for one in stored)
    return stored if isinstance(stored, (str, int)) else None


def _batch(row: Row) -> Batch:
    counts = {name: int(row[name]) for name in COUNTED.values()}
    return Batch(row["id"], row["number"], row["kind"], row["state"], row["cursor"], counts)
