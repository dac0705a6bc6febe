"""Phrases in English that keep what they are made of, so that `texts.phrase` can say them in another language.

To a log, a program and the command line a phrase is an English text like any other; only who reads a page or a
message in another language is told it in his own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self


class Phrase(str):
    """English words whose {places} are filled; `text` and `values` are what they are filled from.

    A value that is a phrase is said in the reader's language as well; every other stays as it is, as names do.
    """

    text: str
    values: Mapping[str, object]

    def __new__(cls, text: str, **values: object) -> Self:
        whole = super().__new__(cls, text.format(**values) if values else text)
        whole.text, whole.values = text, values
        return whole


class Foreign(str):
    """What another program says of an input, in its own English: it is not ours to translate."""


def kept(text: str) -> str:
    """A text that stands inside a phrase and is said in the reader's language, too."""
    return text if isinstance(text, Phrase | Foreign) else Phrase(text)


def one_of(names: Iterable[str], otherwise: str = "") -> Phrase:
    """`otherwise`: what is said where there is none."""
    return Phrase("one of: {names}", names=", ".join(names) or otherwise)
