"""What routing tells the entrances: alerts that are out, seen or over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """Somebody has to see this ticket. `run`: 1 at first, more when it comes back unanswered."""

    alert_id: int
    ticket_id: int
    run: int


@dataclass(frozen=True, slots=True)
class AlertAcked:
    """A manager has seen it; it comes back at its due time if the ticket is still unanswered."""

    alert_id: int
    ticket_id: int
    by: str


@dataclass(frozen=True, slots=True)
class AlertResolved:
    """It is over: the customer has his answer, or the ticket is closed."""

    alert_id: int
    ticket_id: int
    how: str
