"""A rule's trial: what the rules as they are would say of a message that nobody has sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmcore.access import INBOX
from routing import rules, targets
from routing.desk import Desk
from routing.rules import Rule
from tickets.models import ClockKind

PRIORITY = 3  # of a matter that no rule says anything of


@dataclass(frozen=True, slots=True)
class Sample:
    """A message that begins a matter."""

    channel: str
    sender: str
    subject: str
    text: str
    name: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of it. `held`: the rules that hold, by their places; `asked`: how many were asked at all."""

    held: tuple[int, ...]
    asked: int
    queue: str
    priority: int
    tags: tuple[str, ...]
    due_at: datetime | None


def tried(desk: Desk, sample: Sample, now: datetime) -> Outcome:
    """What the desk's rules say of the sample, as they would when it came in now."""
    given = facts(sample) | {rules.NOW: now}
    decision = rules.decide(desk.rules, given)
    queue = decision.queue if decision.queue and decision.queue in desk.queues else INBOX
    priority = decision.priority or PRIORITY
    case = targets.case_of({"channel": sample.channel, "queue": queue, "kind": "question", "priority": priority})
    found = targets.timed(desk, case, ClockKind.FIRST_RESPONSE, now)
    held, asked = _held(desk.rules, given)
    return Outcome(held, asked, queue, priority, decision.tags, found[1].due_at if found else None)


def facts(sample: Sample) -> dict[str, Any]:
    """What a rule may look at, of a sample."""
    return {
        "message": {
            "channel": sample.channel,
            "text": sample.text,
            "subject": sample.subject,
            "from": sample.sender,
        },
        "contact": {"name": sample.name, "language": sample.language},
        "ticket": {"new": True, "queue": INBOX, "priority": PRIORITY, "kind": "question"},
    }


def _held(all_rules: Sequence[Rule], given: dict[str, Any]) -> tuple[tuple[int, ...], int]:
    """Which hold, each asked by itself: two rules may have one name."""
    held = []
    for place, rule in enumerate(all_rules):
        if rules.decide((rule,), given).rules:
            held.append(place)
            if rule.stop:
                return tuple(held), place + 1
    return tuple(held), len(all_rules)
