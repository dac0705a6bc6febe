"""Forms of the settings and what they change in the file: a queue, a calendar, a rule, a policy as fields. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from kernel import errors, texts
from kernel.errors import Problem
from kernel.phrases import Phrase
from tickets.calendar import WEEKDAYS

_LABELS = {
    "name": "Name",
    "manager": "Manager, told of what is late",
    "members": "Members, parted by commas",
    "calendar": "Calendar",
    "first_response": "First answer within, for example 1h or 2h30m",
    "assign": "Who gets new tickets",
    "capacity": "Most tickets for each colleague, for example 10, or email = 10, telegram = 3; empty for no limit",
    "zone": "Time zone",
    "holidays": "Holidays of, for example PL or DE-BY",
    "special": "Special days, one a line, for example 2026-12-24 08:00-12:00; a day alone is closed",
    "when": "Condition, in CEL",
    "queue": "Queue",
    "priority": "Priority",
    "tags": "Tags, parted by commas",
    "stop": "Ask no later rule once this one holds",
    "kind": "Kind of matter, for example complaint",
    "assign_to": "Give to the colleague",
    "note": "Note, for colleagues only",
    "notify": "Tell colleagues, parted by commas; manager is the manager of the queue",
    "reply": "Reply to the customer by itself",
    "escalate": "Raise an alert",
    "set": "Set fields that are empty, for example station = 0412, product = card",
    "ask": "Ask the customer for the fields that are empty",
    "hook": "Webhook to tell, as the file calls it",
    "incident": "Join new tickets to the open incident, by its number or words of its title",
}
_OF_POLICY = {
    "company": "Companies, by code or name, parted by commas",
    "segment": "Segments, parted by commas",
    "sales_channel": "Sales channels, parted by commas",
    "channel": "Channels, parted by commas",
    "queue": "Queues, parted by commas",
    "kind": "Kinds of matter, parted by commas",
    "priority": "Priorities, parted by commas, for example 1, 2",
    "next_response": "Next answer within, for example 4h",
    "resolution": "Resolution within, for example 40h",
    "warn": "Warnings at percent of a target, for example 50, 80",
    "holds": "States in which the end does not come nearer, for example waiting_customer",
    "from": "Applies from the day, for example 2027-01-01",
}
_HOURS = "Hours of {day}, for example 08:00-12:00, 12:30-16:00"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LEAST = "least-loaded"
_LISTS = ("members", "tags", "notify", *WEEKDAYS)
_WHOM = ("company", "segment", "sales_channel", "channel", "queue", "kind")
_OF_ONES = {"policy": (*_WHOM, "priority", "warn", "holds")}  # kind → what is a list there and not elsewhere
_NUMBERS = {"policy": ("priority", "warn")}
LONG = frozenset({"when", "note", "reply", "special"})
_SWITCHES = ("stop", "escalate", "ask")
_SPECIAL = Phrase("a day and its hours in each line, for example 2026-12-24 08:00-12:00")
_TABLES = ("set", "capacity", "special")  # problems of what stands in them belong to the one field
_EXAMPLES = {
    "set": Phrase("fields and what they hold, parted by commas, for example station = 0412, product = card"),
    "capacity": Phrase(
        "a number, or channels and their numbers, parted by commas, for example email = 10, telegram = 3"
    ),
}
FIELDS: Mapping[str, tuple[str, ...]] = {
    "queue": ("manager", "members", "calendar", "first_response", "assign", "capacity"),
    "calendar": ("zone", "holidays", *WEEKDAYS, "special"),
    "rule": (
        "name",
        "when",
        "queue",
        "priority",
        "tags",
        "kind",
        "assign",
        "note",
        "notify",
        "reply",
        "escalate",
        "set",
        "ask",
        "hook",
        "incident",
        "stop",
    ),
    "policy": (
        "name",
        *_WHOM,
        "priority",
        "first_response",
        "next_response",
        "resolution",
        "calendar",
        "warn",
        "holds",
        "from",
    ),
}
PARTS = {"queue": "queues", "calendar": "calendars", "rule": "rules", "policy": "policies"}
LISTED = frozenset({"rule", "policy"})  # they stand in the file one after the other and go by their place


class Field(Struct, frozen=True):
    """One field of a form. `options`: of a choice, each with what it is called; `wrong`: what was expected."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...] = ()
    is_long: bool = False
    wrong: str = ""
    over: str = ""  # the environment variable that says otherwise


def labelled(language: str, kind: str, name: str, days: Mapping[str, str]) -> str:
    """What a field is called. `days`: of the week, in the reader's language."""
    if kind == "rule" and name == "assign":
        return texts.say(language, _LABELS["assign_to"])
    if kind == "policy" and name in _OF_POLICY:
        return texts.say(language, _OF_POLICY[name])
    if name in days:
        return texts.say(language, _HOURS, day=days[name])
    return texts.say(language, _LABELS[name])


