"""What a ticket is, as a form: state, queue, tags and kind, and the fields of that kind, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from console import spoken, timeleft
from crmcore import codes
from kernel import errors, texts
from kernel.errors import Problem
from kernel.unit import Reader
from routing.desk import Desk
from tickets.kinds import Field, Kind, Type
from tickets.models import State
from tickets.states import Category
from tickets.visible import TicketView

FIELD = "field-"  # before the names of a kind's own fields
Choices = tuple[tuple[str, str], ...]
_KINDS = {
    "question": "Question",
    "order": "Order",
    "complaint": "Complaint",
    "outage": "Outage",
    "internal": "Internal",
}
_FIELDS = {
    "cause": "Cause",
    "product": "Product",
    "station": "Station",
    "result": "Result",
    "accepted": "The customer accepts the result",
    "root_cause": "Root cause",
    "measure": "What we change so that it does not happen again",
}
_LABELS = {
    "state": "State",
    "priority": "Priority",
    "queue": "Queue",
    "tags": "Tags, parted by commas",
    "kind": "Kind",
}
_EXPECTED = {
    Type.TEXT: "at most 4,000 characters",
    Type.NUMBER: "a number, for example 12.50",
    Type.DATE: "a date, for example 2026-03-10",
    Type.CHOICE: "one of the list",
    Type.CODEBOOK: "one of the list",
    Type.STATION: "the code of a station, for example 0412",
    Type.YES_NO: "yes or no",
}


class Shown(Struct, frozen=True):
    """One field as the page shows it. `is_long`: takes several lines.

    `was`: what the ticket holds as the page is made; `now`: the same, where another has changed what the reader did.
    """

    name: str
    label: str
    value: str
    choices: Choices = ()
    kind: str = "text"
    is_long: bool = False
    is_needed: bool = False
    was: str = ""
    now: str = ""


def kind_label(language: str, kind: Kind) -> str:
    """The house's own word, else ours."""
    if kind.label or kind.name not in _KINDS:
        return kind.label or kind.name
    return texts.say(language, _KINDS[kind.name])


def field_label(language: str, field: Field) -> str:
    if field.label or field.name not in _FIELDS:
        return field.label or field.name
    return texts.say(language, _FIELDS[field.name])


def expected(language: str, field: Field) -> str:
    """What may stand in a field that was wrong."""
    return texts.say(language, "Expected: {what}. Nothing was saved.", what=texts.say(language, _EXPECTED[field.type]))


def wrong(language: str, kind: Kind, problems: Sequence[Problem]) -> dict[str, str]:
    """field of the form → what was expected there; under "" what belongs to none of its fields."""
    own, found = {field.name: field for field in kind.fields}, dict[str, str]()
    for one in problems:
        if one.field in own:
            found[f"{FIELD}{one.field}"] = expected(language, own[one.field])
            continue
        meant = spoken.phrase(language, one.expected)
        what = spoken.say(language, "Expected: {what}. Nothing was saved.", what=meant)
        if one.field in _LABELS:
            found[one.field] = what
        else:
            found[""] = Markup(" ").join(filter(None, (found.get(""), Markup("{}: {}").format(one.field, what))))
    return found


def held(ticket: TicketView, own: Mapping[str, str]) -> dict[str, str]:
    """field of the form → what the ticket holds there. `own`: the fields of its kind."""
    return {
        "state": ticket.own_state or ticket.state,
        "priority": str(ticket.priority),
        "queue": ticket.queue,
        "tags": ", ".join(ticket.tags),
        "kind": ticket.kind,
        **{f"{FIELD}{name}": value for name, value in own.items()},
    }


def changed(given: Mapping[str, str], holds: Mapping[str, str], kind: Kind) -> dict[str, str]:
    """Only what the sender has changed, and nobody else since he opened the page. Pure.

    Raises Invalid for a form that does not tell what it showed, Conflict with a problem for every field that another
    has changed to something else; a field that the ticket's `kind` has no more counts as the kind changed.
    """
    sent = {name: value for name, value in given.items() if name in _LABELS or name.startswith(FIELD)}
    if any(f"was-{name}" not in given for name in sent):
        raise errors.Invalid(code="incomplete")
    mine = {name: value for name, value in sent.items() if _differ(value, given[f"was-{name}"])}
    known = {f"{FIELD}{field.name}" for field in kind.fields}
    lost = [
        name
        for name, value in mine.items()
        if _differ(holds.get(name, ""), given[f"was-{name}"]) and _differ(holds.get(name, ""), value)
    ]
    if any(name.startswith(FIELD) and name not in known for name in mine):
        lost.append("kind")
    if lost:
        raise errors.Conflict(code="stale", problems=tuple(Problem(name, holds.get(name, "")) for name in lost))
    return mine


