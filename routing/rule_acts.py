"""What rules do with a ticket once it stands: they fill in fields of its kind, and tell other systems of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from crmcore import access
from crmcore.access import Actor, Role
from kernel import errors, sentences
from kernel.phrases import kept
from kernel.unit import Work
from routing import hook_posts
from routing.desk import Desk
from routing.rules import Rule
from tickets import entries, values, visible
from tickets.models import AuthorKind, EntryKind
from tickets.visible import TicketView

Set = Mapping[str, tuple[Rule, str]]  # field → the rule that sets it, and to what


async def act(work: Work, desk: Desk, fields: Mapping[int, Set], posts: Sequence[tuple[int, Rule]]) -> None:
    """1. Fields that are empty are filled in. 2. Posts are written, with the tickets as they are then."""
    concerned = sorted({*fields, *(ticket_id for ticket_id, _ in posts)})
    if not concerned:
        return
    tickets = await visible.by_ids(work, concerned)
    refused: list[tuple[int, EntryKind, str]] = []
    for ticket_id, wanted in fields.items():
        held = await values.of(work, ticket_id)
        for name, (rule, value) in wanted.items():
            if held.get(name):
                continue
            why = await _fill(work, desk, tickets[ticket_id], rule, name, value)
            if why:
                refused.append(
                    (
                        ticket_id,
                        EntryKind.EVENT,
                        sentences.line("rule {rule}: {field} not set: {why}", rule=rule.name, field=name, why=why),
                    )
                )
    await entries.noted(work, refused)
    told = [(tickets[ticket_id], rule) for ticket_id, rule in posts]
    rows = [
        hook_posts.row(one.id, rule.hook, _body(one, rule, work.now), work.now, rule=rule.name) for one, rule in told
    ]
    await hook_posts.add(work, rows)


def by_rule(name: str) -> Actor:
    """Who acts where a rule does: nobody, under its name."""
    return Actor(access.StaffId(0), f"rule {name}", Role.AGENT, "UTC", frozenset(), proof="rule")


async def _fill(work: Work, desk: Desk, ticket: TicketView, rule: Rule, name: str, value: str) -> str:
    """Why it could not be set, as a line that each reads in his language; "" if it was."""
    kind = desk.kinds.of(ticket.kind)
    try:
        await values.put(work, by_rule(rule.name), ticket, kind, {name: value}, author=AuthorKind.SYSTEM)
    except errors.Invalid as error:
        if not error.problems:
            return sentences.refused(error)
        return sentences.line("expected {what}", what=kept(error.problems[0].expected))
    return ""


def _body(ticket: TicketView, rule: Rule, now: datetime) -> str:
    """What a webhook is told: which ticket, and how it stands. No words of the customer, and not who he is."""
    told = {
        "type": "rule.matched",
        "timestamp": now.isoformat(),
        "data": {
            "rule": rule.name,
            "ticket": ticket.name,
            "kind": ticket.kind,
            "queue": ticket.queue,
            "priority": ticket.priority,
            "tags": list(ticket.tags),
            "channel": ticket.channel,
            "assignee": ticket.assignee,
        },
    }
    return orjson.dumps(told).decode()
