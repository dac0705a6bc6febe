"""The tree of a mail's parts, found by its boundaries under caps: nothing is copied until a part is asked for."""

from __future__ import annotations

import re
from email.message import Message

from msgspec import Struct, field

from channels.email import charsets, headers, transfer

DEPTH = 100  # nested deeper, a part is opaque
PARTS = 1000
PARAMETERS = 100
_VALUE = 16 * 1024  # characters of a structured part header that are read
_KIND = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,90}")
_STRUCTURED = ("content-type", "content-disposition", "content-transfer-encoding", "content-id")


class Budget(Struct):
    """What may still be opened of one mail."""

    parts: int = PARTS
    is_spent: bool = False


class Part(Struct):
    """One part. `kind` is its type in lower case; `children` are there for multiparts only."""

    kind: str
    message: Message
    mime: bytes
    start: int
    end: int
    depth: int = 0
    children: list[Part] = field(default_factory=list)

    @property
    def family(self) -> str:
        return self.kind.partition("/")[0]

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)

    def content(self, limit: int | None = None) -> bytes:
        """The bytes of a leaf without their transfer encoding; of its first `limit` encoded bytes if one is given."""
        end = self.end if limit is None else min(self.end, self.start + limit)
        return transfer.decoded(self.mime[self.start : end], self.encoding)

    @property
    def encoding(self) -> str:
        """Its transfer encoding, "" for none."""
        return headers.unfolded(str(self.message.get("content-transfer-encoding", ""))).strip()

    def parameter(self, name: str) -> str:
        """A parameter of the content type, "" if there is none that can be read."""
        return _parameter(self.message, name, "content-type")

    @property
    def charset(self) -> str:
        return self.parameter("charset")

    @property
    def disposition(self) -> str:
        value = headers.unfolded(str(self.message.get("content-disposition", "")))
        return value.partition(";")[0].strip().lower()

    @property
    def filename(self) -> str:
        """The file name that the sender gave it, decoded; "" if none."""
        named = _parameter(self.message, "filename", "content-disposition") or self.parameter("name")
        return headers.words(named)[:255]


def read(mime: bytes) -> Part:
    """The tree of a mail."""
    mime = lined(mime)
    return _part(mime, 0, len(mime), depth=0, default="text/plain", budget=Budget())


def lined(mime: bytes) -> bytes:
    """The mail as `read` sees it: one that ends its lines with CR alone has LF there."""
    return mime.replace(b"\r", b"\n") if b"\n" not in mime and b"\r" in mime else mime


def inside(part: Part) -> Part:
    """The mail that a message/rfc822 part, or the header block that a text/rfc822-headers part carries."""
    return _part(part.content(), 0, None, depth=part.depth + 1, default="text/plain", budget=Budget())


def leaves(part: Part) -> list[Part]:
    """Every part that holds something itself, in order."""
    if not part.is_multipart:
        return [part]
    return [leaf for child in part.children for leaf in leaves(child)]


def _part(mime: bytes, start: int, end: int | None, *, depth: int, default: str, budget: Budget) -> Part:
    stop = len(mime) if end is None else end
    block, below = headers.split(mime, start, stop)
    message, _ = headers.message_of(block)
    stray = message.get_payload()
    if isinstance(stray, str) and stray.strip():
        below = _first_stray(mime, start, below, stray)
    _tame(message)
    kind = _kind(message, default)
    part = Part(kind, message, mime, below, stop, depth)
    if part.family != "multipart":
        return part
    boundary = part.parameter("boundary").encode("utf-8", "surrogateescape").rstrip()
    if depth >= DEPTH:
        part.kind = "application/octet-stream"
    elif not boundary:
        part.kind = "text/plain"
    else:
        part.children = _children(part, boundary, budget)
        part.kind = part.kind if part.children else "text/plain"
    return part


def _children(part: Part, boundary: bytes, budget: Budget) -> list[Part]:
    default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    found = []
    for start, end in _between(part.mime, boundary, part.start, part.end):
        if budget.parts <= 0:
            budget.is_spent = True
            break
        budget.parts -= 1
        found.append(_part(part.mime, start, end, depth=part.depth + 1, default=default, budget=budget))
    return found


def _between(mime: bytes, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """The stretches between the boundary's lines. A part that is never closed goes on to the end."""
    mark = b"--" + boundary
    stretches: list[tuple[int, int]] = []
    opened: int | None = None
    at = mime.find(mark, start, end)
    while at >= 0 and len(stretches) <= PARTS:
        after = at + len(mark)
        line_end = mime.find(b"\n", after, min(end, after + 1000))
        rest = mime[after : line_end if line_end >= 0 else min(end, after + 1000)]
        is_last = rest.startswith(b"--")
        if (at == start or mime[at - 1 : at] == b"\n") and not rest.removeprefix(b"--").strip(b" \t\r"):
            if opened is not None:
                stretches.append((opened, _line_before(mime, at, opened)))
            opened = None if is_last or line_end < 0 else line_end + 1
            if is_last:
                return stretches
        at = mime.find(mark, after, end)
    if opened is not None and opened < end:
        stretches.append((opened, end))
    return stretches


def _line_before(mime: bytes, at: int, floor: int) -> int:
    """Where the part ends: the line end before a boundary belongs to the boundary."""
    if at - 1 >= floor and mime[at - 1 : at] == b"\n":
        at -= 1
        if at - 1 >= floor and mime[at - 1 : at] == b"\r":
            at -= 1
    return at


def _first_stray(mime: bytes, start: int, below: int, stray: str) -> int:
    """Where the body begins if it follows the fields without an empty line: at the first line that is no field."""
    line = stray.lstrip("\n").split("\n", 1)[0].encode("utf-8", "surrogateescape")
    found = mime.find(line, start, below)
    return found if found >= 0 else below


def _tame(message: Message) -> None:
    """Cut what would make the standard library slow: long values and hundreds of parameters."""
    found = {name.lower(): value for name, value in reversed(list(message.raw_items()))}
    for name in _STRUCTURED:
        if name not in found:
            continue
        kept = headers.unfolded(found[name])[:_VALUE].split(";", PARAMETERS)[:PARAMETERS]
        del message[name]
        message[name] = headers.eight_bit(";".join(kept))


def _kind(message: Message, default: str) -> str:
    value = str(message.get("content-type", "")).partition(";")[0].strip().lower()
    if not value:
        return default
    if value == "text":
        return "text/plain"
    return value if _KIND.fullmatch(value) else "text/plain"


def _parameter(message: Message, name: str, header: str) -> str:
    """Through the standard library, which knows RFC 2231 and its misuse; anything it trips over is nothing."""
    try:
        found = message.get_param(name, "", header)
    except (ValueError, TypeError, IndexError, KeyError, UnicodeError):
        return ""
    if isinstance(found, tuple):
        charset, _, value = found
        return charsets.text_of(value.encode("latin-1", "replace"), charset or "")
    return str(found or "").strip()