def overtaken(language: str, fields: Sequence[Shown], problems: Sequence[Problem]) -> str:
    """Which fields others have changed meanwhile, and what they hold now."""
    lost = {one.field for one in problems}
    named = "; ".join(f"{one.label}: {_label(one.choices, one.was) or '–'}" for one in fields if one.name in lost)
    return texts.say(
        language,
        "Others have changed this meanwhile: {fields}. Nothing was saved and nothing was overwritten."
        " Look, and save again.",
        fields=named,
    )


def usual(language: str, desk: Desk, holds: Mapping[str, str], sent: Mapping[str, str]) -> list[Shown]:
    """State, priority, queue, tags and kind. `sent`: a form that was refused."""
    words = [one for one in desk.states.words() if one.category is not Category.CLOSED]
    choices: dict[str, Choices] = {
        "state": tuple((one.name, one.label or timeleft.state(language, one.name)) for one in words),
        "priority": tuple((str(one), f"P{one}") for one in range(1, 5)),
        "queue": tuple((one, one) for one in desk.queues),
        "kind": tuple((one.name, kind_label(language, one)) for one in desk.kinds.all()),
    }
    if holds["state"] == State.CLOSED:
        choices["state"] += ((holds["state"], timeleft.state(language, holds["state"])),)
    return [_shown(name, texts.say(language, _LABELS[name]), holds, sent, choices.get(name, ())) for name in _LABELS]


async def own(
    reader: Reader,
    language: str,
    kind: Kind,
    holds: Mapping[str, str],
    sent: Mapping[str, str],
) -> list[Shown]:
    """The fields of the ticket's kind. `sent`: a form that was refused."""
    return [
        replace(
            _shown(
                f"{FIELD}{field.name}",
                field_label(language, field),
                holds,
                sent,
                await _choices(reader, language, field),
            ),
            kind="date" if field.type is Type.DATE else "text",
            is_long=field.type is Type.TEXT,
            is_needed=field.required,
        )
        for field in kind.fields
    ]


def _shown(name: str, label: str, holds: Mapping[str, str], sent: Mapping[str, str], choices: Choices) -> Shown:
    """What was sent stays where the sender had changed it; what stands or was sent is a choice whatever else is."""
    now = holds.get(name, "")
    was = sent.get(f"was-{name}", now)
    meant = sent.get(name, was)
    is_mine = _differ(meant, was)
    value = meant if is_mine else now
    if choices:
        known = {one for one, _ in choices}
        choices += tuple((one, one) for one in dict.fromkeys((now, value)) if one not in known)
    is_lost = is_mine and _differ(was, now) and _differ(meant, now)
    return Shown(name, label, value, choices, was=now, now=(_label(choices, now) or "–") if is_lost else "")


def _label(choices: Choices, value: str) -> str:
    return next((label for one, label in choices if one == value and value), value)


def _differ(one: str, other: str) -> bool:
    """Browsers write lines their own way and drop an empty first one."""
    return one.replace("\r\n", "\n").strip() != other.replace("\r\n", "\n").strip()


async def reasons(reader: Reader, language: str) -> Choices:
    """Why a ticket is closed."""
    return await _book(reader, language, "reason")


async def _choices(reader: Reader, language: str, field: Field) -> Choices:
    if field.type is Type.YES_NO:
        return (("", "–"), ("yes", texts.say(language, "yes")), ("no", texts.say(language, "no")))
    if field.type is Type.CHOICE:
        return (("", "–"), *((one, one) for one in field.options))
    return await _book(reader, language, field.book) if field.type is Type.CODEBOOK else ()


async def _book(reader: Reader, language: str, name: str) -> Choices:
    words = await codes.book(reader, name)
    today = reader.now.date()
    return (("", "–"), *((one.code, one.label(language)) for one in words.values() if one.is_valid(today)))
