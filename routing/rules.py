"""Rules: conditions in CEL over documented facts, and what they decide. Pure but for the log of one that breaks.

CEL is Google's Common Expression Language (https://cel.dev): https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct, field

from kernel import expressions, folding, log
from kernel.errors import Problem
from kernel.phrases import Foreign, Phrase

_log = log.get(__name__)

# What a condition may look at, with the value it is tried with when the settings are read.
FACTS: Mapping[str, Mapping[str, tuple[Any, str]]] = {
    "message": {
        "channel": ("telegram", "the channel it came by"),
        "text": ("My card is blocked", "what the customer newly wrote"),
        "subject": ("", 'the subject, "" where the channel has none'),
        "from": ("telegram:4711", "the sender's address with its scheme"),
        "to": (["billing@desk.example"], "the addresses it was sent to, in lower case"),
        "domain": ("desk.example", 'what stands after the @ of the sender, in lower case, "" where there is none'),
        "words": (" my card is blocked ", "subject and text, folded: a space before, between and after all words"),
        "automatic": (False, "true if a machine wrote it: a notice of absence, a newsletter"),
        "files": (0, "how many files came with it"),
        "proven": (True, "true if the channel, or the mail's own proof, vouches for the sender"),
    },
    "contact": {
        "name": ("Eszter Nagy", "the name the contact is known by"),
        "language": ("hu", 'en, pl, sk, hu, ru or "" while unknown'),
        "new": (True, "true if this is the first that we ever hear of him"),
        "tags": (["vip"], "the tags of his tickets, of the newest 20"),
    },
    "company": {
        "name": ("Gehei Kft.", 'the company that the contact is at, the first of several, "" for none'),
        "names": (["Gehei Kft."], "all companies that he is at"),
        "groups": (["south"], "the groups of colleagues that have these companies"),
        "segments": (["fleet"], "the segments of these companies"),
        "relations": (["customer"], "what these companies are to us, words of the codebook"),
    },
    "hours": {
        "open": (["office"], "the names of the calendars that are open now"),
    },
    "ticket": {
        "new": (True, "true if this message opens the ticket, or opens it again"),
        "queue": ("inbox", "the queue it is in"),
        "priority": (3, "1 (highest) to 4"),
        "kind": ("question", "question, or what a rule has made of it"),
        "state": ("open", "its state as the message finds it: open, waiting, waiting_us, solved or closed"),
        "free": (True, "true if nobody has it"),
        "tags": (["card"], "the tags it has already"),
        "fields": (["station=0412"], "what its fields hold, each as name=value"),
    },
    "queue": {
        "name": ("inbox", "the queue it is in"),
        "open": (True, "true while the calendar of that queue is open"),
        "members": (["Anna"], "who works it by the settings, by name"),
    },
}
NOW = "now"
MANAGER = "manager"  # who is told by this word: the manager of the ticket's queue
_FIELD = re.compile(r"\b(message|contact|company|hours|ticket|queue)\.([A-Za-z_]\w*)(\s*\()?")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'')
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")


class Condition(Struct, frozen=True, eq=False):
    """A compiled condition, and what it looks at: fact → its fields, None for all of them."""

    program: Any
    needs: Mapping[str, frozenset[str] | None]


class Rule(Struct, frozen=True):
    """A compiled rule. `stop`: no later rule is asked once this one holds.

    `assign`: a colleague by name. `notify`: colleagues by name, or MANAGER. `reply`: language → text, "" for all.
    `incident`: the open one that a new ticket joins, by its number or words of its title. `fields`: of the ticket's
    kind → what they hold; `ask`: the customer is asked for those that are empty; `hook`: whom a post tells.
    `ready`: the ready-made sentence it was made of, with what its `blanks` were filled with.
    """

    name: str
    condition: Condition
    queue: str | None
    priority: int | None
    tags: tuple[str, ...]
    stop: bool
    source: str | None = None
    when: str = ""  # the condition as it was written
    kind: str = ""
    assign: str = ""
    note: str = ""
    notify: tuple[str, ...] = ()
    reply: Mapping[str, str] = field(default_factory=dict)
    escalate: bool = False
    ready: str = ""
    blanks: Mapping[str, str] = field(default_factory=dict)
    incident: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    ask: bool = False
    hook: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """What the rules that held say together: the last queue, the most urgent priority, all tags, the first source."""

    queue: str | None
    priority: int | None
    tags: tuple[str, ...]
    rules: tuple[str, ...]
    source: str | None = None
    held: tuple[Rule, ...] = dataclasses.field(default=(), compare=False)


NOTHING = Decision(None, None, (), ())


def compile_condition(text: str, *, field: str) -> tuple[Condition | None, list[Problem]]:
    """A condition ready to be asked, or every problem with its place in the text.

    It is parsed, its names are checked against FACTS, and it is tried once: a condition that cannot work is found
    when the hub starts and not when a customer writes.
    """
    try:
        program = expressions.compile(text)
    except ValueError as error:
        return None, [Problem(field, Phrase("a CEL condition; {fault}", fault=_fault(str(error))), text)]
    problems = [*_unknown(program, text, field)]
    if not problems:
        problems = _tried(program, text, field)
    return (None if problems else Condition(program, _needs(program, text))), problems


def decide(rules: Sequence[Rule], facts: Mapping[str, Any]) -> Decision:
    """Ask the rules in order. A rule that breaks on this message is passed over and logged: the message goes on."""
    held: list[Rule] = []
    context = _context(_narrowed(facts, tuple(rule.condition for rule in rules)))
    for rule in rules:
        if _holds(rule, context):
            held.append(rule)
            if rule.stop:
                break
    if not held:
        return NOTHING
    queues = [rule.queue for rule in held if rule.queue]
    priorities = [rule.priority for rule in held if rule.priority]
    return Decision(
        queue=queues[-1] if queues else None,
        priority=min(priorities) if priorities else None,
        tags=tuple(dict.fromkeys(tag for rule in held for tag in rule.tags)),
        rules=tuple(rule.name for rule in held),
        source=next((rule.source for rule in held if rule.source), None),
        held=tuple(held),
    )


def needed(rules: Sequence[Rule], root: str, *fields: str) -> bool:
    """True if a condition looks at one of these fields of a fact: only then is it worth asking the store for."""
    wanted = _all_needs(tuple(rule.condition for rule in rules)).get(root, frozenset())
    return wanted is None or not wanted.isdisjoint(fields)


def _holds(rule: Rule, context: Any) -> bool:
    try:
        return rule.condition.program.execute(context) is True
    except Exception as error:  # whatever arithmetic or an index raises: the message goes on
        _log.warning("rule.broken", rule=rule.name, error=type(error).__name__)
        return False


def _narrowed(facts: Mapping[str, Any], conditions: tuple[Condition, ...]) -> dict[str, Any]:
    """What the conditions look at, and no more: handing a value over to CEL costs 2 us, asking a condition 0.4."""
    return {
        root: facts[root] if fields is None else {name: facts[root][name] for name in fields & facts[root].keys()}
        for root, fields in _all_needs(conditions).items()
        if root in facts
    }


@lru_cache(maxsize=16)
def _all_needs(conditions: tuple[Condition, ...]) -> Mapping[str, frozenset[str] | None]:
    needed: dict[str, frozenset[str] | None] = {}
    for root, fields in (need for condition in conditions for need in condition.needs.items()):
        known = needed.get(root, frozenset())
        needed[root] = None if fields is None or known is None else known | fields
    return needed


def _needs(program: Any, text: str) -> dict[str, frozenset[str] | None]:
    """The facts a condition names; field by field where each mention of the fact names one."""
    bare = "" if "'''" in text or '"""' in text else _STRING.sub('""', text)
    needed: dict[str, frozenset[str] | None] = {}
    for root in set(program.variables()) & {*FACTS, NOW}:
        named = [name for found, name, call in _FIELD.findall(bare) if found == root and not call]
        mentions = len(re.findall(rf"\b{root}\b", bare))
        needed[root] = frozenset(named) if named and len(named) == mentions else None
    return needed


