"""Files that customers send by a link: how such a message is stored, and what is made of it. Pure.

The body is the bytes of the files one after the other, a line break, and one line of JSON that says what they are. The
line stands at the end, because how large the files are is known only when they have come. JSON escapes line breaks, so
the last one in the body is the one before that line.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from channels.contract import Address, File, Inbound, Kind, Raw

CHANNEL = ACCOUNT = "upload"
EVENT = "files.sent"


class Part(Struct, frozen=True):
    """A file as its sender's browser describes it. `size` in bytes."""

    name: str
    type: str
    size: int


class Contents(Struct, frozen=True):
    """What was sent by the link of that id, files aside."""

    link: int
    comment: str
    files: tuple[Part, ...]


def external_id(link_id: int) -> str:
    """Of what comes by a link. It is the same each time: what comes by it again is a repeat."""
    return str(link_id)


def last_line(found: Contents) -> bytes:
    """What follows the bytes of the files."""
    return b"\n" + msgspec.json.encode(found)


def parse(raw: Raw) -> Inbound:
    """The event that files were sent, with the files and the comment (`payload`)."""
    sender = Address(CHANNEL, raw.address)
    try:
        found = msgspec.json.decode(raw.body[raw.body.rfind(b"\n") + 1 :], type=Contents)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Inbound(Kind.MESSAGE, sender, sender, unreadable=f"not what a link takes ({type(error).__name__})")
    files, start = [], 0
    for one in found.files:
        files.append(File(one.name, one.type, one.size, reference=f"{start}+{one.size}"))
        start += one.size
    return Inbound(Kind.EVENT, sender, sender, event=EVENT, payload=found, files=tuple(files))


def cut(raw: Raw, file: File) -> bytes:
    """The bytes of a file that `parse` found. Raises ValueError where they are not there."""
    start, size = map(int, file.reference.split("+"))
    body = raw.body[start : start + size]
    if len(body) != size:
        raise ValueError("the message is shorter than its files")
    return body
