"""Codes of the second factor: time-based one-time passwords as RFC 6238 has them (SHA-1, 30 s, 6 digits). Pure."""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
DRIFT = 1  # steps that a phone's clock may be off
SECRET_BYTES = 20


def secret() -> str:
    """A new secret as phones take it: base32 without padding."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code(secret: str, step: int) -> str:
    """The code of a time step (RFC 4226, 5.3: dynamic truncation)."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    place = mac[-1] & 0x0F
    number: int = struct.unpack(">I", mac[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(secret: str, typed: str, at_s: float, *, after: int = 0) -> int | None:
    """The time step that `typed` is the code of, now or a step beside; None if it is none.

    `after`: the last step that was taken; a code of that or an earlier one is not taken again (RFC 6238, 5.2).
    """
    wanted = "".join(typed.split())
    now = int(at_s) // STEP_S
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        is_it = hmac.compare_digest(code(secret, step).encode(), wanted.encode("utf-8", "surrogateescape"))
        if is_it and step > after:
            found = step
    return found


def uri(secret: str, name: str) -> str:
    """What the QR code says to an authenticator app (the key URI format that they share)."""
    return f"otpauth://totp/{quote(f'Centrala:{name}')}?secret={secret}&issuer=Centrala"


def grouped(secret: str) -> str:
    """The secret as a person types it, in fours."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
