"""What a ticket is, as a form: state, queue, tags and kind, and the fields of that kind, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from console import timeleft
from crmcore import codes
from kernel import texts
from kernel.errors import Problem
from kernel.unit import Reader
from routing.desk import Desk
from tickets.kinds import Field, Kind, Type
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
    """One field as the page shows it. `wrong`: what was expected; `is_long`: takes several lines."""

    name: str
    label: str
    value: str
    choices: Choices = ()
    kind: str = "text"
    is_long: bool = False
    is_needed: bool = False
    wrong: str = ""


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
    """field of the form → what was expected there."""
    own = {field.name: field for field in kind.fields}
    return {f"{FIELD}{one.field}": expected(language, own[one.field]) for one in problems if one.field in own}


def usual(language: str, desk: Desk, ticket: TicketView, given: Mapping[str, str]) -> list[Shown]:
    """State, priority, queue, tags and kind."""
    words = [one for one in desk.states.words() if one.category is not Category.CLOSED]
    choices: dict[str, Choices] = {
        "state": tuple((one.name, one.label or timeleft.state(language, one.name)) for one in words),
        "priority": tuple((str(one), f"P{one}") for one in range(1, 5)),
        "queue": tuple((one, one) for one in dict.fromkeys([ticket.queue, *desk.queues])),
        "kind": tuple((one.name, kind_label(language, one)) for one in desk.kinds.all()),
    }
    known = {name for name, _ in choices["kind"]}
    if ticket.kind not in known:
        choices["kind"] += ((ticket.kind, ticket.kind),)
    held = {
        "state": ticket.own_state or ticket.state,
        "priority": str(ticket.priority),
        "queue": ticket.queue,
        "tags": ", ".join(ticket.tags),
        "kind": ticket.kind,
    }
    return [
        Shown(name, texts.say(language, _LABELS[name]), given.get(name, held[name]), choices.get(name, ()))
        for name in _LABELS
    ]


async def own(
    reader: Reader, language: str, kind: Kind, held: Mapping[str, str], bad: Mapping[str, str]
) -> list[Shown]:
    """The fields of the ticket's kind. `held`: what is in them, or was sent; `bad`: what was wrong, by form field."""
    return [
        Shown(
            f"{FIELD}{field.name}",
            field_label(language, field),
            held.get(field.name, ""),
            await _choices(reader, language, field),
            "date" if field.type is Type.DATE else "text",
            field.type is Type.TEXT,
            field.required,
            bad.get(f"{FIELD}{field.name}", ""),
        )
        for field in kind.fields
    ]


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
