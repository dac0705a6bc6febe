"""How a mail is known again: what came in, so that a repeat is one; and our own Message-IDs. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

HEADERS_LIMIT = 64 * 1024
_OURS = re.compile(r"<m\.(\d{1,20})\.[0-9a-f]{10}@[^<>\s]+>")
_END = re.compile(rb"\r?\n\r?\n")
_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)*(\S{1,998})", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(rb"^from:([^\r\n]*(?:\r?\n[ \t][^\r\n]*){0,20})", re.IGNORECASE | re.MULTILINE)


def external_id(raw: bytes) -> str:
    """What tells a repeat: Message-ID, From, and a digest of all below the headers, which relays do not touch."""
    end = _END.search(raw, 0, HEADERS_LIMIT)
    headers = raw[: end.start()] if end else raw[:HEADERS_LIMIT]
    body = memoryview(raw)[end.end() :] if end else memoryview(raw)[len(headers) :]
    named, sender = _ID.search(headers), _FROM.search(headers)
    parts = (named[1] if named else b"", b" ".join(sender[1].split()) if sender else b"")
    return " ".join([*(part.decode("latin-1") for part in parts), hashlib.sha256(body).hexdigest()])


def make(message_id: int, first_at: datetime | None, domain: str) -> str:
    """Our Message-ID, the same over all tries of one message."""
    seed = f"{message_id} {first_at.isoformat() if first_at else ''} {domain}"
    return f"<m.{message_id}.{hashlib.blake2s(seed.encode(), digest_size=5).hexdigest()}@{domain}>"


def ours(text: str) -> int | None:
    """The id of our message that a Message-ID of ours names; None for somebody else's."""
    found = _OURS.fullmatch(text.strip())
    return int(found[1]) if found else None
