"""Ready-made rules: sentences with blanks, and the rule or policy each becomes. Their words are the console's. Pure.

What is made so keeps its sentence (`ready`) and what its blanks were filled with (`blanks`). While its condition and
what follows from it are still what the sentence makes of the blanks, it can be shown and changed as the sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from crmcore.contacts import LANGUAGES
from kernel import durations, folding
from kernel.errors import Problem
from kernel.phrases import one_of
from routing import facts, rule_texts
from tickets import tags

LISTS = frozenset({"words", "addresses"})  # blanks that hold several, parted by commas
PRIORITIES = ("1", "2", "3", "4")
_LIMIT = 500
_EXPECTED = {
    "address": "one address, for example billing@desk.example",
    "addresses": "addresses with commas between, for example anna@firma.example, +36201234567",
    "words": "words or their beginnings with commas between, for example invoice, factur",
    "domain": "a domain, for example firma.example",
    "company": "the name of a company as it stands in Companies",
    "group": "the name of a group of colleagues",
    "speaks": one_of(LANGUAGES),
    "channel": "a channel, for example email",
    "calendar": "one of the calendars",
    "queue": "one of the queues",
    "priority": "1 (the highest) to 4",
    "tag": tags.EXPECTED,
    "colleague": "a colleague by name, or manager",
    "segment": "a segment as it stands with companies, for example fleet",
    "within": "working time, for example 1h or 2h30m",
    "answer": rule_texts.EXPECTED,
    "incident": "words of an incident's title, for example 0412, or its number, for example I-3",
}


class Ready(Struct, frozen=True):
    """A sentence. `when`: its condition with {blanks}, filled with CEL literals. `then`: setting → its blank.

    `part`: of the settings, "rules" or "policies"; a policy has no condition.
    """

    when: str
    then: Mapping[str, str]
    part: str = "rules"

    @property
    def blanks(self) -> tuple[str, ...]:
        """The blanks, those of the condition first."""
        asked = [name for name in _EXPECTED if f"{{{name}}}" in self.when]
        return (*asked, *self.then.values())


_WORDS = "{words}.exists(word, message.words.contains(word))"
_QUEUE, _PRIORITY, _TAG = {"queue": "queue"}, {"priority": "priority"}, {"tags": "tag"}
READY: Mapping[str, Ready] = {
    "mail-to": Ready("{address} in message.to", _QUEUE),
    "words-queue": Ready(_WORDS, _QUEUE),
    "words-priority": Ready(_WORDS, _PRIORITY),
    "words-tag": Ready(_WORDS, _TAG),
    "words-tell": Ready(_WORDS, {"notify": "colleague"}),
    "domain-queue": Ready("message.domain == {domain}", _QUEUE),
    "company-queue": Ready("{company} in company.names", {**_QUEUE, **_PRIORITY}),
    "group-queue": Ready("{group} in company.groups", {**_QUEUE, **_PRIORITY}),
    "language-queue": Ready("contact.language == {speaks}", _QUEUE),
    "channel-queue": Ready("message.channel == {channel}", _QUEUE),
    "new-queue": Ready("contact.new", _QUEUE),
    "vip": Ready("{addresses}.exists(one, fold(message.from).endsWith(one))", {**_TAG, **_PRIORITY}),
    "tagged-priority": Ready("{tag} in contact.tags", _PRIORITY),
    "closed-tag": Ready("!({calendar} in hours.open)", _TAG),
    "closed-reply": Ready("ticket.new && !({calendar} in hours.open)", {"reply": "answer"}),
    "words-incident": Ready(_WORDS, {"incident": "incident"}),
    "tag-assign": Ready("{tag} in contact.tags", {"assign": "colleague"}),
    "segment-policy": Ready("", {"segment": "segment", "first_response": "within"}, "policies"),
    "company-policy": Ready("", {"company": "company", "first_response": "within"}, "policies"),
    "channel-policy": Ready("", {"channel": "channel", "first_response": "within"}, "policies"),
}


def made(key: str, blanks: Mapping[str, str]) -> dict[str, Any]:
    """The rule's settings, but for its name and whether it stops: as the settings file has them."""
    one = READY[key]
    when = one.when.format(**{name: _literal(name, blanks.get(name, "")) for name in one.blanks})
    condition = {"when": when} if when else {}
    return {**condition, **{field: _value(field, blanks.get(blank, "").strip()) for field, blank in one.then.items()}}


def problems(key: str, blanks: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> list[Problem]:
    """What is wrong with the blanks. `known`: blank → what may stand in it, for those that are chosen from a list."""
    found = []
    for name in READY[key].blanks:
        value = blanks.get(name, "").strip()
        is_known = name not in known or value in known[name]
        if not value or len(value) > _LIMIT or not is_known or not _fits(name, value):
            found.append(Problem(name, _EXPECTED[name], value[:60]))
    return found


def sentence_of(rule: Mapping[str, Any]) -> str:
    """The key of the sentence that the rule, as the file has it, still is; "" for one that was written by hand."""
    key, blanks = rule.get("ready", ""), rule.get("blanks", {})
    if key not in READY or not isinstance(blanks, Mapping):
        return ""
    wanted = made(key, {name: str(value) for name, value in blanks.items()})
    own = {name: value for name, value in rule.items() if name not in ("name", "stop", "ready", "blanks")}
    return key if own == wanted else ""


def _fits(name: str, value: str) -> bool:
    if name == "address":
        return "@" in value.strip("@") and len(value.split()) == 1
    if name == "domain":
        return "." in value.strip(".") and "@" not in value and len(value.split()) == 1
    if name in LISTS:
        return any(_parts(name, value))
    if name == "priority":
        return value in PRIORITIES
    if name == "speaks":
        return value in LANGUAGES
    if name == "incident":
        return len(value) <= 200 and bool(facts.words_of(folding.fold(value)).strip())
    if name == "tag":
        return tags.is_fit(value)
    if name == "within":
        return _is_duration(value)
    return rule_texts.is_fit(value) if name == "answer" else True


def _is_duration(value: str) -> bool:
    try:
        return bool(durations.parse_duration(value))
    except ValueError:
        return False


def _literal(name: str, value: str) -> str:
    """A blank as CEL writes it: JSON's strings are CEL's."""
    if name in LISTS:
        return json.dumps(_parts(name, value), ensure_ascii=False)
    written = value.strip().lower() if name in ("address", "domain") else value.strip()
    return json.dumps(written, ensure_ascii=False)


def _parts(name: str, value: str) -> list[str]:
    """Words as they begin, folded; addresses as a sender ends with them, after its scheme."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if name == "words":
        return [f" {folded}" for part in parts if (folded := facts.words_of(folding.fold(part)).strip())]
    return [f":{folding.fold(part)}" for part in parts]


def _value(field: str, value: str) -> Any:
    if field == "priority":
        return int(value) if value in PRIORITIES else value
    return [value] if field in ("tags", "notify", "segment", "company", "channel") else value
