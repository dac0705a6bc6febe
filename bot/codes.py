"""What a button carries: a verb's code, a number and a version, in at most 64 bytes. Pure."""

from __future__ import annotations

from msgspec import Struct

_MARK = "t"
_MOST = 2**63, 2**31  # what the columns of a number and of a version hold


class Pressed(Struct, frozen=True):
    """A button as it comes back. `number` is a ticket number or an id of ours; `version` 0 where none matters."""

    verb: str
    number: int
    version: int = 0


def write(verb: str, number: int, version: int = 0) -> str:
    return f"{_MARK}:{verb}:{number}:{version}"


def read(code: str) -> Pressed | None:
    """None for what is not a button of ours."""
    parts = code.split(":")
    if len(parts) != 4 or parts[0] != _MARK or not parts[1].isalpha():
        return None
    if not all(part.isascii() and part.isdigit() and len(part) <= 20 for part in parts[2:]):
        return None
    number, version = int(parts[2]), int(parts[3])
    if number >= _MOST[0] or version >= _MOST[1]:
        return None  # forged: it would break the statement that looks for it
    return Pressed(parts[1], number, version)
