"""The desk: queues, calendars and rules as configured, looked at by every decision. Made once at start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct, field

from crmcore.access import INBOX
from kernel import folding
from routing.chains import Chain
from routing.choosing import Giving
from routing.roster import Roster
from routing.rotas import Rota
from routing.rules import Rule
from tickets.calendar import Calendar
from tickets.closing import Terms
from tickets.kinds import Kinds
from tickets.models import ClockKind
from tickets.old_numbers import Patterns
from tickets.policies import Policy
from tickets.states import States
from tickets.threads import REOPEN_WITHIN
from tickets.tokens import Tokens
from tickets.visible import TicketView


class Queue(Struct, frozen=True):
    """A line of tickets. `first_response`: the target, None for none; `assigns`: new tickets go to a member at once."""

    name: str
    calendar: Calendar
    first_response: timedelta | None = None
    manager: str = ""
    members: tuple[str, ...] = ()
    assigns: bool = True
    reopens: timedelta = REOPEN_WITHIN  # how long after its end a ticket is opened again by a message
    needs_reason: bool = False  # its tickets are closed with a word of the codebook
    chain: Chain | None = None  # whom its alerts go to, one after the other; None: its managers
    away: str = "deputy"  # whose a ticket is that a customer writes to while its owner is away (routing/standing_in)
    giving: Giving = Giving()  # which of its members is given a new ticket, and how many at most
    emergency: str = ""  # a phone number that customers are told while it is closed

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The queue's own target as a policy: what holds where no other has one."""
        if self.first_response is None:
            return ()
        targets = {ClockKind.FIRST_RESPONSE: self.first_response}
        return (Policy(f"queue {self.name}", targets, {"queue": (self.name,)}, self.calendar),)

    def is_managed_by(self, name: str) -> bool:
        return bool(self.manager) and folding.fold(self.manager) == folding.fold(name)


class Desk(Struct):
    """Everything routing decides by. One object for the whole hub: what it takes up holds everywhere at once."""

    queues: Mapping[str, Queue]
    rules: tuple[Rule, ...] = ()
    conversational: Mapping[str, bool] = field(default_factory=dict)  # channel → has no subjects
    tokens: Tokens = field(default_factory=Tokens)
    old_numbers: Patterns = field(default_factory=Patterns)
    quiet: frozenset[str] = frozenset()  # addresses that are never customers: the staff chats
    kinds: Kinds = field(default_factory=Kinds)
    states: States = field(default_factory=States)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)  # all of them, whether a queue goes by one or not
    policies: tuple[Policy, ...] = ()
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    roster: Roster = field(default_factory=Roster)

    def queue(self, name: str) -> Queue:
        """The queue of that name; tickets of a queue that was removed from the settings stand in the inbox's."""
        return self.queues.get(name) or self.queues[INBOX]

    def reopens(self, queue: str) -> timedelta:
        return self.queue(queue).reopens

    def terms(self, ticket: TicketView) -> Terms:
        """What has to be there before the ticket is closed."""
        kind = self.kinds.of(ticket.kind)
        return Terms(kind, kind.needs_reason or self.queue(ticket.queue).needs_reason)

    def take_up(
        self,
        queues: Mapping[str, Queue],
        rules: tuple[Rule, ...],
        policies: tuple[Policy, ...],
        calendars: Mapping[str, Calendar],
    ) -> None:
        """Changed settings, from the next decision on. Clocks that run keep the due times they were given."""
        self.queues, self.rules, self.policies, self.calendars = queues, rules, policies, calendars
