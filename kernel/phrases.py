"""Phrases in English that keep what they are made of, so that `texts.phrase` can say them in another language.

To a log, a program and the command line a phrase is an English text like any other; only who reads a page or a
message in another language is told it in his own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
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


class Moment(str):
    """An instant in full, "Wed 15 Apr 2026 10:00 CEST", that each reader has in his own words."""

    at: datetime
    zone: tzinfo

    def __new__(cls, at: datetime, zone: tzinfo) -> Self:
        local = at.astimezone(zone)
        made = super().__new__(cls, f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}")
        made.at, made.zone = at, zone
        return made


class Foreign(str):
    """What another program says of an input, in its own English: it is not ours to translate."""


def kept(text: str) -> str:
    """A text that stands inside a phrase and is said in the reader's language, too."""
    return text if isinstance(text, Phrase | Foreign) else Phrase(text)


def one_of(names: Iterable[str], otherwise: str = "") -> Phrase:
    """`otherwise`: what is said where there is none."""
    return Phrase("one of: {names}", names=", ".join(names) or otherwise)
