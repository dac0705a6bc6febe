"""Lines of history, kept in English with their text and values beside it, so that each reader has his own language.

A line is a `str`, the English one: logs, audits and whoever knows no better use it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kernel import texts

Kept = dict[str, Any]


class Line(str):
    """An English sentence that remembers what it was made of. Values may be lines themselves."""

    text: str
    values: Mapping[str, str]

    def __new__(cls, text: str, values: Mapping[str, object]) -> Line:
        made = super().__new__(cls, text.format(**values))
        made.text = text
        made.values = {name: value if isinstance(value, str) else str(value) for name, value in values.items()}
        return made


def line(text: str, **values: object) -> Line:
    """`text` with its {places} filled. Customers' words are values and never text."""
    return Line(text, values)


def joined(mark: str, parts: Sequence[str]) -> Line:
    """Several as one, with the mark between them."""
    return Line(
        mark.join(f"{{part{place}}}" for place in range(len(parts))), {f"part{n}": one for n, one in enumerate(parts)}
    )


def kept(said: str | None) -> Kept | None:
    """What is stored beside the words; None for words that are nothing but words."""
    if not isinstance(said, Line):
        return None
    return {"text": said.text, "values": {name: kept(value) or value for name, value in said.values.items()}}


def told(language: str, words: str, said: Kept | None) -> str:
    """The line in a language; `words` as they were written down where nothing is kept, or what is kept does not fit."""
    if not said:
        return words
    try:
        values = {name: told(language, str(value), _kept(value)) for name, value in said["values"].items()}
        return texts.again(language, said["text"], values)
    except (KeyError, IndexError, ValueError, AttributeError):
        return words


def again(language: str, said: str) -> str:
    """A line at hand in a language; other words as they are."""
    return told(language, said, kept(said))


def _kept(value: Any) -> Kept | None:
    return value if isinstance(value, dict) else None
