"""The first line that our own receivers put before a mail they store: what the envelope said, and how it came."""

from __future__ import annotations

from typing import Any

import orjson

_NAME = b"X-Centrala: "
_LIMIT = 256 * 1024  # bytes of the line: a thousand recipients have room
Facts = dict[str, Any]


def sealed(raw: bytes, **facts: Any) -> bytes:
    """`raw` with the line before it.

    Keys: "from" (the envelope's sender, "" for the null path), "to" (a list of its recipients), "via" ("smtp" or
    "imap"), "history" (True if it is older than our connection to the mailbox).
    """
    return _NAME + orjson.dumps(facts) + b"\r\n" + raw


def opened(raw: bytes) -> tuple[Facts, bytes]:
    """The facts of the very first line and the mail below it. A later line of that name is a customer's.

    Facts that are missing or of another type are left out; without the line they are empty and all of `raw` is mail.
    """
    if not raw.startswith(_NAME):
        return {}, raw
    end = raw.find(b"\r\n", 0, _LIMIT)
    if end < 0:
        return {}, raw
    try:
        found = orjson.loads(raw[len(_NAME) : end])
    except orjson.JSONDecodeError:
        return {}, raw
    if not isinstance(found, dict):
        return {}, raw
    return _sound(found), raw[end + 2 :]


def _sound(found: Facts) -> Facts:
    facts: Facts = {}
    if isinstance(found.get("from"), str):
        facts["from"] = found["from"]
    if isinstance(found.get("to"), list):
        facts["to"] = [one for one in found["to"] if isinstance(one, str)]
    if isinstance(found.get("via"), str):
        facts["via"] = found["via"]
    if isinstance(found.get("history"), bool):
        facts["history"] = found["history"]
    return facts
