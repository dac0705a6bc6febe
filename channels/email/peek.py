"""What must be known of a mail before it is stored: its identity and whose line it stands in. Headers only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parseaddr

from channels.contract import Raw
from channels.email import identity, origin, spelling

CHANNEL = "email"
SCHEME = "mailto"
QUARANTINE = "unreadable"
HEADERS_LIMIT = 64 * 1024
_FROM = re.compile(rb"^from:((?:[^\r\n]{0,998}\r?\n[ \t]){0,5}[^\r\n]{0,998})", re.IGNORECASE | re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")


def account(address: str) -> str:
    return f"{CHANNEL}:{address}"


def from_mail(mail: bytes, own: str, *, sender: str, recipients: Sequence[str], via: str, history: bool = False) -> Raw:
    """The raw message of one mail. `sender` and `recipients` are the envelope's, "" and () where there was none."""
    body = origin.sealed(mail, sender=sender, recipients=recipients, via=via, history=history)
    line = sender_of(mail) or (sender if spelling.is_address(sender) else "") or QUARANTINE
    return Raw(CHANNEL, account(own), identity.external_id(mail), line.lower(), body, datetime.now(UTC))


def sender_of(mail: bytes) -> str:
    """The address in From, the order key; "" where none can be seen. Nobody is recognised by it."""
    end = _END.search(mail, 0, HEADERS_LIMIT)
    found = _FROM.search(mail, 0, end.start() if end else min(len(mail), HEADERS_LIMIT))
    if not found:
        return ""
    address = parseaddr(found[1].decode("utf-8", "replace"))[1]
    return address if spelling.is_address(address) else ""
