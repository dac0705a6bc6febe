"""What is said to a mail server with a token: SASL XOAUTH2. Pure.

Format: developers.google.com/gmail/imap/xoauth2-protocol, which Microsoft's servers speak too.
"""

from __future__ import annotations

MECHANISM = "XOAUTH2"


def xoauth2(user: str, token: str) -> bytes:
    """The client's answer, not yet in base64. Raises ValueError for what would end a field before its time."""
    if "\x01" in user or "\x01" in token:
        raise ValueError("a control character in a user name or token")
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
