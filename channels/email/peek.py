"""What must be known of a mail before it is stored: its identity and whose line it stands in. Headers only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from channels.contract import Raw
from channels.email import identity, origin, spelling

CHANNEL = "email"
SCHEME = "mailto"
QUARANTINE = "unreadable"
HEADERS_LIMIT = 64 * 1024
LARGE = 128 * 1024  # the digest of so many bytes takes a millisecond
HEADER_LINES = 1_000  # 20 ms, if they are headers
_FROM = re.compile(rb"^from:((?:[^\r\n]{0,998}\r?\n[ \t]){0,5}[^\r\n]{0,998})", re.IGNORECASE | re.MULTILINE)
# One address with or without a plain name: what parseaddr takes 50 us for. Anything else is left to it.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_BARE = rf"{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*"
_PLAIN = re.compile(
    rf"[ \t]*(?:\"[^\"\\\r\n]*\"[ \t]*|[^()<>@,:;\"\[\]\\\r\n]*)<({_BARE})>[ \t]*|[ \t]*({_BARE})[ \t]*"
)
_END = re.compile(rb"\r?\n\r?\n")


def is_slow(mail: bytes) -> bool:
    """True if looking at it takes so long that it is better done in a thread: large, or thousands of header lines."""
    return len(mail) >= LARGE or mail.count(b"\n", 0, HEADERS_LIMIT) > HEADER_LINES


def account(address: str) -> str:
    return f"{CHANNEL}:{address}"


def from_smtp(mail: bytes, own: str, *, sender: str, recipients: Sequence[str]) -> Raw:
    """The raw message of a mail handed to us. `sender` and `recipients` are the envelope's; nobody's is ""."""
    return _raw(mail, own, sender, {"from": sender, "to": list(recipients), "via": "smtp", "history": False})


def from_mailbox(mail: bytes, own: str, *, history: bool) -> Raw:
    """The raw message of a mail found in a mailbox. Its envelope is not known any more."""
    return _raw(mail, own, "", {"via": "imap", "history": history})


def _raw(mail: bytes, own: str, sender: str, facts: dict[str, Any]) -> Raw:
    line = sender_of(mail) or (sender if spelling.is_address(sender) else "") or QUARANTINE
    body = origin.sealed(mail, **facts)
    return Raw(CHANNEL, account(own), identity.of(mail), line.lower(), body, datetime.now(UTC))


def sender_of(mail: bytes) -> str:
    """The address in From, the order key; "" where none can be seen. Nobody is recognised by it."""
    end = _END.search(mail, 0, HEADERS_LIMIT)
    found = _FROM.search(mail, 0, end.start() if end else min(len(mail), HEADERS_LIMIT))
    if not found:
        return ""
    written = found[1].decode("utf-8", "replace")
    plain = _PLAIN.fullmatch(written)
    try:
        address = (plain[1] or plain[2]) if plain else parseaddr(written)[1]
    except (RecursionError, ValueError, IndexError):  # thousands of comments within each other
        return ""
    return address if spelling.is_address(address) else ""
