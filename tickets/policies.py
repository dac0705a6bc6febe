"""Policies: what a ticket's clocks are promised, and which of several it is, the most specific one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from msgspec import Struct, field

from kernel import folding
from tickets import states
from tickets.calendar import Calendar
from tickets.models import ClockKind

# What a policy may ask of a ticket, the most specific first. Contracts have no data yet: no ticket has one.
KEYS = ("contract", "company", "segment", "sales_channel", "channel", "queue", "kind", "priority")
OF_COMPANIES = frozenset({"company", "segment", "sales_channel"})
WALLED = frozenset({"contract", *OF_COMPANIES})
CATEGORIES = tuple(states.Category)
HOLDS = frozenset({"waiting_customer"})
WARN = (50, 80)

Case = Mapping[str, tuple[str, ...]]  # key → the ticket's values: a contact may belong to several companies


class Policy(Struct, frozen=True):
    """Targets in working time, for tickets that have one of `when`'s values of each key it names.

    `calendar` None: that of the ticket's queue. `warn`: percent of a target, rising. `holds`: categories of states in
    which the resolution clock stands still. `since`: from that day on, by the calendar's own days.
    """

    name: str
    targets: Mapping[ClockKind, timedelta]
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calendar: Calendar | None = None
    warn: tuple[int, ...] = ()
    holds: frozenset[str] = HOLDS
    since: date | None = None
    ready: str = ""  # the sentence that it was made by, and what its blanks were filled with
    blanks: Mapping[str, str] = field(default_factory=dict)


def choose(policies: Iterable[Policy], case: Case, kind: ClockKind, at: datetime, zone: tzinfo = UTC) -> Policy | None:
    """The most specific policy that has a target of this kind for the case at `at` (aware); None if there is none.

    `zone`: of the ticket's queue, by whose days a policy without a calendar of its own begins.
    Of two that ask for the same keys the later `since` wins, then the one that stands first.
    """
    found = [one for one in policies if kind in one.targets and applies(one, case, at, zone)]
    return max(found, key=rank, default=None)


def applies(policy: Policy, case: Case, at: datetime, zone: tzinfo = UTC) -> bool:
    if policy.since is not None:
        zone = policy.calendar.zone if policy.calendar else zone
        if at.astimezone(zone).date() < policy.since:
            return False
    return all(_same(wanted, case.get(key, ())) for key, wanted in policy.when.items())


def rank(policy: Policy) -> tuple[tuple[bool, ...], date]:
    """A contract outweighs a company, whatever else is asked; and so on down."""
    return tuple(key in policy.when for key in KEYS), policy.since or date.min


def asks_companies(policies: Iterable[Policy]) -> bool:
    """Whether the companies of customers have to be looked up at all."""
    return any(not OF_COMPANIES.isdisjoint(policy.when) for policy in policies)


def why(policy: Policy) -> str:
    """For what the policy is, as an operator reads it."""
    return _for(asked(policy))


def why_openly(policy: Policy) -> str:
    """The same for whoever sees a ticket: which company its customer is of stands behind a wall of its own."""
    return _for(asked_openly(policy))


def asked(policy: Policy) -> list[tuple[str, tuple[str, ...]]]:
    """What the policy asks for, the most specific first."""
    return [(key, policy.when[key]) for key in KEYS if key in policy.when]


def asked_openly(policy: Policy) -> list[tuple[str, tuple[str, ...]]]:
    """What the policy asks for, the most specific first; without the values that name a company."""
    return [(key, () if key in WALLED else policy.when[key]) for key in KEYS if key in policy.when]


def holds(policy: Policy, state: str) -> bool:
    """Whether the resolution clock stands still while the ticket is in this state."""
    return states.category(state) in policy.holds


def _same(wanted: Sequence[str], own: Sequence[str]) -> bool:
    known = {folding.fold(value) for value in own}
    return any(folding.fold(value) in known for value in wanted)


def _for(asked: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    parts = [f"{key.replace('_', ' ')} {' or '.join(values)}".strip() for key, values in asked]
    return " and ".join(parts) or "every ticket"
