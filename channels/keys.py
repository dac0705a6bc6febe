"""What a raw message is known by when it comes again. Pure.

Most senders count (Telegram), or give ids that grow with the time (the ids of Standard Webhooks): kept as they are,
new ones stand side by side in the index, and a commit writes a page of it instead of one page for each message.
"""

from __future__ import annotations

import base64
import hashlib
import re

LIMIT = 64  # characters of the column
_PLAIN = re.compile(r"[A-Za-z0-9_.:/=-]{1,60}")  # neither an address nor a phone number, and shorter than an old key


def external_key(external_id: str) -> str:
    """The id itself where it is short and plain; else # and its SHA-256 in URL-safe base64 (RFC 4648)."""
    if _PLAIN.fullmatch(external_id):
        return external_id
    return f"#{base64.urlsafe_b64encode(_digest(external_id).digest()).decode().rstrip('=')}"


def old_key(external_id: str) -> str:
    """As every id was kept before: its SHA-256 in hex."""
    return _digest(external_id).hexdigest()


def is_old(key: str) -> bool:
    return len(key) == LIMIT


def _digest(external_id: str) -> hashlib._Hash:
    return hashlib.sha256(external_id.encode("utf-8", "surrogatepass"))
