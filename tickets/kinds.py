"""Kinds of tickets and the typed fields that each has: what may stand in them, read from what people write. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from msgspec import Struct, field

from kernel import errors, folding
from kernel.errors import Problem
from kernel.phrases import Phrase

NAME = re.compile(r"[a-z][a-z0-9_-]{0,19}")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
TEXT_LIMIT = 4_000
ONE_OF = "one of {names}"
_YES = frozenset({"yes", "y", "tak", "ano", "igen", "da", "да", "true", "1"})
_NO = frozenset({"no", "n", "nie", "nem", "net", "нет", "false", "0"})
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:[.,]\d{1,6})?")
_DAY = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")


class Type(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CODEBOOK = "codebook"
    STATION = "station"
    YES_NO = "yes/no"


class Field(Struct, frozen=True):
    """A field of a kind. `required`: without it the ticket is not closed; `options`: of a choice; `book`: a codebook's.

    `label`: as it is read, "" for what ships. `asks`: a customer can be asked for it, once the field `after` holds
    something; `questions`: language → how he is asked.
    """

    name: str
    type: Type = Type.TEXT
    required: bool = False
    options: tuple[str, ...] = ()
    book: str = ""
    label: str = ""
    asks: bool = True
    after: str = ""
    questions: Mapping[str, str] = field(default_factory=dict)


class Kind(Struct, frozen=True):
    """What a ticket is. `needs_reason`: it is closed with a word of the codebook of reasons."""

    name: str
    fields: tuple[Field, ...] = ()
    needs_reason: bool = False
    label: str = ""

    def field(self, written: str) -> Field:
        """The field that is meant. Raises Invalid, which names all."""
        wanted = folding.fold(written.strip()).replace(" ", "_")
        for one in self.fields:
            if wanted in (one.name, folding.fold(one.label).replace(" ", "_") or one.name):
                return one
        known = ", ".join(one.name for one in self.fields) or Phrase("a field; this kind of ticket has none")
        expected = Phrase("one of {names}", names=known)
        raise errors.Invalid("Nothing was done", problems=(Problem("field", expected, written[:40]),))

    def missing(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Required fields that hold nothing."""
        return tuple(one.name for one in self.fields if one.required and not values.get(one.name))


COMPLAINT = (
    Field("cause", Type.CODEBOOK, required=True, book="cause"),
    Field("product", Type.CODEBOOK, book="product"),
    Field("station", Type.STATION),
    Field("result", Type.TEXT, required=True, asks=False),
    Field("accepted", Type.YES_NO, required=True, after="result"),
    Field("root_cause", Type.TEXT, asks=False),
    Field("measure", Type.TEXT, asks=False),
)
SHIPPED: Mapping[str, Kind] = {
    "question": Kind("question"),
    "order": Kind("order"),
    "complaint": Kind("complaint", COMPLAINT),
    "outage": Kind("outage", (Field("station", Type.STATION),)),
    "internal": Kind("internal"),
}


class Kinds(Struct, frozen=True):
    """All kinds of a house: those that ship, as it has changed them, and its own."""

    own: Mapping[str, Kind] = field(default_factory=dict)

    def all(self) -> list[Kind]:
        return list({**SHIPPED, **self.own}.values())

    def of(self, name: str) -> Kind:
        """A kind that is gone from the settings has no fields any more; its values are kept."""
        return self.own.get(name) or SHIPPED.get(name) or Kind(name)

    def chosen(self, written: str) -> Kind:
        """The kind that is meant. Raises Invalid, which names all."""
        wanted = folding.fold(written.strip())
        for one in self.all():
            if wanted in (one.name, folding.fold(one.label) or one.name):
                return one
        known = ", ".join(one.name for one in self.all())
        expected = Phrase("one of {names}", names=known)
        raise errors.Invalid("Nothing was done", problems=(Problem("kind", expected, written[:40]),))


def read(one: Field, written: str) -> str:
    """What is kept of what was written; "" empties the field. Raises Invalid with what was expected.

    Words of codebooks and codes of stations are looked up where there is a store: here they are only trimmed.
    """
    text = written.strip()
    if not text:
        return ""
    found = _READ[one.type](one, text)
    if found is None:
        raise errors.Invalid("Nothing was done", problems=(Problem(one.name, expected(one), text[:40]),))
    return found


def expected(one: Field) -> Phrase:
    """What may stand in the field, in words."""
    if one.type is Type.CHOICE:
        return Phrase("one of {names}", names=", ".join(one.options))
    if one.type is Type.CODEBOOK:
        return Phrase("a word of the codebook {book}", book=one.book)
    return _EXPECTED[one.type]


def needed(kind: str, names: Iterable[str], ticket: str) -> errors.Invalid:
    """Why the ticket cannot be closed, and the next step."""
    missing = list(names)
    return errors.Invalid(
        "{ticket} is a {kind} and cannot be closed without {names}. Nothing was done."
        " Write it: /set {ticket} {field} …",
        code="missing",
        ticket=ticket,
        kind=kind,
        names=", ".join(missing),
        field=missing[0],
    )


def _text(one: Field, text: str) -> str | None:
    return text if len(text) <= TEXT_LIMIT else None


def _number(one: Field, text: str) -> str | None:
    bare = text.replace("\u00a0", "").replace(" ", "")
    if not _NUMBER.fullmatch(bare):
        return None
    try:
        value = Decimal(bare.replace(",", "."))
    except InvalidOperation:  # digits of other scripts match and are no decimals
        return None
    return format(value.normalize() + 0, "f")


def _date(one: Field, text: str) -> str | None:
    day = _DAY.fullmatch(text)
    try:
        return (date(int(day[3]), int(day[2]), int(day[1])) if day else date.fromisoformat(text)).isoformat()
    except ValueError:
        return None


def _choice(one: Field, text: str) -> str | None:
    return next((option for option in one.options if folding.fold(option) == folding.fold(text)), None)


def _yes_no(one: Field, text: str) -> str | None:
    folded = folding.fold(text)
    return "yes" if folded in _YES else "no" if folded in _NO else None


def _code(one: Field, text: str) -> str | None:
    return text if len(text) <= 60 else None


_READ = {
    Type.TEXT: _text,
    Type.NUMBER: _number,
    Type.DATE: _date,
    Type.CHOICE: _choice,
    Type.CODEBOOK: _code,
    Type.STATION: _code,
    Type.YES_NO: _yes_no,
}
_EXPECTED = {
    Type.TEXT: Phrase("at most {limit} characters", limit=f"{TEXT_LIMIT:,}"),
    Type.NUMBER: Phrase("a number, for example 12.50"),
    Type.DATE: Phrase("a date, for example 2026-03-10 or 10.3.2026"),
    Type.STATION: Phrase("the code of a station, for example 0412"),
    Type.YES_NO: Phrase("yes or no"),
}
