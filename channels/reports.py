"""Delivery reports: what the far side says later of a message, taken forward only."""

from __future__ import annotations

from channels.models import MessageState
from channels.settling import tell
from kernel.unit import Work

# What a report may follow. A message that a lost lease left behind counts as sent: the report proves that it was.
_AFTER = {
    "sent": "(state IN ('leased', 'maybe_sent') OR (state = 'queued' AND tries > 0))",
    "delivered": "(state IN ('leased', 'maybe_sent', 'sent', 'failed') OR (state = 'queued' AND tries > 0))",
    "failed": "(state IN ('leased', 'maybe_sent', 'sent') OR (state = 'queued' AND tries > 0))",
}
REASON_LIMIT = 300


async def take(
    work: Work, account: str, status: str, *, message_id: int | None, external_id: str = "", reason: str = ""
) -> bool:
    """Note that a message of `account` was "sent", "delivered" or "failed"; False if that tells nothing new.

    It is named by our own id, or else by the provider's.
    """
    allowed = _AFTER.get(status)
    if allowed is None or (message_id is None and not external_id):
        return False
    row = await work.one(
        "UPDATE messages SET state = ?, reason = ?, settled_at = ?, external_id = COALESCE(external_id, ?)"
        f" WHERE direction = 'out' AND account = ? AND {'id' if message_id is not None else 'external_id'} = ?"
        f" AND {allowed} RETURNING id, purpose, ref_kind, ref_id, state, reason",
        MessageState(status).value,
        reason[:REASON_LIMIT] or None,
        work.now,
        external_id or None,
        account,
        message_id if message_id is not None else external_id,
    )
    if row is None:
        return False
    tell(work, row)
    return True
