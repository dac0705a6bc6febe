"""Files brought in and taken out as the command line does it, without a terminal."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from crmcore.access import Actor
from crmcore.exchange import batches, cards, exports, imports, kinds, lookups, mappings, plan, reading, sinks, undoing
from crmcore.exchange.batches import Batch
from crmcore.exchange.drafts import Action, Draft
from crmcore.exchange.imports import Run
from crmcore.exchange.undoing import Back
from kernel.unit import Store


@dataclass(frozen=True, slots=True)
class Brought:
    actions: Sequence[Action]
    batch: Batch | None

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(action.what for action in self.actions))

    def faults(self, line: int) -> list[tuple[str, str]]:
        """Column and rule of what is wrong with a line."""
        return [(fault.column, fault.rule) for one in self.actions if one.draft.line == line for fault in one.faults]


async def prepared(
    store: Store, kind: str, content: str | bytes, actor: Actor | None = None, owner: str = ""
) -> tuple[Run, Sequence[Draft], str]:
    """All that comes before the first line is written; the digest of the file."""
    raw = content.encode() if isinstance(content, str) else content
    grid = reading.read(kind, raw)
    columns = mappings.guessed(kind, grid.header)
    found = await lookups.load(store.reading(), actor, owner=owner)
    records = mappings.records(kind, grid, columns)
    drafts = [one async for some in imports.check(store, kinds.of(kind), records, found) for one in some]
    return Run(kinds.of(kind), found, None), plan.once_each(drafts), mappings.digest(grid, columns)


async def bring(
    store: Store,
    kind: str,
    content: str | bytes,
    actor: Actor | None = None,
    *,
    owner: str = "",
    dry_run: bool = False,
) -> Brought:
    run, drafts, digest = await prepared(store, kind, content, actor, owner)
    if not dry_run:
        async with store.unit() as work:
            run = run._replace(batch=await batches.begin(work, kind, digest, "file.csv", run.lookups.by))
    actions = [action async for progress in imports.run(store, run, drafts) for action in progress.actions]
    batch = run.batch
    if batch:
        async with store.unit() as work:
            batch = await batches.end(work, batch, run.lookups.by)
    return Brought(actions, batch)


async def undo(store: Store, kind: str, batch: Batch | None) -> list[Back]:
    assert batch is not None
    found = await batches.named(store.reading(), kind, batch.code)
    known = await lookups.load(store.reading(), None)
    return [back async for some in undoing.undo(store, kinds.of(kind), found, known) for back in some]


async def export(store: Store, kind: str, form: str, actor: Actor | None = None, *, archived: bool = False) -> bytes:
    """The file that an export writes."""
    names = exports.columns(kind)
    found = [one async for one in exports.every(store.reading(), kind, actor, archived=archived)]
    rows = [names, *([one[name] for name in names] for one in found)]
    if form == "xlsx":
        book = io.BytesIO()
        sinks.to_xlsx(book, rows, kind)
        return book.getvalue()
    if form in cards.VERSIONS:
        return "".join(cards.written(kind, one, form) for one in found).encode()
    out = io.StringIO(newline="")
    sinks.to_csv(out, rows, delimiter=form)
    return out.getvalue().encode()
