"""Terms: a policy with its calendar as a clock uses them, kept as they were; a changed file makes new terms."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from msgspec import Struct

from kernel import rows
from kernel.unit import Reader, Work
from tickets import calendar
from tickets.calendar import WEEKDAYS, Calendar, Pause, Version, Week
from tickets.models import ClockKind, TermsRow
from tickets.policies import Policy

SHOWN = 12  # characters of a digest that people are shown
PERCENT = 100


class Terms(Struct, frozen=True):
    """`digest` names this very wording: the same policy with the same calendar is always the same terms."""

    digest: str
    policy: Policy
    calendar: Calendar
    body: str

    @property
    def version(self) -> str:
        return self.digest[:SHOWN]


class Times(Struct, frozen=True):
    """When a clock is due and warns next. `due_at` None: it is paused."""

    due_at: datetime | None
    warn_at: datetime | None = None
    warn_percent: int | None = None


def of(policy: Policy, otherwise: Calendar) -> Terms:
    """The terms of a policy; `otherwise`: the calendar if it names none."""
    hours = policy.calendar or otherwise
    body = orjson.dumps(_written(policy, hours), option=orjson.OPT_SORT_KEYS)
    return Terms(hashlib.sha256(body).hexdigest(), policy, hours, body.decode())


async def keep(work: Work, used: Iterable[Terms]) -> None:
    """Store terms before the clocks that name them; those that are there stay as they are."""
    new = {one.digest: one for one in used}
    stored = [
        {"digest": one.digest, "policy": one.policy.name, "body": one.body, "created_at": work.now}
        for one in sorted(new.values(), key=lambda one: one.digest)  # two units at once wait in one order
    ]
    await work.insert(TermsRow, stored, conflict="ON CONFLICT DO NOTHING")


async def of_tickets(reader: Reader, ticket_ids: Sequence[int], kind: ClockKind) -> dict[int, Terms]:
    """The terms that this clock of each ticket began with; a ticket without such terms is left out."""
    if not ticket_ids:
        return {}
    found = await reader.fetch(
        "SELECT k.ticket_id, t.digest, t.body FROM clocks AS k JOIN terms AS t ON t.digest = k.terms"
        f" WHERE k.kind = ? AND k.ticket_id IN ({rows.marks(ticket_ids)})",
        kind.value,
        *ticket_ids,
    )
    return {row["ticket_id"]: read(row["digest"], row["body"]) for row in found}


@lru_cache(maxsize=512)
def read(digest: str, body: str) -> Terms:
    """Stored terms. The same object each time, so that its calendar works out a day once."""
    kept = orjson.loads(body)
    hours = _calendar(kept["calendar"])
    policy = Policy(
        name=kept["policy"],
        targets={ClockKind(kind): timedelta(seconds=seconds) for kind, seconds in kept["targets"].items()},
        when={key: tuple(values) for key, values in kept["when"].items()},
        calendar=hours,
        warn=tuple(kept["warn"]),
        holds=frozenset(kept["holds"]),
        since=date.fromisoformat(kept["since"]) if kept["since"] else None,
    )
    return Terms(digest, policy, hours, body)


def times(terms: Terms, kind: ClockKind, start: datetime, pauses: Iterable[Pause], now: datetime) -> Times:
    """When a clock that began at `start` is due, and its next warning after `now`. Pure.

    Raises ValueError as `calendar.due`, and KeyError where the terms have no such target.
    """
    target, held = terms.policy.targets[kind], tuple(pauses)
    due_at = calendar.due(terms.calendar, start, target, held)
    if due_at is None:
        return Times(None)
    for percent in terms.policy.warn:
        at = calendar.due(terms.calendar, start, target * percent / PERCENT, held)
        if at is not None and now < at < due_at:
            return Times(due_at, at, percent)
    return Times(due_at)


def _written(policy: Policy, hours: Calendar) -> dict[str, Any]:
    return {
        "policy": policy.name,
        "targets": {kind.value: target.total_seconds() for kind, target in policy.targets.items()},
        "when": {key: list(values) for key, values in policy.when.items()},
        "warn": list(policy.warn),
        "holds": sorted(policy.holds),
        "since": policy.since.isoformat() if policy.since else "",
        "calendar": _as_kept(hours),
    }


def _as_kept(hours: Calendar) -> dict[str, Any]:
    """Special days and later changes only where there are any: terms without them keep the digests they had."""
    kept: dict[str, Any] = {
        "name": hours.name,
        "zone": str(hours.zone),
        "hours": _week(hours.week),
        "holidays": hours.country or _dates(hours.holidays),
    }
    if hours.special:
        kept["special"] = {day.isoformat(): list(map(str, given)) for day, given in hours.special.items()}
    if hours.later:
        kept["changes"] = [
            {
                "from": one.since.isoformat(),
                "hours": _week(one.week),
                "holidays": one.country or _dates(one.holidays),
            }
            for one in hours.later
        ]
    return kept


def _week(week: Week) -> dict[str, list[str]]:
    return {day: [str(one) for one in week[place]] for place, day in enumerate(WEEKDAYS)}


def _dates(given: Container[date]) -> list[str]:
    """Holidays that were given day by day."""
    return sorted(day.isoformat() for day in given) if isinstance(given, (set, frozenset)) else []


def _calendar(kept: Any) -> Calendar:
    first = _version(kept)
    return Calendar(
        kept["name"],
        calendar.parse_zone(kept["zone"]),
        first.week,
        first.holidays,
        first.country,
        {date.fromisoformat(day): calendar.parse_day(given) for day, given in kept.get("special", {}).items()},
        tuple(_version(one) for one in kept.get("changes", ())),
    )


def _version(kept: Any) -> Version:
    by_code = isinstance(kept["holidays"], str)
    return Version(
        date.fromisoformat(kept.get("from", date.min.isoformat())),
        tuple(calendar.parse_day(kept["hours"][day]) for day in WEEKDAYS),
        calendar.parse_holidays(kept["holidays"])
        if by_code
        else frozenset(date.fromisoformat(day) for day in kept["holidays"]),
        kept["holidays"] if by_code else "",
    )
