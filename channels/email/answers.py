"""What an IMAP server's lines say, and what is said to it: numbers, dates, names. Pure. RFC 3501."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

_CODE = rb"\[%s (\d{1,10})\]"
_UID = re.compile(rb"\bUID (\d{1,10})")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"')
_PLAIN = re.compile(r"[\x20-\x25\x27-\x7e]+")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Lines = Sequence[bytes | bytearray]


class Listed(Struct, frozen=True):
    """One mail of a mailbox as the server lists it. `at`: when it came there."""

    uid: int
    size: int
    at: datetime


def number(name: str, lines: Lines) -> int | None:
    """A number that SELECT has told: UIDVALIDITY, UIDNEXT."""
    wanted = re.compile(_CODE % name.encode(), re.IGNORECASE)
    found = next((match for line in lines if (match := wanted.search(bytes(line)))), None)
    return int(found[1]) if found else None


def uids(lines: Lines) -> list[int]:
    """The UIDs that a SEARCH has found, in order."""
    return sorted({int(word) for line in lines for word in bytes(line).split() if word.isdigit()})


def listed(lines: Lines) -> list[Listed]:
    """What FETCH (UID RFC822.SIZE INTERNALDATE) has told; lines that tell less (a flag has changed) are passed over."""
    found = {}
    for line in lines:
        uid, size, at = (pattern.search(bytes(line)) for pattern in (_UID, _SIZE, _DATE))
        if uid and size and at:
            found[int(uid[1])] = Listed(int(uid[1]), int(size[1]), _instant(at[1].decode("ascii", "replace")))
    return [found[uid] for uid in sorted(found)]


def content(lines: Lines) -> bytes | None:
    """The mail in the answer to a FETCH of one body; None if it is gone."""
    return next((bytes(line) for line in lines if isinstance(line, bytearray)), None)


def quoted(text: str) -> str:
    """A string as IMAP takes it: user names with spaces, folder names with quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder(name: str) -> str:
    """A folder's name on the wire: modified UTF-7 (RFC 3501, 5.1.3), quoted."""
    parts, done = [], 0
    for plain in _PLAIN.finditer(name):
        parts += [_shifted(name[done : plain.start()]), plain[0]]
        done = plain.end()
    return quoted("".join([*parts, _shifted(name[done:])]))


def day(at: datetime) -> str:
    """A date as SEARCH takes it."""
    return f"{at.day}-{MONTHS[at.month - 1]}-{at.year}"


def _shifted(text: str) -> str:
    def coded(run: str) -> str:
        return "&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    return "".join("&-" if run == "&" else coded(run) for run in re.findall("&|[^&]+", text))


def _instant(text: str) -> datetime:
    """ "17-Jul-2026 02:44:25 -0700". A date that cannot be read counts as long ago: it makes no noise."""
    found = re.fullmatch(r"\s*(\d{1,2})-(\w{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})", text)
    if not found or found[2].title() not in MONTHS:
        return datetime.fromtimestamp(0, UTC)
    month = MONTHS.index(found[2].title()) + 1
    try:
        stamp = f"{found[3]}-{month:02}-{int(found[1]):02} {found[4]} {found[5]}"
        return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
