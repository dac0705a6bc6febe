"""What has happened to tickets, for the floors above."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Change(StrEnum):
    TAKEN = "taken"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    REOPENED = "reopened"
    NOTED = "noted"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"  # the answer was taken back or never arrived; a ticket closed meanwhile is open again
    AMENDED = "amended"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    WITHHELD = "withheld"  # quiet mode kept the answer from leaving
    RELEASED = "released"  # a person has sent or dropped what was withheld
    ROUTED = "routed"  # answers go another way from now on
    EDITED = "edited"  # state, queue, priority, tags, kind, fields, ties
    SPLIT = "split"  # taken out of another: it begins


class TicketOpened(Struct, frozen=True):
    """A customer's message has opened a ticket (or reopened one: `again`). `sent_at`: what its channel says.

    `by_staff`: a colleague has made it of words that the customer had an answer to: he is told nothing by itself.
    `is_answered`: a rule answers it by itself, or nothing may: no acknowledgement is wanted besides.
    `is_proven`: the address that answers go to was proved to be the sender's.
    """

    ticket_id: int
    message_id: int
    again: bool = False
    sent_at: datetime | None = None
    by_staff: bool = False
    is_answered: bool = False
    is_proven: bool = False


class CustomerWrote(Struct, frozen=True):
    """A customer's message has joined a ticket that was open already, or he has changed one that was there."""

    ticket_id: int
    message_id: int
    edited: bool = False


class TicketChanged(Struct, frozen=True):
    """A colleague, or the house itself (actor_id None), has changed a ticket."""

    ticket_id: int
    change: Change
    actor_id: int | None = None
    actor: str = ""
    former_id: int | None = None  # whose ticket it was before
    silent: bool = False  # the customer hears nothing of it by itself
    said: str = ""  # for those who watch: its end or beginning, an answer, its state, who has it; "" for all else


class AnswerRerouted(Struct, frozen=True):
    """An answer that one address did not take goes on by another. `label`: the channel, as people read it."""

    ticket_id: int
    failed_id: int
    message_id: int
    label: str
    reason: str


class ClockBreached(Struct, frozen=True):
    """A due time has passed unanswered."""

    ticket_id: int
    kind: str


class TicketWoke(Struct, frozen=True):
    """A ticket that was put off is back because its time has come. `until`: that time."""

    ticket_id: int
    until: datetime


class ClockWarned(Struct, frozen=True):
    """So many percent of a target have passed, and the clock still runs towards `due_at`."""

    ticket_id: int
    kind: str
    percent: int
    due_at: datetime
