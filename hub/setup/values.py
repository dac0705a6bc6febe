"""What stands in a settings file, and in what was written, under a dotted key. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def at(whole: Mapping[str, Any], key: str) -> Any:
    """What stands under a dotted key of a settings file; None for nothing. A list means its first item."""
    place: Any = whole
    for part in key.split("."):
        if isinstance(place, list):
            place = place[0] if place else None
        if not part.isdigit():
            place = place.get(part) if isinstance(place, Mapping) else None
    return place


def shown(value: Any) -> str:
    """As a person reads and writes it; "" for nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def given(written: Mapping[str, str], key: str) -> str:
    return written.get(key, "").strip()
