"""Lines that remember what they were made of, so that each reader has his own language: `texts.into` says them.

A line is a `str`, the English one: logs, audits and whoever knows no better use it as it is. Kept in a row, its text
and values stand beside the words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

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


class Moment(str):
    """An instant in full, "Wed 15 Apr 2026 10:00 CEST", that each reader has in his own words."""

    at: datetime
    zone: tzinfo

    def __new__(cls, at: datetime, zone: tzinfo) -> Moment:
        local = at.astimezone(zone)
        made = super().__new__(cls, f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}")
        made.at, made.zone = at, zone
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
    if isinstance(said, Moment):
        return {"at": said.at.isoformat(), "zone": str(said.zone)}
    if not isinstance(said, Line):
        return None
    return {"text": said.text, "values": {name: kept(value) or value for name, value in said.values.items()}}


def again(words: str, said: Kept | None) -> str:
    """The line that was kept; the mere words where nothing was, or where what was kept does not fit."""
    try:
        return _made(said) if said else words
    except (KeyError, IndexError, ValueError, AttributeError, TypeError, OSError):
        return words


def _made(said: Kept) -> str:
    if "at" in said:
        return Moment(datetime.fromisoformat(said["at"]), ZoneInfo(said["zone"]))
    values = {name: _made(value) if isinstance(value, dict) else str(value) for name, value in said["values"].items()}
    return Line(said["text"], values)
