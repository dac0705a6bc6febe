"""Lines of history: phrases that are kept, text and values beside the English words, so that each reader has his own.

A line is a `str`, the English one: logs, audits and whoever knows no better use it as it is. `texts.into` says it in
another language.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kernel.errors import CentralaError
from kernel.phrases import Moment, Phrase

Kept = dict[str, Any]


def line(text: str, **values: object) -> Phrase:
    """`text` with its {places} filled. Customers' words are values and never text."""
    return Phrase(text, **{name: value if isinstance(value, str) else str(value) for name, value in values.items()})


def joined(mark: str, parts: Sequence[str]) -> Phrase:
    """Several as one, with the mark between them."""
    places = mark.join(f"{{part{place}}}" for place in range(len(parts)))
    return Phrase(places, **{f"part{place}": one for place, one in enumerate(parts)})


def refused(error: CentralaError) -> Phrase:
    """Why something was refused, as a line."""
    return line(error.text, **error.values)


def kept(said: str | None) -> Kept | None:
    """What is stored beside the words; None for words that are nothing but words."""
    if isinstance(said, Moment):
        return {"at": said.at.isoformat(), "zone": str(said.zone)}
    if not isinstance(said, Phrase):
        return None
    return {"text": said.text, "values": {name: _beside(value) for name, value in said.values.items()}}


def again(words: str, said: Kept | None) -> str:
    """The line that was kept; the mere words where nothing was, or where what was kept does not fit."""
    try:
        return _made(said) if said else words
    except (KeyError, IndexError, ValueError, AttributeError, TypeError, OSError):
        return words


def _beside(value: object) -> object:
    return (kept(value) if isinstance(value, str) else None) or str(value)


def _made(said: Kept) -> str:
    if "at" in said:
        return Moment(datetime.fromisoformat(said["at"]), ZoneInfo(said["zone"]))
    values = {name: _made(value) if isinstance(value, dict) else str(value) for name, value in said["values"].items()}
    said["text"].format(**values)  # a place that nothing fills is found here, and not where it is read
    return line(said["text"], **values)
