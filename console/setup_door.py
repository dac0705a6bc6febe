"""Who may set up: the one-time link that the terminal shows, the cookie it is exchanged for, and forms' proof."""

from __future__ import annotations

import hmac
import secrets

TOKEN_BYTES = 32


class Door:
    """Open from the start of the process until setting up is finished. Nothing of it is ever stored."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.is_open = True
        self._is_spent = False
        self._cookie = ""

    def enter(self, token: str) -> str:
        """The cookie for a right token, once; "" for a wrong one or a second time."""
        if not self.is_open or self._is_spent or not _is_same(token, self.token):
            return ""
        self._is_spent = True
        self._cookie = secrets.token_urlsafe(TOKEN_BYTES)
        return self._cookie

    def knows(self, cookie: str) -> bool:
        return self.is_open and bool(self._cookie) and _is_same(cookie, self._cookie)

    @property
    def proof(self) -> str:
        """What every form carries in a hidden field: no other site can know it."""
        return hmac.digest(self._cookie.encode(), b"form", "sha256").hex()

    def proves(self, proof: str) -> bool:
        return bool(self._cookie) and _is_same(proof, self.proof)

    def close(self) -> None:
        """Setting up is finished: link and cookie are worth nothing any more."""
        self.is_open = False
        self._cookie = ""


def _is_same(given: str, wanted: str) -> bool:
    """Compared in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
