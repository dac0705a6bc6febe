"""Reply tokens: the local part of the address that brings an answer back to its ticket. Pure but for the key's row.

`r+<ticket>.<person>.<mac>` in lower-case base32 without padding; the mac is HMAC-SHA256 over the first two, cut to
80 bits. At most 48 characters. A token proves which ticket is meant; who writes must be proved by other means.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from typing import NamedTuple

from msgspec import Struct

from kernel.unit import Work

PREFIX = "r+"
MAC_BYTES = 10
KEY_BYTES = 32
NAME = "reply tokens"
STAFF = "staff reply tokens"
RATING = "rating links"
_SHAPE = re.compile(r"(?:r\+)?([a-z2-7]{1,14})\.([a-z2-7]{1,14})\.([a-z2-7]{16})")
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"


class Meant(NamedTuple):
    """What a genuine token names."""

    ticket_number: int
    contact_id: int


class MeantByStaff(NamedTuple):
    """What a genuine token of a colleague names."""

    ticket_number: int
    staff_id: int


class Tokens(Struct):
    """Makes and reads tokens under one key, which `open_key` reads once the store answers."""

    key: bytes = b""

    def issue(self, ticket_number: int, contact_id: int) -> str:
        """The token for a person's answer on a ticket; "" while there is no key."""
        if not self.key:
            return ""
        body = f"{_spelled(ticket_number)}.{_spelled(contact_id)}"
        return f"{PREFIX}{body}.{self._mac(body)}"

    def issue_staff(self, ticket_number: int, staff_id: int) -> str:
        """The token for a colleague's answer: a customer's is none of these, nor the other way round."""
        if not self.key:
            return ""
        body = f"{_spelled(ticket_number)}.{_spelled(staff_id)}"
        return f"{PREFIX}{body}.{self._mac(body, STAFF)}"

    def read_staff(self, token: str) -> MeantByStaff | None:
        """What a colleague's token means, or None if it is none."""
        found = self._opened(token, STAFF)
        return MeantByStaff(*found) if found else None

    def issue_rating(self, ticket_number: int) -> str:
        """What a link to the rating of a ticket carries; "" while there is no key."""
        if not self.key:
            return ""
        body = f"{_spelled(ticket_number)}.{_spelled(0)}"
        return f"{body}.{self._mac(body, RATING)}"

    def read_rating(self, token: str) -> int | None:
        """The number of the ticket, or None if it is no link of ours."""
        found = self._opened(token, RATING)
        return found[0] if found else None

    def read(self, token: str) -> Meant | None:
        """What `token` means, or None if it is none of ours. Its prefix may be missing, its case changed."""
        found = self._opened(token, NAME)
        return Meant(*found) if found else None

    def _opened(self, token: str, use: str) -> tuple[int, int] | None:
        found = _SHAPE.fullmatch(token.lower())
        if found is None or not self.key:
            return None
        ticket, person, mac = found.groups()
        if not hmac.compare_digest(mac.encode(), self._mac(f"{ticket}.{person}", use).encode()):
            return None
        return _number(ticket), _number(person)

    def _mac(self, body: str, use: str = NAME) -> str:
        digest = hmac.digest(self.key, f"{use}:{body}".encode(), "sha256")[:MAC_BYTES]
        return base64.b32encode(digest).decode().lower()


async def open_key(work: Work) -> bytes:
    """The key of this installation, made at the first start; every hub on the same store finds the same."""
    await work.change(
        "INSERT INTO keys (name, value, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        NAME,
        secrets.token_hex(KEY_BYTES),
        work.now,
    )
    row = await work.one("SELECT value FROM keys WHERE name = ?", NAME)
    if row is None:
        raise RuntimeError("the key of the reply tokens is gone from the store")
    return bytes.fromhex(row["value"])


def _spelled(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 32)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits


def _number(word: str) -> int:
    found = 0
    for digit in word:
        found = found * 32 + _DIGITS.index(digit)
    return found
