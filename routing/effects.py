"""What becomes of a ticket by the rules that hold, and what each of them has changed, in words. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from msgspec import Struct

from kernel import sentences
from kernel.phrases import Phrase
from routing.facts import Matter
from routing.rules import Decision, Rule


class Line(Struct, frozen=True):
    """What one rule has changed: "rule VIP: priority 1"."""

    rule: str
    did: tuple[str, ...]

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> Phrase:
        """As history keeps it."""
        return sentences.line("rule {rule}: {did}", rule=self.rule, did=sentences.joined(", ", self.did))


class Effect(Struct, frozen=True):
    """The ticket as it is from now on. `assign`: the rule that gives it to somebody; `incident`: the one that lets it
    join an incident; `loud`: the rules that write, tell or call somebody; at most one of them replies, one asks.
    `fields`: what rules set where nothing stands yet; of several the first."""

    queue: str
    priority: int
    tags: tuple[str, ...]
    kind: str
    source: str
    assign: Rule | None
    lines: tuple[Line, ...]
    loud: tuple[Rule, ...]
    reply: Rule | None
    incident: Rule | None = None
    ask: Rule | None = None
    fields: Mapping[str, tuple[Rule, str]] = {}


def head(name: str) -> str:
    """How a line of a rule begins."""
    return f"rule {name}: "


def work_out(matter: Matter, decision: Decision, queues: Container[str]) -> Effect:
    """Rules choose queue, kind and owner of a matter that begins; of one under way they may raise the priority and add
    tags. The last queue, kind and owner count, the most urgent priority, the first source and the first reply.
    """
    held = decision.held
    queue = _last([rule for rule in held if rule.queue and rule.queue in queues]) if matter.begins else ()
    kind = _last([rule for rule in held if rule.kind]) if matter.begins else ()
    urgent = _most_urgent(matter, held)
    by_tag: dict[str, Rule] = {}
    for rule in held:
        for tag in rule.tags:
            by_tag.setdefault(tag, rule)
    added = [(rule, tag) for tag, rule in by_tag.items() if tag not in matter.tags]
    changed = [
        *((rule, sentences.line("queue {queue}", queue=rule.queue)) for rule in queue if rule.queue != matter.queue),
        *(
            (rule, sentences.line("priority {priority}", priority=rule.priority))
            for rule in urgent
            if rule.priority != matter.priority
        ),
        *((rule, sentences.line("kind {kind}", kind=rule.kind)) for rule in kind if rule.kind != matter.kind),
        *((rule, sentences.line("tag {tag}", tag=tag)) for rule, tag in added),
    ]
    return Effect(
        queue=next((rule.queue for rule in queue if rule.queue), matter.queue),
        priority=next((rule.priority for rule in urgent if rule.priority), matter.priority),
        tags=(*matter.tags, *(tag for _, tag in added)),
        kind=next((rule.kind for rule in kind), matter.kind),
        source=(decision.source or matter.source) if matter.begins and matter.is_new else matter.source,
        assign=next((rule for rule in reversed(held) if rule.assign and matter.begins), None),
        lines=tuple(_lines(held, changed)),
        loud=tuple(rule for rule in held if is_loud(rule)),
        reply=next((rule for rule in held if rule.reply), None),
        incident=next((rule for rule in held if rule.incident and matter.begins), None),
        ask=next((rule for rule in held if rule.ask), None) if matter.begins else None,
        fields=_fields(held) if matter.begins else {},
    )


def is_loud(rule: Rule) -> bool:
    """It writes, tells or calls somebody: done once a rule and ticket, or the matter would never be quiet."""
    return bool(rule.note or rule.notify or rule.escalate or rule.reply or rule.ask or rule.hook)


def _fields(held: Sequence[Rule]) -> dict[str, tuple[Rule, str]]:
    found: dict[str, tuple[Rule, str]] = {}
    for rule in held:
        for name, value in rule.fields.items():
            found.setdefault(name, (rule, value))
    return found


def _last(able: Sequence[Rule]) -> Sequence[Rule]:
    return able[-1:]


def _most_urgent(matter: Matter, held: Sequence[Rule]) -> Sequence[Rule]:
    """The first of the rules with the highest priority, if the ticket takes it."""
    able = sorted((rule for rule in held if rule.priority), key=lambda rule: rule.priority or 0)[:1]
    is_free = matter.begins and matter.is_new
    return [rule for rule in able if is_free or (rule.priority or 0) < matter.priority]


def _lines(held: Sequence[Rule], changed: Sequence[tuple[Rule, str]]) -> list[Line]:
    """A line a rule that has changed something, in the order they were asked."""
    said = [(rule, tuple(what for by, what in changed if by is rule)) for rule in held]
    return [Line(rule.name, did) for rule, did in said if did]


def deeds(effect: Effect) -> list[str]:
    """What rules would do beyond sorting the ticket, as lines that each reads in his language."""
    found: list[str] = [Phrase("assign {name}", name=effect.assign.assign)] if effect.assign else []
    if effect.incident:
        found.append(Phrase("join the incident {title}, if it is open", title=effect.incident.incident))
    found += [
        Phrase("set {name} to {value}, if it is empty", name=name, value=str(value))
        for name, (_, value) in effect.fields.items()
    ]
    for rule in effect.loud:
        found += loud_deeds(rule, effect)
    return found


def loud_deeds(rule: Rule, effect: Effect) -> list[str]:
    """What one rule writes and whom it tells, as such lines."""
    return [
        *([Phrase("note")] if rule.note else []),
        *(Phrase("notify {name}", name=name) for name in rule.notify),
        *([Phrase("alert")] if rule.escalate else []),
        *([Phrase("reply")] if rule is effect.reply else []),
        *([Phrase("ask the customer")] if rule is effect.ask else []),
        *([Phrase("webhook to {name}", name=rule.hook)] if rule.hook else []),
    ]
