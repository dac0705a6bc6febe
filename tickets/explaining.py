"""A clock explains itself: by which terms it runs, what time was counted, and what stood still."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader
from tickets import calendar, calendar_facts, phases
from tickets.calendar import Span
from tickets.calendar_facts import Holiday
from tickets.models import ClockKind
from tickets.phases import Course
from tickets.sla import ClockState
from tickets.terms import Terms

_CLOCKS = "SELECT * FROM clocks WHERE ticket_id = ? ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, due_at, id"


class Basis(Struct, frozen=True):
    """Why a clock is due when it is. `counted` and `paused`: working time in UTC, up to the due time or the end.

    `holidays`: days on which the calendar was closed meanwhile.
    """

    terms: Terms
    target: timedelta
    counted: tuple[Span, ...]
    paused: tuple[Span, ...]
    holidays: tuple[Holiday, ...]

    @property
    def passed(self) -> timedelta:
        return sum((closes - opens for opens, closes in self.counted), timedelta())


class Story(Struct, frozen=True):
    """A clock of a ticket. `due_at` None: it is paused. `basis` None: it began before terms were kept."""

    kind: ClockKind
    state: ClockState
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    basis: Basis | None


async def explain(reader: Reader, ticket_id: int) -> list[Story]:
    """All clocks of a ticket, those that run first. The caller has seen the ticket through a scope."""
    found = await reader.fetch(_CLOCKS, ticket_id)
    kept = await phases.terms_of(reader, {row["terms"] for row in found if row["terms"]})
    courses = await phases.courses(reader, [ticket_id])
    return [story(row, kept.get(row["terms"] or ""), courses.get(ticket_id, ()), reader.now) for row in found]


def story(row: Row, found: Terms | None, course: Course, now: datetime) -> Story:
    """What a clock's row, its terms and the history of the ticket's states tell. Pure."""
    state = ClockState(row["state"])
    ended_at = rows.maybe_instant(row["ended_at"])
    due_at = None if state is ClockState.PAUSED else rows.instant(row["due_at"])
    start, kind = rows.instant(row["started_at"]), ClockKind(row["kind"])
    until = min(at for at in (due_at, ended_at, None if due_at else now) if at is not None)
    basis = _basis(found, kind, (start, until), course) if found else None
    return Story(kind, state, start, due_at, ended_at, basis)


def _basis(found: Terms, kind: ClockKind, span: Span, course: Course) -> Basis:
    held = phases.pauses(found, kind, course)
    told = calendar.explain(found.calendar, *span, held)
    return Basis(
        terms=found,
        target=found.policy.targets[kind],
        counted=told.counted,
        paused=told.paused,
        holidays=tuple(_holidays(found, span)),
    )


def _holidays(found: Terms, span: Span) -> Sequence[Holiday]:
    first, last = (at.astimezone(found.calendar.zone).date() for at in span)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    hours = found.calendar
    return [Holiday(day, calendar_facts.named(hours, day)) for day in days if calendar.is_holiday(hours, day)]
