"""What routing tells the entrances: alerts that are out, seen or over; reminders that are due or done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct


class AlertRaised(Struct, frozen=True):
    """Somebody has to see this ticket. `run`: 1 at first, more when it comes back unanswered.

    `is_called`: a rule wants it seen, whether or not its due time has passed. `reason`: a colleague does, and why.
    `is_call`: a call that was promised is late.
    """

    alert_id: int
    ticket_id: int
    run: int
    is_called: bool = False
    reason: str = ""
    is_call: bool = False


class AlertStepped(Struct, frozen=True):
    """A step of an alert's chain has come: these colleagues have to see the ticket.

    `step_id`: the row of this very run; `level`: which step it is, from 1; `channel`: "" for each one's own.
    """

    alert: AlertRaised
    step_id: int
    level: int
    staff_ids: tuple[int, ...]
    channel: str = ""


class AlertUnheard(Struct, frozen=True):
    """An alert has come to the end of its chain, or nobody of it could be told: all have to hear of it, loudly.

    `was_heard`: somebody was told, and did nothing.
    """

    alert: AlertRaised
    was_heard: bool


class AlertAcked(Struct, frozen=True):
    """Somebody has seen it; it comes back at its due time if the ticket is still unanswered. `how`: by what."""

    alert_id: int
    ticket_id: int
    by: str
    how: str = "seen"
    to: str = ""  # whom the ticket was given to


class AlertResolved(Struct, frozen=True):
    """It is over: the customer has his answer, or the ticket is closed."""

    alert_id: int
    ticket_id: int
    how: str
    to: str = ""  # what the ticket has joined


class CallDue(Struct, frozen=True):
    """A customer wants to be rung now; `is_late`: the time he was told is over."""

    call_id: int
    ticket_id: int
    is_late: bool = False


class ReminderFired(Struct, frozen=True):
    """The time of a reminder has come: somebody has to be told."""

    reminder_id: int


class ReminderChanged(Struct, frozen=True):
    """It was done, dropped or moved, and what was told about it is out of date. `how`: "again", "done" or "dropped"."""

    reminder_id: int
    how: str
    by: str


class RuleAnswered(Struct, frozen=True):
    """A rule wants the customer told something. `reply`: language → text, "" for all others.

    `is_proven`: the address that answers go to was proved to be the sender's; `is_disproved`: somebody has forged it.
    """

    ticket_id: int
    message_id: int
    rule: str
    reply: Mapping[str, str]
    sent_at: datetime | None = None
    is_proven: bool = False
    is_disproved: bool = False


class RuleAsked(Struct, frozen=True):
    """A rule wants the customer asked for the empty fields of his ticket. `is_proven`: as of RuleAnswered."""

    ticket_id: int
    message_id: int
    rule: str
    sent_at: datetime | None = None
    is_proven: bool = True


class RuleNotified(Struct, frozen=True):
    """A rule wants colleagues told of a ticket. `manager`: whoever the queue's alerts go to, too."""

    ticket_id: int
    rule: str
    staff_ids: tuple[int, ...]
    manager: bool = False


class IncidentOverdue(Struct, frozen=True):
    """The time at which customers were promised news of an incident has passed. `run`: how often this was told."""

    incident_id: int
    run: int


class NobodyAble(Struct, frozen=True):
    """Everybody who works the queue is away or has no room. `waiting`: its tickets; `ticket_id`: one of them."""

    queue: str
    waiting: int
    ticket_id: int
