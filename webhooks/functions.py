"""What a map may call besides CEL's own: reading what may be absent, and putting texts together. Pure.

`join`, `split`, `replace`, `trim` and `lowerAscii` mean what they mean in CEL's string extension:
https://github.com/google/cel-go/blob/master/ext/README.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kernel import folding

_ABSENT = object()


def get(value: Any, path: str, default: Any = None) -> Any:
    """What stands at "contact.email" or "items.0.name"; `default` where a part of the way is missing or null."""
    for key in str(path).split("."):
        value = _inside(value, key)
        if value is _ABSENT or value is None:
            return default
    return value


def text(value: Any) -> str:
    """Any value as a person reads it: "" for null, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(map(text, value))
    if isinstance(value, dict):
        return ", ".join(f"{text(key)}: {text(one)}" for key, one in value.items())
    return str(value)


def fields(payload: Any, path: str = "") -> str:
    """A line "name: value" for each field at `path` ("" for the whole payload), in the order it was posted in."""
    found = get(payload, path) if path else payload
    if not isinstance(found, dict):
        return text(found)
    return "\n".join(f"{name}: {text(value)}" for name, value in found.items() if value not in (None, "", [], {}))


def join(values: Any, between: str = "") -> str:
    """Raises ValueError for what is no list."""
    if not isinstance(values, list):
        raise ValueError("join: expected a list")
    return _needed(between, "join").join(map(text, values))


def split(written: Any, between: str) -> list[str]:
    return _needed(written, "split").split(between) if between else list(_needed(written, "split"))


def replace(written: Any, old: str, new: str) -> str:
    return _needed(written, "replace").replace(old, new)


def trim(written: Any) -> str:
    return _needed(written, "trim").strip()


def lower_ascii(written: Any) -> str:
    return "".join(one.lower() if one.isascii() else one for one in _needed(written, "lowerAscii"))


def fold(written: Any) -> str:
    return folding.fold(_needed(written, "fold"))


OURS: Mapping[str, tuple[Callable[..., Any], str, str]] = {
    "get": (get, 'get(payload, "contact.email", "")', "what stands there, or the last word where it is missing"),
    "fields": (fields, 'fields("answers")', 'a line for each field there, in the order posted; fields("") for all'),
    "text": (text, "text(payload.amount)", "any value as a text"),
    "join": (join, 'payload.lines.join("\\n")', "a list as one text"),
    "split": (split, 'payload.name.split(" ")', "a text as a list"),
    "replace": (replace, 'payload.text.replace("<br>", "\\n")', "every occurrence"),
    "trim": (trim, "payload.text.trim()", "without spaces around"),
    "lowerAscii": (lower_ascii, "payload.state.lowerAscii()", "A to Z in lower case"),
    "fold": (fold, 'fold(payload.title).contains("zolc")', "case and accents folded"),
}


def of(payload: Any) -> dict[str, Callable[..., Any]]:
    """The functions as a map on `payload` calls them. CEL's own maps forget their order: `fields` reads the payload."""
    plain = {name: function for name, (function, _, _) in OURS.items()}
    return plain | {"fields": lambda path="": fields(payload, path)}


def _needed(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name}: expected a text")
    return value


def _inside(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, _ABSENT)
    if isinstance(value, list) and key.isdecimal() and len(key) < 7 and int(key) < len(value):
        return value[int(key)]
    return _ABSENT
