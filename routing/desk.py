"""The desk: queues, calendars and rules as configured, looked at by every decision. Made once at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from crmcore.access import INBOX
from kernel import folding
from routing.rules import Rule
from tickets.calendar import Calendar
from tickets.models import ClockKind
from tickets.old_numbers import Patterns
from tickets.policies import Policy
from tickets.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Queue:
    """A line of tickets. `first_response`: the target, None for none; `assigns`: new tickets go to a member at once."""

    name: str
    calendar: Calendar
    first_response: timedelta | None = None
    manager: str = ""
    members: tuple[str, ...] = ()
    assigns: bool = True

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The queue's own target as a policy: what holds where no other has one."""
        if self.first_response is None:
            return ()
        targets = {ClockKind.FIRST_RESPONSE: self.first_response}
        return (Policy(f"queue {self.name}", targets, {"queue": (self.name,)}, self.calendar),)

    def is_managed_by(self, name: str) -> bool:
        return bool(self.manager) and folding.fold(self.manager) == folding.fold(name)


@dataclass(slots=True)
class Desk:
    """Everything routing decides by. One object for the whole hub: what it takes up holds everywhere at once."""

    queues: Mapping[str, Queue]
    rules: tuple[Rule, ...] = ()
    conversational: Mapping[str, bool] = field(default_factory=dict)  # channel → has no subjects
    tokens: Tokens = field(default_factory=Tokens)
    old_numbers: Patterns = field(default_factory=Patterns)
    quiet: frozenset[str] = frozenset()  # addresses that are never customers: the staff chats
    policies: tuple[Policy, ...] = ()

    def queue(self, name: str) -> Queue:
        """The queue of that name; tickets of a queue that was removed from the settings stand in the inbox's."""
        return self.queues.get(name) or self.queues[INBOX]

    def take_up(self, queues: Mapping[str, Queue], rules: tuple[Rule, ...], policies: tuple[Policy, ...]) -> None:
        """Changed settings, from the next decision on. Clocks that run keep the due times they were given."""
        self.queues, self.rules, self.policies = queues, rules, policies
