"""The words of ready-made rules in the reader's language: each a sentence with blanks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct

from kernel import durations, texts
from routing import ready
from routing.rules import Rule
from tickets.policies import HOLDS, WARN, Policy

_SENTENCES = {
    "mail-to": "Mail to {address} goes to the queue {queue}.",
    "words-queue": "A message with one of the words {words} goes to the queue {queue}.",
    "words-priority": "A message with one of the words {words} gets the priority {priority}.",
    "words-tag": "A message with one of the words {words} gets the tag {tag}.",
    "words-tell": "Of a message with one of the words {words} the colleague {colleague} is told.",
    "domain-queue": "Mail from the domain {domain} goes to the queue {queue}.",
    "company-queue": "What people of the company {company} write goes to the queue {queue}, priority {priority}.",
    "group-queue": "What customers of the group {group} write goes to the queue {queue}, priority {priority}.",
    "language-queue": "Messages of customers who speak {speaks} go to the queue {queue}.",
    "channel-queue": "Messages that come by {channel} go to the queue {queue}.",
    "new-queue": "The first message of a new customer goes to the queue {queue}.",
    "vip": "Messages from {addresses} get the tag {tag} and the priority {priority}.",
    "tagged-priority": "Messages of customers who have the tag {tag} get the priority {priority}.",
    "closed-tag": "Outside the hours of the calendar {calendar} a message gets the tag {tag}.",
    "closed-reply": "Outside the hours of the calendar {calendar} a customer who opens a ticket is told: {answer}",
    "words-incident": "A new message with one of the words {words} joins the open incident {incident}.",
    "tag-assign": "New tickets of customers who have the tag {tag} go to the colleague {colleague}.",
    "segment-policy": "Customers of the segment {segment} are promised a first answer within {within}.",
    "company-policy": "People of the company {company} are promised a first answer within {within}.",
    "channel-policy": "Who writes by {channel} is promised a first answer within {within}.",
}
_BLANKS = {
    "address": "Address of ours",
    "addresses": "Addresses, parted by commas",
    "words": "Words, parted by commas",
    "domain": "Domain",
    "company": "Company",
    "group": "Group",
    "speaks": "Language",
    "channel": "Channel",
    "calendar": "Calendar",
    "queue": "Queue",
    "priority": "Priority",
    "tag": "Tag",
    "colleague": "Colleague",
    "answer": "Text",
    "incident": "Incident",
    "segment": "Segment",
    "within": "Working time",
}
_EXPECTED = {
    "address": "one address, for example billing@desk.example",
    "addresses": "addresses with commas between, for example anna@firma.example, +36201234567",
    "words": "words or their beginnings with commas between, for example invoice, factur",
    "domain": "a domain, for example firma.example",
    "company": "the name of a company as it stands under Companies",
    "group": "the name of a group of colleagues",
    "speaks": "one of the languages in the list",
    "channel": "one of the channels in the list",
    "calendar": "one of the calendars in the list",
    "queue": "one of the queues in the list",
    "priority": "1 (the highest) to 4",
    "tag": "a tag of at most 60 characters without commas, for example vip",
    "colleague": "one of the colleagues in the list",
    "answer": "a text of 1 to 500 characters",
    "incident": "words of an incident's title, for example 0412, or its number, for example I-3",
    "segment": "a segment as it stands with companies, for example fleet",
    "within": "working time, for example 1h or 2h30m",
    "name": "a name of 1 to 120 characters",
}
_MARK = "\x1f"


class Part(Struct, frozen=True):
    """A piece of a sentence: words, or a blank."""

    words: str
    blank: str = ""


def parts(language: str, key: str) -> list[Part]:
    """The sentence as a form shows it: words and blanks in the order of the language."""
    marks = {blank: f"{_MARK}{blank}{_MARK}" for blank in ready.READY[key].blanks}
    pieces = texts.say(language, _SENTENCES[key], **marks).split(_MARK)
    return [Part("", piece) if place % 2 else Part(piece) for place, piece in enumerate(pieces) if piece]


def filled(language: str, key: str, blanks: Mapping[str, str]) -> str:
    """The sentence with what stands in its blanks."""
    said = {blank: f"„{blanks.get(blank, '')}”" for blank in ready.READY[key].blanks}
    return texts.say(language, _SENTENCES[key], **said)


def plain(language: str, key: str) -> str:
    """The sentence with dots where its blanks are: a line of the list to choose from."""
    return texts.say(language, _SENTENCES[key], **dict.fromkeys(ready.READY[key].blanks, "…"))


def label(language: str, blank: str) -> str:
    return texts.say(language, _BLANKS[blank])


def expected(language: str, blank: str) -> str:
    """What a blank wants."""
    return texts.say(language, _EXPECTED[blank])


def shown(language: str, rule: Rule) -> str:
    """The sentence that a rule of the running hub is; "" for one that was written by hand."""
    key = ready.sentence_of(as_written(rule))
    return filled(language, key, rule.blanks) if key else ""


def promised(language: str, policy: Policy) -> str:
    """The sentence that a policy of the running hub is; "" for one that was written by hand."""
    key = ready.sentence_of(_as_settings(policy))
    return filled(language, key, policy.blanks) if key else ""


def _as_settings(policy: Policy) -> dict[str, Any]:
    """A policy as its settings would have it, as far as sentences go; anything beyond makes it another."""
    values: dict[str, Any] = {key: list(given) for key, given in policy.when.items()}
    values |= {kind.value: policy.blanks.get("within", "") for kind in policy.targets}
    is_plain = policy.calendar is None and policy.since is None and (policy.warn, policy.holds) == (WARN, HOLDS)
    if not is_plain or any(not _is_same(span, policy.blanks.get("within", "")) for span in policy.targets.values()):
        return {}
    return {"name": policy.name, "ready": policy.ready, "blanks": dict(policy.blanks), **values}


def _is_same(span: timedelta, written: str) -> bool:
    try:
        return durations.parse_duration(written) == span
    except ValueError:
        return False


def names_calendar(rule: Rule, name: str) -> bool:
    """True if a rule looks whether the calendar is open."""
    return "hours" in rule.condition.needs and (f'"{name}"' in rule.when or f"'{name}'" in rule.when)


def as_written(rule: Rule) -> dict[str, Any]:
    """A rule as its settings would have it."""
    values: dict[str, Any] = {
        "name": rule.name,
        "when": rule.when,
        "queue": rule.queue,
        "priority": rule.priority,
        "tags": list(rule.tags),
        "source": rule.source,
        "kind": rule.kind,
        "assign": rule.assign,
        "note": rule.note,
        "notify": list(rule.notify),
        "reply": rule.reply.get("", dict(rule.reply)),
        "escalate": rule.escalate,
        "incident": rule.incident,
        "set": dict(rule.fields),
        "ask": rule.ask,
        "hook": rule.hook,
        "ready": rule.ready,
        "blanks": dict(rule.blanks),
    }
    return {name: value for name, value in values.items() if value}
