"""Policies as the settings file has them: `[[policies]]` made into what clocks are promised, every mistake told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from kernel.durations import format_duration
from kernel.errors import Problem
from kernel.phrases import Phrase, one_of
from kernel.settings import Duration, Section
from routing.desk import Queue
from tickets import calendar, policies
from tickets.calendar import Calendar
from tickets.models import ClockKind
from tickets.policies import Policy

NAME_LIMIT = 80  # what the store keeps
NO_CALENDAR = Phrase("none is set; add {example}", example="[calendars.office]")


def _several(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


Percent = Annotated[int, Field(ge=1, le=99)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]  # one, or a list of which one has to fit
Priorities = Annotated[tuple[Annotated[int, Field(ge=1, le=4)], ...], BeforeValidator(_several)]
Category = Literal["open", "waiting_customer", "waiting_us", "solved", "closed"]


class PolicySettings(Section):
    name: str = Field(min_length=1, max_length=NAME_LIMIT)
    contract: Names = ()
    company: Names = ()
    segment: Names = ()
    sales_channel: Names = ()
    channel: Names = ()
    queue: Names = ()
    kind: Names = ()
    priority: Priorities = ()
    first_response: Duration | None = None
    next_response: Duration | None = None
    resolution: Duration | None = None
    calendar: str = ""
    warn: tuple[Percent, ...] = policies.WARN
    holds: tuple[Category, ...] = ("waiting_customer",)
    since: date | None = Field(default=None, alias="from")
    ready: str = ""
    blanks: dict[str, str] = Field(default_factory=dict)


def built(
    given: Sequence[PolicySettings],
    calendars: Mapping[str, Calendar],
    queues: Mapping[str, Queue],
    found: list[Problem],
) -> tuple[Policy, ...]:
    """The policies in the order of the file; what is wrong with them is added to `found`."""
    made = []
    for number, one in enumerate(given):
        key = f"policies.{number} ({one.name})"
        policy = _policy(one, calendars)
        found += _unknown(key, one, calendars, queues)
        if not policy.targets:
            found.append(Problem(key, 'a target at least, such as first_response = "1h"'))
        known = [policy.calendar] if policy.calendar else [queue.calendar for queue in queues.values()]
        for kind, target in policy.targets.items():
            found += unreachable(f"{key}.{kind}", target, known)
        made.append(policy)
    return tuple(made)


def unreachable(key: str, target: timedelta | None, calendars: Iterable[Calendar]) -> list[Problem]:
    """A target that its calendar never reaches would fail every message it is for; the first such calendar is told."""
    if target is None:
        return []
    for one in calendars:
        try:
            calendar.due(one, datetime.now(UTC), target)
        except ValueError:
            expected = Phrase("a target that calendar {calendar} reaches within ten years", calendar=one.name)
            return [Problem(key, expected, format_duration(target))]
    return []


def _policy(one: PolicySettings, calendars: Mapping[str, Calendar]) -> Policy:
    targets = {kind: getattr(one, kind.value) for kind in ClockKind}
    return Policy(
        name=one.name,
        targets={kind: target for kind, target in targets.items() if target is not None},
        when={key: tuple(map(str, values)) for key in policies.KEYS if (values := getattr(one, key))},
        calendar=calendars.get(one.calendar),
        warn=tuple(sorted(set(one.warn))),
        holds=frozenset(one.holds),
        since=one.since,
        ready=one.ready,
        blanks=one.blanks,
    )


def _unknown(
    key: str, one: PolicySettings, calendars: Mapping[str, Calendar], queues: Mapping[str, Queue]
) -> list[Problem]:
    found = [Problem(f"{key}.queue", one_of(queues), name) for name in one.queue if name not in queues]
    if one.calendar and one.calendar not in calendars:
        found.append(Problem(f"{key}.calendar", one_of(calendars, NO_CALENDAR), one.calendar))
    return found
