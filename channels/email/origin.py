"""What is known of a mail besides its bytes: who the envelope named, and the way it came. One line before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

HEADER = b"X-Centrala: "


@dataclass(frozen=True, slots=True)
class Origin:
    """`sender` and `recipients`: the envelope's. `history`: older than our connection to its mailbox."""

    sender: str = ""
    recipients: tuple[str, ...] = ()
    via: str = ""
    history: bool = False


def sealed(raw: bytes, *, sender: str, recipients: Sequence[str], via: str, history: bool = False) -> bytes:
    """The mail with its origin before it."""
    known = {"from": sender, "to": list(recipients), "via": via, "history": history}
    return HEADER + orjson.dumps(known) + b"\r\n" + raw


def opened(body: bytes) -> tuple[Origin, bytes]:
    """The origin and the mail as it came."""
    line, _, raw = body.partition(b"\r\n")
    if not line.startswith(HEADER):
        return Origin(), body
    try:
        known = orjson.loads(line[len(HEADER) :])
        return Origin(known["from"], tuple(known["to"]), known["via"], bool(known["history"])), raw
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Origin(), body
