"""Who may set up: a one-time link, the cookie it is exchanged for, and the proof that every form carries."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable

from msgspec import Struct

TOKEN_BYTES = 32
OPEN_S = 30 * 60.0  # for an administrator who changes one channel


class Errand(Struct, frozen=True):
    """What an administrator who is signed in has come for: one step, in his language, and nothing else."""

    step: str
    language: str
    staff_id: int


class Door:
    """Open from the start of the process until setting up is finished, and for each errand. Nothing is ever stored."""

    def __init__(self, *, is_open: bool = True, forget: Callable[[], None] = lambda: None) -> None:
        """`forget`: called when others than before may come in, or nobody any more."""
        self._forget = forget
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.errand: Errand | None = None
        self._is_open = is_open
        self._until_s = float("inf")
        self._is_spent = False
        self._cookie = ""

    @property
    def is_open(self) -> bool:
        return self._is_open and time.monotonic() < self._until_s

    def open_for(self, errand: Errand) -> str:
        """A fresh token for half an hour; whoever was at the door before has to leave."""
        self.token, self.errand = secrets.token_urlsafe(TOKEN_BYTES), errand
        self._is_open, self._is_spent, self._cookie = True, False, ""
        self._until_s = time.monotonic() + OPEN_S
        self._forget()
        return self.token

    def enter(self, token: str) -> str:
        """The cookie for a right token, once; "" for a wrong one or a second time."""
        if not self.is_open or self._is_spent or not _is_same(token, self.token):
            return ""
        self._is_spent = True
        self._cookie = secrets.token_urlsafe(TOKEN_BYTES)
        return self._cookie

    def knows(self, cookie: str) -> bool:
        return self.is_open and bool(self._cookie) and _is_same(cookie, self._cookie)

    def leads_to(self, step: str) -> bool:
        """Whoever has an errand gets to its step alone."""
        return self.errand is None or self.errand.step == step

    @property
    def proof(self) -> str:
        """What every form carries in a hidden field: no other site can know it."""
        return hmac.digest(self._cookie.encode(), b"form", "sha256").hex()

    def proves(self, proof: str) -> bool:
        return bool(self._cookie) and _is_same(proof, self.proof)

    def close(self) -> None:
        """Setting up is finished: link and cookie are worth nothing any more."""
        self._is_open, self.errand = False, None
        self._cookie = ""
        self._forget()


def _is_same(given: str, wanted: str) -> bool:
    """Compared in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
