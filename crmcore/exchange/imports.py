"""A file brought in: its lines checked, then written a few at a time, so that the house's live work goes first.

Each unit claims its lines by the cursor of its import: who dies goes on where he was, and no line is done twice. A dry
run takes every unit back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace
from tortoise.exceptions import IntegrityError

from crmcore.exchange import batches, plan
from crmcore.exchange.batches import Batch
from crmcore.exchange.drafts import Action, Draft, Fault, Key, Known
from crmcore.exchange.kinds import Kind
from crmcore.exchange.lookups import Lookups
from crmcore.exchange.mappings import Record
from kernel.unit import Store, Work

UNIT = 200  # lines
TRIES = 3
GIVE_WAY_S = 0.02  # at most, between units: who waits for the writer has it then


class Progress(NamedTuple):
    """`done` of `whole` lines are checked (`actions` empty) or worked off, with what came of the last ones."""

    done: int
    whole: int
    actions: Sequence[Action] = ()


class Run(NamedTuple):
    """What an import is: of what, for whom, and its rows; a dry run has none."""

    kind: Kind
    lookups: Lookups
    batch: Batch | None


async def check(
    store: Store, kind: Kind, records: Sequence[Record], lookups: Lookups
) -> AsyncIterator[Sequence[Draft]]:
    """Drafts of the lines, some at a time; nothing is locked meanwhile. `plan.once_each` sees them all at last."""
    for start in range(0, len(records), UNIT):
        yield await kind.prepare(store.reading(), records[start : start + UNIT], lookups)


async def run(store: Store, run: Run, drafts: Sequence[Draft]) -> AsyncIterator[Progress]:
    """Work off the lines from where the import stands. Raises Conflict if another process does so too."""
    start = run.batch.cursor if run.batch else 0
    taken = await _taken(store, run, drafts[:start])
    for first in range(start, len(drafts), UNIT):
        chunk = drafts[first : first + UNIT]
        began = time.monotonic()
        actions = await _tried(store, run, chunk, first, taken)
        taken |= {action.ref_id: action.draft.line for action in actions if action.ref_id is not None}
        yield Progress(first + len(chunk), len(drafts), actions)
        if run.batch:
            await asyncio.sleep(min(GIVE_WAY_S, time.monotonic() - began))


async def _tried(store: Store, run: Run, chunk: Sequence[Draft], first: int, taken: dict[int, int]) -> list[Action]:
    """A unit; again if somebody wrote the same address or number at the same moment."""
    for left in reversed(range(TRIES)):
        actions: list[Action] = []
        try:
            async with store.unit() as work:
                actions = await _unit(work, run, chunk, first, taken)
                if run.batch is None:
                    raise _TakenBack
            return actions
        except _TakenBack:
            return actions
        except IntegrityError:
            if not left:
                raise
    return []


async def _unit(work: Work, run: Run, chunk: Sequence[Draft], first: int, taken: dict[int, int]) -> list[Action]:
    await run.kind.lock(work)
    if run.batch:
        await batches.claim(work, run.batch, first, first + len(chunk))
    found = await run.kind.known(work, chunk, run.lookups)
    actions = plan.plan(chunk, found, taken)
    written = await run.kind.write(work, [one for one in actions if one.what in ("create", "update")], run.lookups)
    actions = [_settled(action, written) for action in actions]
    if run.batch:
        await batches.note(work, run.batch, actions, written)
    return actions


def _settled(action: Action, written: dict[int, tuple[int, int]]) -> Action:
    """The record of a new line; a fault for one that somebody changed between reading and writing."""
    if action.what not in ("create", "update"):
        return action
    if action.draft.line in written:
        return replace(action, ref_id=written[action.draft.line][0])
    fault = Fault("version", "", "stale", "somebody changed it this moment; import the line again")
    return Action(action.draft, "conflict", faults=(fault,))


async def _taken(store: Store, run: Run, before: Sequence[Draft]) -> dict[int, int]:
    """record → line, of the lines that are done already."""
    taken: dict[int, int] = {}
    for start in range(0, len(before), UNIT):
        chunk = [draft for draft in before[start : start + UNIT] if not draft.faults]
        found: dict[Key, list[Known]] = await run.kind.known(store.reading(), chunk, run.lookups)
        for draft in chunk:
            one = plan.match(draft, found)
            if one is not None and not isinstance(one, Fault):
                taken.setdefault(one.id, draft.line)
    return taken


class _TakenBack(Exception):
    """Rolls a dry run's unit back."""