def _context(facts: Mapping[str, Any]) -> Any:
    context = expressions.context(facts)
    context.add_function("fold", cache(folding.fold))  # many rules fold the one text, at 50 us each time
    return context


def _unknown(program: Any, text: str, field: str) -> list[Problem]:
    bare = _STRING.sub('""', text)
    roots = sorted(set(program.variables()) - set(FACTS) - {NOW} - _bound(bare))
    names = Phrase("a name among {names}", names=", ".join([*FACTS, NOW]))
    problems = [Problem(field, names, root) for root in roots]
    for found in _FIELD.finditer(bare):
        root, name, call = found.groups()
        if not call and name not in FACTS[root]:
            known = ", ".join(f"{root}.{one}" for one in FACTS[root])
            expected = Phrase("one of {names} at column {column}", names=known, column=found.start() + 1)
            problems.append(Problem(field, expected, f"{root}.{name}"))
    return problems


def _bound(text: str) -> set[str]:
    """Names that a macro binds itself: [..].exists(word, …)."""
    return set(re.findall(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,", text))


def _tried(program: Any, text: str, field: str) -> list[Problem]:
    facts: dict[str, Any] = {root: {name: value for name, (value, _) in known.items()} for root, known in FACTS.items()}
    facts[NOW] = datetime.now(UTC)
    try:
        answer = program.execute(_context(facts))
    except Exception as error:  # whatever it raises, it would raise again for a customer's message
        why = (str(error) or type(error).__name__).splitlines()[0]
        return [Problem(field, Phrase("a CEL condition that can be asked; {fault}", fault=Foreign(why)), text)]
    if isinstance(answer, bool):
        return []
    return [Problem(field, 'a condition that is true or false, for example message.text.contains("card")', text)]


def _fault(message: str) -> Phrase | Foreign:
    """The engine's complaint with its place, its long list of what could stand there left out."""
    found = _PLACE.search(message)
    if not found:
        return Foreign(message.splitlines()[0])
    line, column, what = found.groups()
    fault = Foreign(what.split(" expecting ")[0])
    return Phrase("line {line}, column {column}: {fault}", line=line, column=column, fault=fault)
