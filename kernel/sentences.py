"""Lines of history, kept in English with their text and values beside it, so that each reader has his own language.

A line is a `str`, the English one: logs, audits and whoever knows no better use it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernel import texts
from kernel.errors import CentralaError
from kernel.phrases import Phrase

Kept = dict[str, Any]


def line(text: str, **values: object) -> Phrase:
    """`text` with its {places} filled. Customers' words are values and never text."""
    return Phrase(text, **{name: value if isinstance(value, str) else str(value) for name, value in values.items()})


def joined(mark: str, parts: Sequence[str]) -> Phrase:
    """Several as one, with the mark between them."""
    places = mark.join(f"{{part{place}}}" for place in range(len(parts)))
    return Phrase(places, **{f"part{place}": one for place, one in enumerate(parts)})


def refused(error: CentralaError) -> str:
    """Why something was refused, as a line."""
    return line(error.text, **error.values)


def kept(said: str | None) -> Kept | None:
    """What is stored beside the words; None for words that are nothing but words."""
    if not isinstance(said, Phrase):
        return None
    return {"text": said.text, "values": {name: _beside(value) for name, value in said.values.items()}}


def told(language: str, words: str, said: Kept | None) -> str:
    """The line in a language; `words` as they were written down where nothing is kept, or what is kept does not fit."""
    if not said:
        return words
    try:
        values = {name: told(language, str(value), _kept(value)) for name, value in said["values"].items()}
        return texts.again(language, said["text"], values)
    except (KeyError, IndexError, ValueError, AttributeError):
        return words


def _beside(value: object) -> object:
    return kept(value) or str(value) if isinstance(value, Phrase) else value


def _kept(value: Any) -> Kept | None:
    return value if isinstance(value, dict) else None
