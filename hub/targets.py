"""Targets as the settings file has them: `[[targets]]` made into what reports are measured by, every mistake told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from kernel.durations import parse_duration
from kernel.errors import Problem
from kernel.phrases import one_of
from kernel.settings import Section
from routing.desk import Queue
from tickets.reports.asking import By
from tickets.reports.targets import MEASURES, Target

_SCOPES = {"queue": By.QUEUE, "channel": By.CHANNEL, "person": By.PERSON}


class TargetSettings(Section):
    name: str = Field(min_length=1, max_length=80)
    measure: str
    at_most: str | float | None = None
    at_least: str | float | None = None
    queue: str = ""
    channel: str = ""
    person: str = ""


def built(given: Sequence[TargetSettings], queues: Mapping[str, Queue], found: list[Problem]) -> tuple[Target, ...]:
    """The targets in the order of the file; what is wrong with them is added to `found`."""
    made = []
    for number, one in enumerate(given):
        problems: list[Problem] = []
        target = _target(f"targets.{number} ({one.name})", one, queues, problems)
        found += problems
        if target is not None and not problems:
            made.append(target)
    return tuple(made)


def _target(key: str, one: TargetSettings, queues: Mapping[str, Queue], found: list[Problem]) -> Target | None:
    if one.measure not in MEASURES:
        found.append(Problem(f"{key}.measure", one_of(MEASURES), one.measure))
    limits = [(side, value) for side in ("at_most", "at_least") if (value := getattr(one, side)) is not None]
    if len(limits) != 1:
        found.append(Problem(key, 'at_most or at_least, one of them, such as at_most = "15m" or at_least = 90'))
    scopes = [(by, name) for field, by in _SCOPES.items() if (name := getattr(one, field))]
    if len(scopes) > 1:
        found.append(Problem(key, "one of queue, channel and person, or none for all together"))
    if one.queue and one.queue not in queues:
        found.append(Problem(f"{key}.queue", one_of(queues), one.queue))
    if found:
        return None
    side, written = limits[0]
    limit = _limit(f"{key}.{side}", one.measure, written, found)
    by, name = scopes[0] if scopes else (None, "")
    return Target(one.name, one.measure, limit, at_most=side == "at_most", by=by, key=name)


def _limit(key: str, measure: str, written: str | float, found: list[Problem]) -> float:
    is_time = MEASURES[measure][1].endswith("_s")
    if is_time and isinstance(written, str):
        try:
            return parse_duration(written).total_seconds()
        except ValueError:
            written = f"{written!r}"
    elif not is_time and not isinstance(written, str) and written >= 0:
        return float(written)
    found.append(Problem(key, 'a length of time, such as "15m"' if is_time else "a number, such as 90", str(written)))
    return 0.0
