"""A rule's trial: what the rules as they are would say of a message that nobody has sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from crmcore.access import INBOX
from crmcore.relations import Relation
from routing import effects, facts, rules, targets
from routing.desk import Desk
from routing.facts import Customer, Matter, Words
from routing.rules import Rule
from tickets.models import ClockKind
from tickets.places import QUESTION

PRIORITY = 3  # of a matter that no rule says anything of
BEGUN = Matter(INBOX, PRIORITY, (), QUESTION, begins=True, is_new=True)


class Sample(Struct, frozen=True):
    """A message that begins a matter. `to`: an address of ours; `is_known`: the customer has written before."""

    channel: str
    sender: str
    subject: str
    text: str
    name: str = ""
    language: str = ""
    to: str = ""
    company: str = ""
    is_known: bool = False


class Outcome(Struct, frozen=True):
    """What comes of it. `held`: the rules that hold, by their places; `asked`: how many were asked at all.

    `deeds`: what else they would do, as lines of kernel.phrases: given to, told, note, alert, reply.
    """

    held: tuple[int, ...]
    asked: int
    queue: str
    priority: int
    tags: tuple[str, ...]
    due_at: datetime | None
    kind: str = QUESTION
    deeds: tuple[str, ...] = ()


def tried(desk: Desk, sample: Sample, now: datetime) -> Outcome:
    """What the desk's rules say of the sample, as they would when it came in now."""
    given = told(sample, desk, now)
    effect = effects.work_out(BEGUN, rules.decide(desk.rules, given), desk.queues)
    case = targets.case_of(
        {"channel": sample.channel, "queue": effect.queue, "kind": effect.kind, "priority": effect.priority}
    )
    of_company = {"company": (sample.company,)} if sample.company else {}
    found = targets.timed(desk, {**case, **of_company}, ClockKind.FIRST_RESPONSE, now)
    held, asked = _held(desk.rules, given)
    return Outcome(
        held,
        asked,
        effect.queue,
        effect.priority,
        effect.tags,
        found[1].due_at if found else None,
        effect.kind,
        tuple(effects.deeds(effect)),
    )


def told(sample: Sample, desk: Desk, now: datetime) -> dict[str, Any]:
    """What a rule may look at, of a sample."""
    companies = (Relation(sample.company, "", "", ""),) if sample.company else ()
    customer = Customer(sample.name, sample.language, sample.is_known, (), companies)
    to = (sample.to,) if sample.to else ()
    folded = facts.words_of(f"{sample.subject} {sample.text}")
    words = Words(sample.channel, sample.text, sample.subject, sample.sender, to, folded=folded)
    return facts.told(
        words, customer, BEGUN, facts.open_at(desk.calendars, now), now, facts.of_queue(desk, BEGUN.queue, now)
    )


def _held(all_rules: Sequence[Rule], given: dict[str, Any]) -> tuple[tuple[int, ...], int]:
    """Which hold, each asked by itself: two rules may have one name."""
    held = []
    for place, rule in enumerate(all_rules):
        if rules.decide((rule,), given).rules:
            held.append(place)
            if rule.stop:
                return tuple(held), place + 1
    return tuple(held), len(all_rules)
