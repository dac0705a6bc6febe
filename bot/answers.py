"""What a customer's message says to the question he was asked: a value, skip, stop, or that he wants a person. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from bot import asked
from bot.asked import Ask
from kernel import errors, folding
from tickets import kinds
from tickets.kinds import Field, Type

LISTED = 20  # options that are written out with their numbers
_SKIP = "skip pomiń pomijam preskočiť preskoč vynechať kihagyás kihagy kihagyom пропустить пропусти"
_STOP = (
    "stop",
    "stop asking",
    "no more questions",
    "dość pytań",
    "koniec pytań",
    "dosť otázok",
    "koniec otázok",
    "elég a kérdésekből",
    "nincs több kérdés",
    "хватит вопросов",
    "стоп",
)
_SKIPS = frozenset(folding.fold(word) for word in _SKIP.split())
_STOPS = frozenset(folding.fold(words) for words in _STOP)


class Meant(StrEnum):
    VALUE = "value"
    SKIP = "skip"
    STOP = "stop"
    PERSON = "person"
    WRONG = "wrong"


class Said(Struct, frozen=True):
    """`value`: as `tickets.values.put` takes it; of a station only that it can be a code."""

    meant: Meant
    value: str = ""


class Option(Struct, frozen=True):
    """One of several values. `label`: as the customer reads it; `words`: all that mean it, folded."""

    value: str
    label: str
    words: frozenset[str]


def read(one: Field, text: str, options: Sequence[Option], *, is_letter: bool = False) -> Said:
    """`options`: of a choice or a codebook, in the order of their numbers. Below what a letter says there may be a
    name and a greeting: of anything but a text its first line is enough.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = _read(one, text.strip(), options)
    if found.meant is Meant.WRONG and is_letter and len(lines) > 1 and one.type is not Type.TEXT:
        return _read(one, lines[0], options)
    if is_letter and len(lines) > 1 and one.type is Type.TEXT:
        first = word(lines[0])
        return Said(first) if first else found
    return found


def _read(one: Field, text: str, options: Sequence[Option]) -> Said:
    meant = word(text)
    if meant:
        return Said(meant)
    if one.type in (Type.CHOICE, Type.CODEBOOK):
        value = _chosen(text, options)
        return Said(Meant.VALUE, value) if value else Said(Meant.WRONG)
    try:
        value = kinds.read(one, text.strip(" .!") if one.type is not Type.TEXT else text)
    except errors.Invalid:
        return Said(Meant.WRONG)
    return Said(Meant.VALUE, value) if value else Said(Meant.WRONG)


def word(text: str) -> Meant | None:
    """Whether it is a word to the house: with or without the slash of a command."""
    bare = text.removeprefix("/").strip(" .!")
    folded = " ".join(folding.fold(bare).split())
    if folded in _SKIPS:
        return Meant.SKIP
    if folded in _STOPS:
        return Meant.STOP
    found = asked.read(bare)
    return Meant.PERSON if found is not None and found.ask is Ask.HUMAN else None


def _chosen(text: str, options: Sequence[Option]) -> str:
    """By a word of it, else by its number."""
    folded = folding.fold(text.strip(" .!"))
    for one in options:
        if folded in one.words:
            return one.value
    number = text.strip(" .!)")
    if number.isascii() and number.isdigit() and len(number) < 4 and 1 <= int(number) <= len(options):
        return options[int(number) - 1].value
    return ""
