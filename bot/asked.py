"""What a customer asks for by a word: his cases, his stations, another language, a person. Whole messages. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from kernel import folding
from tickets import numbers

LONGEST = 60  # characters; a longer message says more than a word


class Ask(StrEnum):
    STATUS = "status"
    LANGUAGE = "language"
    HUMAN = "human"
    STATIONS = "stations"
    QUESTION = "ask"  # by the button of a new chat alone: whatever he writes is a question


class Asked(Struct, frozen=True):
    """`number`: of the ticket he names. `chosen`: the language he wants, "" if he names none that we speak.

    `language`: the asking word's own, "" for one that several use.
    """

    ask: Ask
    number: int | None = None
    chosen: str = ""
    language: str = ""


_WORDS = {
    (Ask.STATUS, ""): "status",
    (Ask.STATUS, "pl"): "stan",
    (Ask.STATUS, "sk"): "stav",
    (Ask.STATUS, "hu"): "állapot",
    (Ask.STATUS, "ru"): "статус",
    (Ask.LANGUAGE, ""): "lang",
    (Ask.LANGUAGE, "en"): "language",
    (Ask.LANGUAGE, "pl"): "język",
    (Ask.LANGUAGE, "sk"): "jazyk",
    (Ask.LANGUAGE, "hu"): "nyelv",
    (Ask.LANGUAGE, "ru"): "язык",
    (Ask.STATIONS, "en"): "stations",
    (Ask.STATIONS, "pl"): "stacje",
    (Ask.STATIONS, "sk"): "stanice",
    (Ask.STATIONS, "hu"): "állomások kutak",
    (Ask.STATIONS, "ru"): "станции азс",
    (Ask.HUMAN, "en"): "human",
    (Ask.HUMAN, "pl"): "człowiek konsultant",
    (Ask.HUMAN, "sk"): "človek",
    (Ask.HUMAN, "hu"): "ember ügyintéző",
    (Ask.HUMAN, "ru"): "человек оператор",
}
_SPOKEN = {
    "en": "en english angielski anglický anglicky angol английский",
    "pl": "pl polish polski polsky poľsky lengyel польский",
    "sk": "sk slovak slovenský slovensky slovenčina słowacki szlovák словацкий",
    "hu": "hu hungarian magyar węgierski maďarsky maďarčina венгерский",
    "ru": "ru russian русский rosyjski rusky ruština orosz",
}
_KNOWN = {folding.fold(word): key for key, words in reversed(_WORDS.items()) for word in words.split()}
_TONGUES = {folding.fold(word): language for language, words in _SPOKEN.items() for word in words.split()}
_SPLIT = re.compile(r"[^\w#-]+")


def read(text: str) -> Asked | None:
    """What the whole message asks for; None if it says anything else, or more."""
    if len(text) > LONGEST:
        return None
    words = [word for word in _SPLIT.split(text.strip()) if word]
    ask, language = _KNOWN.get(folding.fold(words[0]), (None, "")) if words else (None, "")
    rest = " ".join(words[1:])
    if ask is None or (ask in (Ask.HUMAN, Ask.STATIONS) and rest):
        return None
    if ask is Ask.STATUS:
        number = numbers.parse(rest) if rest else None
        return Asked(ask, number, language=language) if number is not None or not rest else None
    chosen = _TONGUES.get(folding.fold(rest), "") if rest else ""
    return Asked(ask, chosen=chosen, language=language) if chosen or not rest else None
