"""Yes or not yet, the whole message, in five languages, with the ticket's number or without. Pure."""

from __future__ import annotations

import re

from msgspec import Struct

from kernel import folding
from tickets import numbers
from tickets.acceptances import Answer

LONGEST = 30  # characters; a longer message says more
_WORDS = {
    Answer.YES: ("yes", "ok", "solved", "tak", "áno", "igen", "да"),
    Answer.NOT_YET: (
        *("no", "not yet", "nie", "jeszcze nie", "ešte nie", "nem", "még nem", "нет", "ещё нет", "пока нет"),
    ),
}
_KNOWN = {folding.fold(word): said for said, words in _WORDS.items() for word in words}
_SPLIT = re.compile(r"[^\w#-]+")


class Word(Struct, frozen=True):
    """`number`: of the ticket he names, if he names one."""

    said: Answer
    number: int | None = None


def read(text: str) -> Word | None:
    """None if it says anything else, or more."""
    if len(text) > LONGEST:
        return None
    words = [word for word in _SPLIT.split(text.strip()) if word]
    number = numbers.parse(words[-1]) if len(words) > 1 else None
    said = _KNOWN.get(folding.fold(" ".join(words[:-1] if number is not None else words)))
    return Word(said, number) if said is not None else None
