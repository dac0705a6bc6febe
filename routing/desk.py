"""The desk: queues, calendars and rules as configured, looked at by every decision. Made once at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from crmcore.access import INBOX
from kernel import folding
from routing.rules import Rule
from tickets.calendar import Calendar
from tickets.old_numbers import Patterns
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
    calendars: Mapping[str, Calendar] = field(default_factory=dict)  # all of them, whether a queue goes by one or not

    def queue(self, name: str) -> Queue:
        """The queue of that name; tickets of a queue that was removed from the settings stand in the inbox's."""
        return self.queues.get(name) or self.queues[INBOX]

    def take_up(
        self, queues: Mapping[str, Queue], rules: tuple[Rule, ...], calendars: Mapping[str, Calendar] | None = None
    ) -> None:
        """Changed settings, from the next decision on. Clocks that run keep the due times they were given."""
        self.queues, self.rules = queues, rules
        self.calendars = self.calendars if calendars is None else calendars
