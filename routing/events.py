"""What routing tells the entrances: alerts that are out, seen or over; reminders that are due or done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """Somebody has to see this ticket. `run`: 1 at first, more when it comes back unanswered.

    `is_called`: a rule wants it seen, whether or not its due time has passed. `reason`: a colleague does, and why.
    """

    alert_id: int
    ticket_id: int
    run: int
    is_called: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AlertStepped:
    """A step of an alert's chain has come: these colleagues have to see the ticket.

    `step_id`: the row of this very run; `level`: which step it is, from 1; `channel`: "" for each one's own.
    """

    alert: AlertRaised
    step_id: int
    level: int
    staff_ids: tuple[int, ...]
    channel: str = ""


@dataclass(frozen=True, slots=True)
class AlertUnheard:
    """An alert has come to the end of its chain, or nobody of it could be told: all have to hear of it, loudly.

    `was_heard`: somebody was told, and did nothing.
    """

    alert: AlertRaised
    was_heard: bool


@dataclass(frozen=True, slots=True)
class AlertAcked:
    """Somebody has seen it; it comes back at its due time if the ticket is still unanswered. `how`: by what."""

    alert_id: int
    ticket_id: int
    by: str
    how: str = "seen"


@dataclass(frozen=True, slots=True)
class AlertResolved:
    """It is over: the customer has his answer, or the ticket is closed."""

    alert_id: int
    ticket_id: int
    how: str


@dataclass(frozen=True, slots=True)
class ReminderFired:
    """The time of a reminder has come: somebody has to be told."""

    reminder_id: int


@dataclass(frozen=True, slots=True)
class ReminderChanged:
    """It was done, dropped or moved, and what was told about it is out of date. `how`: in words."""

    reminder_id: int
    how: str


@dataclass(frozen=True, slots=True)
class RuleAnswered:
    """A rule wants the customer told something. `reply`: language → text, "" for all others."""

    ticket_id: int
    message_id: int
    rule: str
    reply: Mapping[str, str]
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RuleNotified:
    """A rule wants colleagues told of a ticket. `manager`: whoever the queue's alerts go to, too."""

    ticket_id: int
    rule: str
    staff_ids: tuple[int, ...]
    manager: bool = False