def shown(kind: str, have: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the file as a form shows it."""
    values = {**have, **have.get("hours", {})} if kind == "calendar" else dict(have)
    if values.get("assign") == _LEAST:
        values["assign"] = ""  # as if nothing stood there
    return {name: written_as(name, values.get(name)) for name in FIELDS[kind]}


def changes(
    kind: str, key: str, have: Mapping[str, Any], sent: Mapping[str, str], *, is_new: bool
) -> dict[str, object]:
    """Dotted keys with values, of those fields only that are not as they were.

    `key`: the name of a queue or calendar, the place of a rule. Raises Invalid for a name that cannot be a key.
    """
    if kind not in LISTED and (not key or "." in key or key.isdigit() or len(key) > 60 or not key.isprintable()):
        expected = Phrase("a name of 1 to 60 characters without dots that is not a number, for example cards")
        raise errors.Invalid("nothing was changed", problems=(Problem("name", expected, key[:60]),))
    before = shown(kind, have)
    start = f"{PARTS[kind]}.{key}"
    found: dict[str, object] = {}
    for name in FIELDS[kind]:
        written = sent.get(name, "").replace("\r\n", "\n").strip()
        if written == before[name] and not (is_new and written):
            continue
        place = f"{start}.hours.{name}" if name in WEEKDAYS else f"{start}.{name}"
        found[place] = _value(kind, name, written)
    if is_new and kind == "queue" and not any(value is not None for value in found.values()):
        found[f"{start}.assign"] = _LEAST
    return {place: value for place, value in found.items() if not (is_new and value is None)}


def field_of(problem: Problem, kind: str) -> str:
    """The form's field that a problem of the settings is about; "" for none of them."""
    parts = problem.field.split(".")
    if "changes" in parts:  # of a calendar: they are changed in the file
        return ""
    within = next((one for one in _TABLES if one in parts and one in FIELDS[kind]), "")
    return within or next((one for one in reversed(parts) if one in (*FIELDS[kind], "name")), "")


def _value(kind: str, name: str, written: str) -> object:
    if name in _SWITCHES:
        return True if written else None
    if not written:
        return None
    if name == "set" or (name == "capacity" and "=" in written):
        return {key: _number(held) if name == "capacity" else held for key, held in _pairs(name, written).items()}
    if name == "special":
        return _days(written)
    if name in _LISTS or name in _OF_ONES.get(kind, ()):
        parts = [part.strip() for part in written.split(",") if part.strip()]
        return [_number(part) for part in parts] if name in _NUMBERS.get(kind, ()) else parts
    if name in ("priority", "capacity"):
        return _number(written)
    if name == "from" and _DAY.fullmatch(written):
        return _date(written)
    return written


def _number(written: str) -> int | str:
    """What is no number stays, for the settings to refuse."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 5 else written


def _date(written: str) -> date | str:
    """A day of the calendar as TOML writes it; what is none is left for the settings to refuse."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        return written


def _pairs(name: str, written: str) -> dict[str, str]:
    """Raises Invalid for a part without a name or a value."""
    found = {}
    for part in filter(None, (one.strip() for one in written.split(","))):
        key, sign, value = (one.strip() for one in part.partition("="))
        if not (key and sign and value):
            raise errors.Invalid("nothing was changed", problems=(Problem(name, _EXAMPLES[name], part[:60]),))
        found[key] = value
    return found


def _days(written: str) -> dict[str, list[str]]:
    """Raises Invalid for a line that does not begin with a day, and for a day that stands twice."""
    found: dict[str, list[str]] = {}
    for line in filter(None, (one.strip() for one in written.splitlines())):
        day, _, hours = line.partition(" ")
        if not _DAY.fullmatch(day) or day in found:
            raise errors.Invalid("nothing was changed", problems=(Problem("special", _SPECIAL, line[:60]),))
        found[day] = [part.strip() for part in hours.split(",") if part.strip()]
    return found


def written_as(name: str, value: Any) -> str:
    """As a form shows it; "" for what only the file can say."""
    if name == "special" and isinstance(value, Mapping):
        return "\n".join(f"{day} {', '.join(hours)}".strip() for day, hours in sorted(value.items()))
    if name in _TABLES and isinstance(value, Mapping):
        return ", ".join(f"{field} = {written_as('', held)}" for field, held in value.items())
    if value is None or value is False or isinstance(value, Mapping):  # a reply a language is changed in the file
        return ""
    if value is True:
        return "yes"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)
