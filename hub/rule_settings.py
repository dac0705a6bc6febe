"""Rules as the settings file has them: their shape, and what has to hold for them to be asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from crmcore.contacts import LANGUAGES
from kernel import errors
from kernel.errors import Problem
from kernel.phrases import Phrase, one_of
from kernel.settings import Section
from routing import rule_texts, rules
from routing.desk import Queue
from routing.rules import Rule
from tickets import kinds as case_kinds
from tickets import tags
from tickets.kinds import Kinds

SOURCE_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")  # how a word of a codebook is written


def _reply(value: Any) -> Any:
    """A text for everybody, or one a language."""
    if isinstance(value, str):
        return {"": value} if value else {}
    return value


Several = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
Reply = Annotated[dict[str, str], BeforeValidator(_reply)]


def _plain(value: Any) -> Any:
    """Values of fields as one would type them: numbers and yes or no may be written as such."""
    if not isinstance(value, Mapping):
        return value
    return {name: ("no", "yes")[one] if isinstance(one, bool) else str(one) for name, one in value.items()}


Values = Annotated[dict[str, str], BeforeValidator(_plain)]


class RuleSettings(Section):
    name: str
    when: str
    queue: str | None = None
    priority: int | None = Field(default=None, ge=1, le=4)
    tags: tuple[str, ...] = ()
    source: str | None = None
    stop: bool = False
    kind: str = ""
    assign: str = ""
    note: str = Field(default="", max_length=2_000)
    notify: Several = ()
    reply: Reply = Field(default_factory=dict)
    escalate: bool = False
    incident: str = Field(default="", max_length=200)
    set: Values = Field(default_factory=dict)
    ask: bool = False
    hook: str = ""
    ready: str = ""
    blanks: dict[str, str] = Field(default_factory=dict)


def compiled(
    written: Sequence[RuleSettings],
    queues: Mapping[str, Queue],
    kinds: Kinds,
    found: list[Problem],
    *,
    hooks: Collection[str] = (),
) -> tuple[Rule, ...]:
    """The rules ready to be asked; what is wrong with them is added to `found`. `hooks`: names under [hooks.out]."""
    made = []
    for number, one in enumerate(written):
        key = f"rules.{number} ({one.name})"
        condition, wrong = rules.compile_condition(one.when, field=f"{key}.when")
        found += [*wrong, *_problems(one, key, queues, kinds), *_unfit(one, key, kinds)]
        if one.hook and one.hook not in hooks:
            known = ", ".join(hooks) or Phrase("none is set")
            found.append(Problem(f"{key}.hook", Phrase("a name under [hooks.out]: {names}", names=known), one.hook))
        if condition is not None:
            made.append(
                Rule(
                    one.name, condition, one.queue, one.priority, one.tags, one.stop, one.source, one.when, one.kind,
                    one.assign, one.note, one.notify, one.reply, one.escalate, one.ready, one.blanks,
                    one.incident, one.set, one.ask, one.hook,
                )
            )  # fmt: skip
    return tuple(made)


def _problems(one: RuleSettings, key: str, queues: Mapping[str, Queue], kinds: Kinds) -> list[Problem]:
    found, known = [], [kind.name for kind in kinds.all()]
    if one.queue and one.queue not in queues:
        found.append(Problem(f"{key}.queue", one_of(queues), one.queue))
    if one.source and not SOURCE_CODE.fullmatch(one.source):
        found.append(Problem(f"{key}.source", "a word of the codebook source, for example fair", one.source))
    if one.kind and one.kind not in known:
        found.append(Problem(f"{key}.kind", one_of(known), one.kind))
    for tag in one.tags:
        if not tags.is_fit(tag):
            found.append(Problem(f"{key}.tags", tags.EXPECTED, tag[:40]))
    for language, text in one.reply.items():
        if language and language not in LANGUAGES:
            found.append(Problem(f"{key}.reply.{language}", one_of(LANGUAGES), language))
        elif not rule_texts.is_fit(text):
            found.append(Problem(f"{key}.reply", rule_texts.EXPECTED, text[:40]))
    return found


def _unfit(one: RuleSettings, key: str, kinds: Kinds) -> Iterator[Problem]:
    """Fields that no kind in question has, and values that none of them could hold."""
    known = [kinds.of(one.kind)] if one.kind else kinds.all()
    for name, value in one.set.items():
        fields = [field for kind in known for field in kind.fields if field.name == name]
        if not fields:
            names = sorted({field.name for kind in known for field in kind.fields})
            named = ", ".join(names) or Phrase("it has none")
            yield Problem(f"{key}.set.{name}", Phrase("a field of the kind: {names}", names=named), name)
            continue
        faults = [fault for field in fields if (fault := _fault(field, value))]
        if len(faults) == len(fields):
            yield Problem(f"{key}.set.{name}", faults[0].expected, value[:40])


def _fault(field: case_kinds.Field, value: str) -> Problem | None:
    """What is wrong; None for a value that the field can hold."""
    try:
        case_kinds.read(field, value)
    except errors.Invalid as error:
        return error.problems[0]
    return None
