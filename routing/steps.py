"""The steps of alerts that follow a chain, a row each: one waits, and whoever changes the alert voids it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from kernel import ids, rows
from kernel.unit import Reader, Work
from routing import chains
from routing.chains import Spot
from routing.models import AlertStep


class StepState(StrEnum):
    WAITING = "waiting"
    DONE = "done"  # somebody was told
    FAILED = "failed"  # nobody was: `told` says why
    POSTING = "posting"  # a webhook is being told
    SENT = "sent"  # it has taken it; that is a system, and nobody who has heard
    VOID = "void"  # the alert was seen to before


def row(alert_id: int, run: int, spot: Spot, due_at: datetime) -> Mapping[str, Any]:
    """A step that waits. Its id names this very run of it: who claims the row runs it, once.

    `run`: which coming of the alert it belongs to.
    """
    return {
        "id": ids.new(),
        "alert_id": alert_id,
        "run": run,
        "lap": spot.lap,
        "place": spot.place,
        "state": StepState.WAITING.value,
        "due_at": due_at,
        "told": "",
    }


async def add(work: Work, new: Sequence[Mapping[str, Any]]) -> None:
    """Steps to come; an alert has one that waits (held by a unique index)."""
    await work.insert(AlertStep, new)
    work.poke("timers")


async def void(work: Work, alert_ids: Sequence[int]) -> None:
    """Nothing more of what was to come for these alerts."""
    await work.change(
        "UPDATE alert_steps SET state = 'void', ran_at = ?"
        f" WHERE state = 'waiting' AND alert_id IN ({rows.marks(alert_ids)})",
        work.now,
        *alert_ids,
    )


async def restart(work: Work, alert_id: int, run: int, due_at: datetime) -> None:
    """The chain of an alert begins again at its first step, as its coming no. `run`."""
    await void(work, [alert_id])
    await add(work, [row(alert_id, run, chains.START, due_at)])


async def missed(work: Work, step_id: int, why: str) -> bool:
    """What a step told has reached nobody: the next one comes at once. False if there is none to come."""
    step = await work.one("SELECT alert_id FROM alert_steps WHERE id = ?", step_id)
    if step is None:
        return False
    # the alert before its steps, always: two who change one alert wait in one order
    held = await work.change("UPDATE alerts SET due_at = due_at WHERE id = ? AND state = 'open'", step["alert_id"])
    await work.change(
        "UPDATE alert_steps SET state = 'failed', told = ? WHERE id = ? AND state IN ('done', 'posting')", why, step_id
    )
    if not held:
        return False
    hurried = await work.change(
        "UPDATE alert_steps SET due_at = ? WHERE alert_id = ? AND state = 'waiting' AND due_at > ?",
        work.now,
        step["alert_id"],
        work.now,
    )
    if hurried:
        await work.change("UPDATE alerts SET due_at = ? WHERE id = ?", work.now, step["alert_id"])
        work.poke("timers")
    return bool(hurried)


async def heard(reader: Reader, alert_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Alerts, each with a coming of which somebody was told."""
    wanted = list(alert_ids)
    if not wanted:
        return set()
    found = await reader.fetch(
        "SELECT DISTINCT alert_id, run FROM alert_steps WHERE state = 'done' AND told <> ''"
        f" AND alert_id IN ({rows.marks(wanted)})",
        *wanted,
    )
    return {(one["alert_id"], one["run"]) for one in found}
