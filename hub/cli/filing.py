"""A file of companies or contacts brought in at the command line: read, mapped, checked, written, told."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from crmcore.exchange import batches, imports, kinds, lookups, mappings, plan, reading, refused
from crmcore.exchange.batches import COUNTED, Batch
from crmcore.exchange.drafts import Action, Draft
from crmcore.exchange.grids import Grid
from crmcore.exchange.imports import Run
from crmcore.exchange.lookups import Lookups
from crmcore.exchange.mappings import Columns
from hub.cli import acting, importing, options, tallying
from kernel.unit import Store


class Asked(Struct, frozen=True):
    """What was typed."""

    kind: str
    file: Path
    dry_run: bool
    maps: tuple[str, ...]
    encoding: str
    delimiter: str
    owner: str
    country: str
    colleague: str
    errors: Path | None
    as_json: bool


class Outcome(Struct):
    """What came of it so far."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[refused.Refused] = field(default_factory=list)
    batch: Batch | None = None


def run(asked: Asked, config: Path | None) -> None:
    """Exit 0 if every line is in, 1 if some were refused, 2 if the file cannot be read."""
    content = importing.content(asked.file)

    async def act(store: Store, settings: Any) -> tuple[Outcome, Grid]:
        grid = reading.read(asked.kind, content, encoding=asked.encoding, delimiter=asked.delimiter)
        known = await mappings.saved(store.reading(), asked.kind, grid.header)
        columns = known or mappings.guessed(asked.kind, grid.header)
        columns = mappings.overridden(asked.kind, grid.header, columns, asked.maps)
        mappings.must_name(asked.kind, grid.header, columns)
        tallying.say_how(grid, columns, as_json=asked.as_json)
        return await _bring(store, asked, grid, columns), grid

    outcome, grid = options.on_store(config, act, wired=True)
    if asked.errors and outcome.faults:
        refused.write(asked.errors, grid, outcome.faults)
    tallying.say_end(asked.kind, outcome.counts, outcome.batch, outcome.faults, asked.errors, as_json=asked.as_json)
    sys.exit(options.REFUSED if outcome.faults else options.OK)


async def _bring(store: Store, asked: Asked, grid: Grid, columns: Columns) -> Outcome:
    kind = kinds.of(asked.kind)
    actor = await acting.actor(store.reading(), asked.colleague)
    found = await lookups.load(store.reading(), actor, owner=asked.owner, country=asked.country)
    with tallying.Bar(len(grid.lines), as_json=asked.as_json) as bar:
        drafts = await _checked(store, asked, grid, columns, found, bar)
        outcome = Outcome()
        if not asked.dry_run:
            outcome.batch = await _begin(store, asked, grid, columns, found.by)
            await _recall(store, outcome, outcome.batch)
        async for progress in imports.run(store, Run(kind, found, outcome.batch), drafts):
            _count(outcome, progress.actions)
            tallying.say_actions(progress.actions, every=asked.dry_run, as_json=asked.as_json)
            bar.at("write", progress.done)
    if outcome.batch:
        async with store.unit() as work:
            outcome.batch = await batches.end(work, outcome.batch, found.by)
        outcome.counts = Counter(outcome.batch.counts)
    return outcome


async def _checked(
    store: Store, asked: Asked, grid: Grid, columns: Columns, found: Lookups, bar: tallying.Bar
) -> Sequence[Draft]:
    """A draft a line; nothing is locked meanwhile."""
    drafts: list[Draft] = []
    records = mappings.records(asked.kind, grid, columns)
    async for some in imports.check(store, kinds.of(asked.kind), records, found):
        drafts += some
        bar.at("check", len(drafts))
    return plan.once_each(drafts)


async def _begin(store: Store, asked: Asked, grid: Grid, columns: Columns, by: int | None) -> Batch:
    async with store.unit() as work:
        found = await batches.begin(work, asked.kind, mappings.digest(grid, columns), asked.file.name, by)
        if asked.maps:
            await mappings.save(work, asked.kind, grid.header, columns)
    if found.cursor:
        print(f"{found.code} was cut off after {found.cursor} lines; it goes on from there.", file=sys.stderr)
    return found


async def _recall(store: Store, outcome: Outcome, batch: Batch) -> None:
    """What was refused before the import was cut off."""
    after = 0
    while some := await batches.done(store.reading(), batch.id, after=after):
        outcome.faults += [refused.Refused(one.line, one.key, one.what, one.faults) for one in some if one.faults]
        after = some[-1].line


def _count(outcome: Outcome, actions: Sequence[Action]) -> None:
    outcome.counts.update(COUNTED[action.what] for action in actions)
    outcome.faults += [
        refused.Refused(one.draft.line, one.draft.key, one.what, one.faults) for one in actions if one.faults
    ]
