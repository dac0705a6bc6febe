"""A letter on its way to a ticket, and a ticket as one batch works on it. Which of them it joins is not here."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from channels.messages import Arrived
from crmcore.contacts import Person
from tickets import belonging, courtesy
from tickets.belonging import Trust
from tickets.models import State

QUESTION = "question"  # the kind of a matter that no rule says anything of


class Letter(Struct, frozen=True):
    """A customer's message with the person behind it. `conversational`: its channel has no subjects.

    `is_hearsay`: its channel vouches for nobody's name; what proves this sender stands in the message.
    """

    arrived: Arrived
    person: Person
    conversational: bool
    is_blocked: bool = False  # its sender: it is kept, and calls nobody
    is_hearsay: bool = False

    @property
    def trust(self) -> Trust:
        return belonging.trust(self.arrived.inbound, is_hearsay=self.is_hearsay)

    @property
    def is_history(self) -> bool:
        """Older than our connection to its mailbox: kept under its true date, and nobody is called."""
        return self.arrived.inbound.history

    @property
    def is_quiet(self) -> bool:
        """A machine's answer or an old letter: it joins what it belongs to and changes nothing there."""
        return self.is_history or self.is_blocked or self.arrived.inbound.automatic

    @property
    def is_courtesy(self) -> bool:
        """Thanks, a thumb: of a matter that is done it makes nothing to do."""
        inbound = self.arrived.inbound
        return not inbound.attachments and not inbound.unreadable and courtesy.is_courtesy(inbound.text)


class Place(Struct):
    """A ticket as one batch works on it: loaded or new, changed in memory, written once."""

    id: int
    number: int
    subject: str
    state: str
    queue: str
    priority: int
    tags: list[str]
    assignee_id: int | None
    contact_id: int
    channel: str
    account: str
    scheme: str
    address: str
    matter: str | None
    answered_at: datetime | None
    closed_at: datetime | None
    version: int
    previous_id: int | None = None
    own_state: str | None = None
    merged_into_id: int | None = None
    is_past: bool = False  # of another desk: while it is closed, nothing joins it
    is_new: bool = False
    is_reopened: bool = False
    created_at: datetime | None = None
    snoozed_until: datetime | None = None
    source: str = ""  # how the customer heard of us, of a new one
    kind: str = QUESTION
    was: str = ""  # its state before the batch; "" of a new one
    unjoined: Trust | None = None  # of a new one whose letter names `previous_id`: how far its sender was trusted
    letters: list[Letter] = field(default_factory=list)

    @property
    def has_moved(self) -> bool:
        """To another state; what is new is where it begins."""
        return not self.is_new and self.state != self.was

    @property
    def starts(self) -> bool:
        """The matter begins (again): rules choose its queue, clocks start."""
        return (self.is_new and self.state != State.CLOSED) or self.is_reopened
