"""Why a message could not be sent: the few reasons an adapter may give. And why one cannot listen."""

from __future__ import annotations

import os
from enum import StrEnum


class Reason(StrEnum):
    UNREACHABLE = "unreachable"  # network, timeout before anything was sent, 5xx
    THROTTLED = "throttled"  # the provider says when to come back
    REFUSED = "refused"  # this address does not take our messages (blocked, deactivated)
    OPTED_OUT = "opted_out"
    MISCONFIGURED = "misconfigured"  # token, rights, sender: nothing will go until a person mends it
    INVALID = "invalid"  # the provider does not take this message
    UNCERTAIN = "uncertain"  # the answer was lost: it may have been sent
    GONE = "gone"  # what the message edits, answers or stands in is no longer there


class TooLarge(Exception):
    """A file has more bytes than are taken."""


class CannotListen(OSError):
    """The hub cannot listen where the settings say.

    `setting`: the one to change. `value`: what stands there. `why`: in the words of the system.
    """

    def __init__(self, setting: str, value: str, error: OSError) -> None:
        super().__init__(error.errno, str(error))
        self.setting = setting
        self.value = value
        is_systems = type(error).__module__ == "builtins" and error.errno is not None and error.errno > 0
        self.why = os.strerror(error.errno or 0) if is_systems else error.strerror or str(error)


_RETRIED = frozenset({Reason.UNREACHABLE, Reason.THROTTLED, Reason.MISCONFIGURED})


class SendError(Exception):
    """A send failed.

    `retry_after_s`: the provider's own waiting time, obeyed to the second. `moved_to`: the address under which the
    same chat is now found. `detail`: the provider's words, for the operator; never shown to a customer.
    """

    def __init__(
        self, reason: Reason, detail: str = "", *, retry_after_s: float | None = None, moved_to: str | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.moved_to = moved_to

    @property
    def is_retried(self) -> bool:
        return self.reason in _RETRIED or self.moved_to is not None
