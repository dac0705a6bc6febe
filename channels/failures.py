"""What becomes of a message whose sending failed. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels.errors import Reason, SendError
from channels.leases import HARMLESS, TOO_LATE, Leased
from channels.models import MessageState
from channels.settling import Outcome

RETRY_WAITS_S = (2, 10, 30, 120, 600, 1800, 3600)  # the last one repeats until the message is stale


def after_failure(leased: Leased, error: SendError, now: datetime, *, repeats_safely: bool = False) -> Outcome:
    """What a failed send becomes: tried again (when the provider or the schedule says) or settled for good.

    `repeats_safely`: the far side knows a repeat when it sees one, so that a send whose answer was lost is tried again,
    as what leaves the same when done twice always is.
    """
    outbound = leased.outbound
    repeats_safely = repeats_safely or outbound.operation in HARMLESS
    reason = _clean(f"{error.reason.value}: {error.detail}")[:300] if error.detail else error.reason.value
    if error.reason is Reason.UNCERTAIN and not repeats_safely:
        return Outcome(outbound.id, outbound.attempt, MessageState.MAYBE, reason=reason)
    if not error.is_retried and error.reason is not Reason.UNCERTAIN:
        return Outcome(outbound.id, outbound.attempt, MessageState.FAILED, reason=reason)
    wait_s = error.retry_after_s
    if wait_s is None:
        wait_s = 0 if error.moved_to else RETRY_WAITS_S[min(outbound.attempt, len(RETRY_WAITS_S)) - 1]
    due_at = now + timedelta(seconds=wait_s)
    if leased.stale_at is not None and due_at > leased.stale_at:
        return Outcome(outbound.id, outbound.attempt, MessageState.FAILED, reason=f"{TOO_LATE}, {reason}"[:300])
    return Outcome(
        outbound.id, outbound.attempt, MessageState.QUEUED, reason=reason, due_at=due_at, moved_to=error.moved_to
    )


def _clean(text: str) -> str:
    """A provider's words without what no column can hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
