"""How an event that a map made is kept: the event that was said yes to, and the payload beside it as it came. Pure.

The event, because what was acknowledged must not change with the settings; the payload, because a person has to see
what came and may want to post it again under a corrected map.
"""

from __future__ import annotations

_MARK = b"mapped\n"  # no JSON begins so


def kept(event: bytes, payload: bytes) -> bytes:
    """The body to store. `event`: JSON in one line."""
    return b"".join((_MARK, event, b"\n", payload))


def event(body: bytes) -> bytes:
    """The event in a stored body, mapped or posted as it is."""
    return body[len(_MARK) :].partition(b"\n")[0] if body.startswith(_MARK) else body


def payload(body: bytes) -> bytes:
    """What was posted."""
    return body[len(_MARK) :].partition(b"\n")[2] if body.startswith(_MARK) else body
