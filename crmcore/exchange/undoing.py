"""An import taken back: what it changed is restored where nobody has changed it since, what it created is archived."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

from crmcore import audit
from crmcore.exchange import batches
from crmcore.exchange.batches import Batch, Done
from crmcore.exchange.drafts import Known, Value
from crmcore.exchange.kinds import Kind
from crmcore.exchange.lookups import Lookups
from kernel import errors
from kernel.unit import Store, Work

UNIT = 100  # records
_DERIVED = ("folded", "legal_form")


class Back(NamedTuple):
    """What becomes of one line: archived, or `restored` fields; `kept`: what is not taken back, and why."""

    done: Done
    label: str
    archived: bool
    restored: Mapping[str, Value]
    kept: tuple[str, ...]


def decide(done: Done, known: Known | None, *, is_used: bool) -> Back:
    """Pure."""
    if known is None:
        return Back(done, str(done.ref_id), False, {}, ("it is here no more",))
    changed = [name for name, (_, after) in done.changes.items() if not _stands(known.fields.get(name), after)]
    if done.what == "create":
        kept = [f"{name} was changed since" for name in changed if name not in _DERIVED]
        if not kept and known.version != done.version:
            kept.append("it was changed since")
        if is_used:
            kept.append("people, calls or messages belong to it by now")
        if known.is_archived:
            kept.append("it is archived already")
        return Back(done, known.label, not kept, {}, tuple(kept))
    restored = {
        name: _before(known.fields.get(name), before, after)
        for name, (before, after) in done.changes.items()
        if name not in changed
    }
    kept = [f"{name} was changed since" for name in changed if name not in _DERIVED]
    return Back(done, known.label, False, restored, tuple(kept))


async def undo(store: Store, kind: Kind, batch: Batch, lookups: Lookups) -> AsyncIterator[Sequence[Back]]:
    """Unit by unit, the last line first; cut off, it goes on where it was. Raises Conflict if it is undone already."""
    if batch.state == "undone":
        raise errors.Conflict(f"{batch.code} is undone already. Nothing was done.")
    async with store.unit() as work:
        await work.change("UPDATE imports SET state = 'undoing' WHERE id = ?", batch.id)
    while True:
        async with store.unit() as work:
            await kind.lock(work)
            found = await batches.to_undo(work, batch.id, limit=UNIT)
            backs = await _unit(work, kind, found, lookups) if found else []
        if not backs:
            break
        yield backs
    async with store.unit() as work:
        await work.change("UPDATE imports SET state = 'undone', ended_at = ? WHERE id = ?", work.now, batch.id)
        await audit.note(
            work, "import", batch.id, {batch.kind: batch.code}, {batch.kind: f"{batch.code} undone"}, by=lookups.by
        )


async def _unit(work: Work, kind: Kind, found: Sequence[Done], lookups: Lookups) -> list[Back]:
    ref_ids = [one.ref_id for one in found if one.ref_id is not None]
    stand = await kind.current(work, ref_ids, lookups)
    used = await kind.used(work, ref_ids)
    backs = [decide(one, stand.get(one.ref_id or 0), is_used=one.ref_id in used) for one in found]
    gone = [one.done.ref_id for one in backs if one.archived and one.done.ref_id is not None]
    if gone:
        await kind.archive(work, gone, lookups.by)
    restored = {one.done.ref_id: one.restored for one in backs if one.restored and one.done.ref_id is not None}
    await kind.restore(work, restored, lookups)
    await batches.mark_undone(work, [one.done.id for one in backs if not one.kept], "restored")
    await batches.mark_undone(work, [one.done.id for one in backs if one.kept], "kept")
    return backs


def _stands(now: Value, after: Value) -> bool:
    if isinstance(after, tuple):
        return set(after) <= set(now if isinstance(now, tuple) else ())
    return now == after or (not now and not after)


def _before(now: Value, before: Value, after: Value) -> Value:
    """What is to stand there again; of a set, what is to be taken off it."""
    if not isinstance(after, tuple):
        return before if before is not None else ("" if isinstance(now, str) else None)
    return tuple(one for one in after if one not in (before if isinstance(before, tuple) else ()))
