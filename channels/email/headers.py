"""Header fields under caps: the block is read with the standard library's old, fast policy; values are decoded here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_tz

from msgspec import Struct

from channels.email import charsets, transfer

BLOCK = 64 * 1024  # bytes of a header block that are read; more is cut
REFERENCES = 50
_END = re.compile(rb"\r?\n\r?\n|\r\r")
# A field as nearly all are: about it this and the standard library are of one mind. Any other is the library's.
_FIELD = re.compile(rb"([!-9;-~]+):[ \t]*([^ \t\r\n][^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)\r?\n")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\x9f]{1,990}>")
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, *range(0xD800, 0xE000))
_DIRECTIONS = (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNSEEN = dict.fromkeys((*_CONTROLS, *_DIRECTIONS), " ")
_PARSER = BytesHeaderParser(policy=compat32)


class Head(Struct, frozen=True):
    """The fields of a header block: values by lower-case name, in order, each on one line and still encoded.

    `is_cut`: there was more of it than is read.
    """

    fields: dict[str, list[str]]
    is_cut: bool = False

    def first(self, name: str) -> str:
        """The value of the topmost field of that name; "" if there is none."""
        found = self.fields.get(name)
        return found[0] if found else ""

    def every(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def has(self, name: str) -> bool:
        return name in self.fields


def split(mime: bytes, start: int = 0, end: int | None = None) -> tuple[bytes, int]:
    """The header block that begins at `start`, and where what is below it begins."""
    stop = len(mime) if end is None else end
    if mime.startswith(b"\n", start, stop):
        return b"", start + 1
    if mime.startswith(b"\r\n", start, stop):
        return b"", start + 2
    found = _END.search(mime, start, stop)
    if found is None:
        return mime[start:stop], stop
    return mime[start : found.start()] + b"\n", found.end()


def message_of(block: bytes) -> tuple[Message, bool]:
    """The block as a message without a body, and True if it was cut. Lines that are no fields are its payload."""
    if len(block) <= BLOCK:
        return _PARSER.parsebytes(block), False
    whole_lines = block.rfind(b"\n", 0, BLOCK) + 1
    return _PARSER.parsebytes(block[: whole_lines or BLOCK]), True


def head_of(message: Message, *, is_cut: bool = False) -> Head:
    fields: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        fields.setdefault(name.lower(), []).append(unfolded(value))
    return Head(fields, is_cut)


def read(mime: bytes) -> Head:
    """The header block of a mail."""
    block = split(mime)[0]
    plain_head = _plain_head(block) if len(block) <= BLOCK else None
    if plain_head is not None:
        return plain_head
    message, is_cut = message_of(block)
    return head_of(message, is_cut=is_cut)


def _plain_head(block: bytes) -> Head | None:
    """A block of plain fields only, at a fifth of the standard library's cost; None if there is anything else in it."""
    fields: dict[str, list[str]] = {}
    at = 0
    while at < len(block):
        found = _FIELD.match(block, at)
        if found is None:
            return None
        value = found[2].decode("ascii", "surrogateescape")
        fields.setdefault(found[1].decode("ascii").lower(), []).append(unfolded(value))
        at = found.end()
    return Head(fields)


def unfolded(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


def words(value: str) -> str:
    """A value as a person reads it: encoded words and raw bytes decoded, on one line, without unseen characters."""
    return plain(decoded(value))


def plain(text: str) -> str:
    """One line without control, direction and surrogate characters; blanks run together."""
    return " ".join(text.translate(_UNSEEN).split())


def decoded(value: str) -> str:
    """RFC 2047 words decoded. Neighbours of one charset are joined as bytes: clients cut letters in two."""
    value = unfolded(value)
    if "=?" not in value:
        return eight_bit(value)
    pieces: list[str] = []
    run, run_charset, end = b"", "", 0
    for found in _WORD.finditer(value):
        between = value[end : found.start()]
        charset = found[1].lower()
        if run_charset and (between.strip() or charset != run_charset):
            pieces.append(charsets.text_of(run, run_charset))
            run, run_charset = b"", ""
            if between.strip():
                pieces.append(eight_bit(between))
        elif not run_charset:
            pieces.append(eight_bit(between) if between.strip() or not pieces else "")
        run, run_charset, end = run + _word(found[2], found[3]), charset, found.end()
    if run_charset:
        pieces.append(charsets.text_of(run, run_charset))
    pieces.append(eight_bit(value[end:]))
    return "".join(pieces)


def eight_bit(value: str) -> str:
    """Bytes above ASCII that nobody declared (the parser keeps them as surrogates) in their likeliest charset."""
    if value.isascii():
        return value
    return charsets.text_of(value.encode("utf-8", "surrogateescape"), "")


def _word(encoding: str, content: str) -> bytes:
    as_bytes = content.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        return transfer.from_base64(as_bytes)
    return transfer.decoded(as_bytes.replace(b"_", b" "), "quoted-printable")


def date_of(head: Head) -> datetime | None:
    """The Date field in UTC; None where it is missing or no date."""
    value = head.first("date")[:200]
    try:
        found = parsedate_tz(value)
        if found is None:
            return None
        zone = timezone(timedelta(seconds=found[9] or 0))
        return datetime(*found[:6], tzinfo=zone).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def ids(value: str) -> list[str]:
    """Message ids in angle brackets, in order."""
    return _ID.findall(eight_bit(unfolded(value)))


def message_id(head: Head) -> str:
    """The Message-ID in angle brackets, even where a client forgot them; "" if there is none."""
    value = head.first("message-id")
    found = ids(value)
    if found:
        return found[0]
    bare = plain(eight_bit(value)).strip("<> ").split(" ")[0]
    return f"<{bare[:990]}>" if bare else ""


def references(head: Head) -> list[str]:
    """References and then In-Reply-To, each once, at most the last 50; the nearest last."""
    found = [one for value in head.every("references") for one in ids(value)]
    for answered in in_reply_to(head)[:1]:
        found = [one for one in found if one != answered] + [answered]
    return list(dict.fromkeys(found))[-REFERENCES:]


def in_reply_to(head: Head) -> list[str]:
    value = head.first("in-reply-to")
    bare = plain(eight_bit(value))
    if bare and "<" not in bare and "@" in bare and " " not in bare:
        return [f"<{bare[:990]}>"]
    return ids(value)
