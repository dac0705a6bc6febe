"""Addresses as people write them, brought into the one form in which they are stored and compared. Pure."""

from __future__ import annotations

import re

from kernel import phones
from kernel.phrases import Phrase

_EXPECTED = {
    "tel": ("phone", Phrase("an international number, for example +48600123456")),
    "mailto": ("e-mail", Phrase("an address, for example anna@desk.example")),
}
_ID = ("id", Phrase("the numeric user id, for example 123456789 (writing /id to the bot tells it)"))
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")


def normal(scheme: str, written: str) -> str:
    """The address as it is stored and compared; "" if it is none. A scheme of its own has numeric ids."""
    if scheme == "tel":
        return phones.e164(written) or ""
    if scheme == "mailto":
        return written.lower() if _EMAIL.fullmatch(written) else ""
    return written if written.isascii() and written.isdigit() and 0 < int(written) < 2**52 else ""


def expected(scheme: str) -> tuple[str, Phrase]:
    """What such an address is called, and how it has to be written."""
    return _EXPECTED.get(scheme, _ID)
