"""Decisions of an SLA clock from known facts; working time is counted in calendar, timer rows are kept in clocks."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

from tickets.calendar import Pause


class ClockState(StrEnum):
    """Running clocks alone have a due time that can still fire."""

    RUNNING = "running"
    PAUSED = "paused"  # the ticket is in a state that holds the clock: it has no due time
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


def state_at(
    due: datetime | None, *, now: datetime, answered_at: datetime | None = None, cancelled_at: datetime | None = None
) -> ClockState:
    """The state of a clock: the first of answer, cancellation and due decides, and nothing later changes it.

    The due instant itself is a breach (the timer fires at it), so an answer has to come before. Without a due, while
    a pause holds the clock, nothing is breached. Cancelled means the ticket was closed, merged or deleted unanswered.
    """
    ended_at = min((at for at in (answered_at, cancelled_at) if at is not None), default=None)
    if due is not None and (ended_at or now) >= due:
        return ClockState.BREACHED
    if ended_at is None:
        return ClockState.RUNNING
    return ClockState.MET if ended_at == answered_at else ClockState.CANCELLED


def pauses(changes: Iterable[tuple[datetime, str]], holding: Collection[str]) -> tuple[Pause, ...]:
    """The stretches a ticket spent in states that hold its clocks, from its changes of state, oldest first.

    The last one has no end while the ticket is still in it. Worked out anew from the history each time, so a changed
    policy or a back-dated change never leaves an old pause behind (as in zammad/zammad:lib/escalation.rb).
    """
    found: list[Pause] = []
    since: datetime | None = None
    for at, state in changes:
        if since is None and state in holding:
            since = at
        elif since is not None and state not in holding:
            found.append((since, at))
            since = None
    return (*found, (since, None)) if since is not None else tuple(found)
