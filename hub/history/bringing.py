"""An import from its first record to its last: a few at a time, with a cursor, so that a killed one goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from hub.history.reading import Bad, Records
from kernel import errors
from kernel.unit import Store, Work
from tickets import history, imports
from tickets.imports import Run
from tickets.past import PastTicket, Record, Tally

BATCH = 100  # records read together, bad ones among them
PAUSE_S = 0.01  # between two units: the running hub's own get in
TRIES = 5  # at a unit that lost a race against a message that came in


class Outcome(Struct):
    """What became of an import. `resumed_at`: records that an earlier, broken-off run had done."""

    tally: Tally = field(default_factory=Tally)
    bad: list[Bad] = field(default_factory=list)
    resumed_at: int = 0


async def bring(store: Store, system: str, digest: str, records: Records, *, dry_run: bool) -> Outcome:
    """Write the records in units of about 200 rows. A dry run does the same and takes every unit back.

    Raises Conflict if the same file is being imported by another process.
    """
    outcome = Outcome()
    run: Run | None = None
    if not dry_run:
        async with store.unit() as work:
            run = await imports.start(work, system, digest)
        outcome.resumed_at, outcome.tally = run.position, run.tally
    done = 0
    for batch in _batches(records):
        good = [one for one in batch if not isinstance(one, Bad)]
        outcome.bad += [one for one in batch if isinstance(one, Bad)]
        done += len(batch)
        if run is not None and done <= run.position:
            continue  # written before the process ended
        if run is None:
            outcome.tally = outcome.tally.plus(await _tried(store, system, good))
        else:
            run = await _written(store, system, run, good, len(batch))
            outcome.tally = run.tally
        await asyncio.sleep(PAUSE_S)
    if run is not None:
        async with store.unit() as work:
            await imports.end(work, run)
    return outcome


async def _written(store: Store, system: str, run: Run, good: Sequence[Record], count: int) -> Run:
    """A batch and how far it brought us, in one transaction; once more if its people wrote to us at that moment."""
    for left in reversed(range(TRIES)):
        try:
            async with store.unit() as work:
                await imports.advance(work, run, count)
                tally = run.tally.plus(await history.bring(work, system, good))
                await imports.count(work, run, tally)
        except errors.Conflict as error:
            if error.code != "raced" or not left:
                raise
        else:
            break
    return Run(run.id, run.position + count, tally)


async def _tried(store: Store, system: str, good: Sequence[Record]) -> Tally:
    tally = Tally()
    try:
        async with store.unit() as work:
            tally = await _counted(work, system, good)
            raise _TakenBack
    except _TakenBack:
        return tally


async def _counted(work: Work, system: str, good: Sequence[Record]) -> Tally:
    await work.change("UPDATE import_runs SET position = position WHERE id = 0")  # a unit begins with a write
    return await history.bring(work, system, good)


def _batches(records: Records) -> Iterator[list[Record | Bad]]:
    """At most BATCH records and about a unit of rows; one large ticket goes alone. The same for the same file."""
    batch: list[Record | Bad] = []
    size = 0
    for one in records:
        rows = one.size if isinstance(one, PastTicket) else 1
        if batch and (len(batch) >= BATCH or size + rows > history.UNIT):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += rows
    if batch:
        yield batch


class _TakenBack(Exception):
    """Rolls a dry run's unit back."""
