"""What a mail server's refusal means for the message: its code and enhanced code → a reason. Pure.

Codes: RFC 5321 4.2.3; enhanced codes: RFC 3463 and its registry.
"""

from __future__ import annotations

import re
from enum import StrEnum

from channels.errors import Reason, SendError


class Stage(StrEnum):
    """How far the dialogue had come."""

    SIGN_IN = "sign in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Nobody is there, or he takes no mail: not this message but the address is at fault.
_NOBODY = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.0", "2.1", "2.2"})
_SLOW_DOWN = re.compile(r"rate|too many|too much|throttl|slow down|greylist|graylist|limit", re.IGNORECASE)
_RELAY = re.compile(r"relay|authenticat|not permitted to send|not allowed to send", re.IGNORECASE)


def understood(code: int, said: str, stage: Stage) -> SendError:
    """A reply of 400 or more at `stage`, as the dispatcher needs it."""
    detail = f"{code} {said}"[:200]
    if code < 400:
        return SendError(Reason.UNREACHABLE, f"an answer out of place: {detail}")
    if code < 500:
        return SendError(Reason.THROTTLED if _is_throttled(said) else Reason.UNREACHABLE, detail)
    if stage in (Stage.SIGN_IN, Stage.SENDER) or code in (530, 534, 535, 538):
        return SendError(Reason.MISCONFIGURED, detail)
    if stage is Stage.CONTENT:
        return SendError(Reason.INVALID, detail)
    return SendError(_at_recipient(code, said), detail)


def _is_throttled(said: str) -> bool:
    found = _ENHANCED.search(said)
    return bool(_SLOW_DOWN.search(said)) or (found is not None and (found[2], found[3]) == ("7", "28"))


def _at_recipient(code: int, said: str) -> Reason:
    found = _ENHANCED.search(said)
    subject = f"{found[2]}.{found[3]}" if found else ""
    if subject in _NOBODY:
        return Reason.REFUSED
    if _RELAY.search(said):
        return Reason.MISCONFIGURED
    if found is None and code in (550, 551, 553):
        return Reason.REFUSED
    return Reason.INVALID
