"""The lines of vCards: unfolded, taken apart and put together (RFC 6350, RFC 2426; 2.1 read with patience). Pure.

A line is `GROUP.NAME;PARAM=VALUE:VALUE`. Lines are folded at 75 octets, never inside a character.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

FOLD = 75  # octets
_FOLDED = re.compile(r"\r?\n[ \t]")
_PARAMETER = re.compile(r';([^=;:"]+)(?:=((?:"[^"]*"|[^;:"])*))?')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BARE = ("QUOTED-PRINTABLE", "BASE64")  # parameters that 2.1 writes without a name


class Property(Struct, frozen=True):
    """`name` in capitals, without its group; `params`: name in capitals → values in lower case; `value` as written."""

    name: str
    params: Mapping[str, tuple[str, ...]]
    value: str

    @property
    def kinds(self) -> frozenset[str]:
        """What TYPE says: work, cell, fax, pref."""
        return frozenset(self.params.get("TYPE", ()))

    @property
    def rank(self) -> int:
        """1 for the preferred one, 100 where nothing is said (RFC 6350, 5.3)."""
        [first] = self.params.get("PREF", ("",))[:1]
        return int(first) if first.isdigit() else 1 if "pref" in self.kinds else 100


def properties(text: str) -> Iterator[Property]:
    """All lines that can be read; what is no property is passed over."""
    unfolded = _FOLDED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = iter(unfolded.split("\n"))
    for line in lines:
        found = read(line)
        if found is None:
            continue
        if "quoted-printable" in found.params.get("ENCODING", ()):
            while found.value.endswith("="):  # soft line breaks of 2.1
                found = Property(found.name, found.params, found.value[:-1] + next(lines, ""))
            found = Property(found.name, found.params, _from_quoted(found))
        yield found


def read(line: str) -> Property | None:
    """One line taken apart; None if it is none."""
    head = re.match(r"[A-Za-z0-9.-]+", line)
    if head is None:
        return None
    params: dict[str, tuple[str, ...]] = {}
    place = head.end()
    while parameter := _PARAMETER.match(line, place):
        name, value = parameter.group(1).upper(), parameter.group(2)
        if value is None:
            name, value = ("ENCODING" if name in _BARE else "TYPE"), name
        values = tuple(one.strip().strip('"').lower() for one in value.replace('"', "").split(","))
        params[name] = (*params.get(name, ()), *values)
        place = parameter.end()
    if line[place : place + 1] != ":":
        return None
    return Property(head.group().rpartition(".")[2].upper(), params, line[place + 1 :])


def unescape(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found.group(1) in "nN" else found.group(1), value)


def parts(value: str, sign: str = ";") -> list[str]:
    """A compound value taken apart at `sign`, escaped ones aside."""
    found, last = [], 0
    for place in re.finditer(rf"\\.|{re.escape(sign)}", value, re.DOTALL):
        if place.group() == sign:
            found.append(value[last : place.start()])
            last = place.end()
    return [unescape(part) for part in (*found, value[last:])]


def escape(value: str) -> str:
    """A text in a value: backslashes, commas, semicolons and line breaks do not part it."""
    for sign in ("\\", ",", ";"):
        value = value.replace(sign, f"\\{sign}")
    return value.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def fold(line: str) -> str:
    """The line in pieces of at most 75 octets, ended as the format wants it."""
    pieces, piece, width = [], "", 0
    for char in line:
        size = len(char.encode("utf-8", "replace"))
        if width + size > FOLD:
            pieces.append(piece)
            piece, width = " ", 1
        piece, width = piece + char, width + size
    return "\r\n".join([*pieces, piece]) + "\r\n"


def _from_quoted(found: Property) -> str:
    [charset] = found.params.get("CHARSET", ("utf-8",))[:1]
    try:
        return quopri.decodestring(found.value.encode("utf-8", "replace")).decode(charset, "replace")
    except LookupError:
        return quopri.decodestring(found.value.encode("utf-8", "replace")).decode("utf-8", "replace")
