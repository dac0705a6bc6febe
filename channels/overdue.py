"""Messages that should have left by now: those above are told once, and may try another way. What they do is theirs."""

from __future__ import annotations

from collections.abc import Sequence

from channels.contract import MessageId
from channels.events import MessageOverdue
from channels.models import MessageState
from kernel import rows
from kernel.timers import Source
from kernel.unit import Work

# Of what is not known to have left; the index messages_overdue has these very words.
OPEN = "state IN ('queued', 'leased', 'maybe_sent')"
_WAITING = (
    "SELECT id, due_at FROM (SELECT id, overdue_at AS due_at FROM messages"
    f" WHERE overdue_at IS NOT NULL AND {OPEN}) AS late WHERE 1 = 1"
)


async def fire(work: Work, messages: Sequence[int]) -> int:
    """Tell of those of `messages` that are overdue, each once; returns how many."""
    if not messages:
        return 0
    late = await work.fetch(
        f"UPDATE messages SET overdue_at = NULL WHERE overdue_at <= ? AND {OPEN} AND id IN ({rows.marks(messages)})"
        " RETURNING id, state, purpose, ref_kind, ref_id",
        work.now,
        *messages,
    )
    for row in sorted(late, key=lambda row: row["id"]):
        state = MessageState(row["state"])
        work.say(MessageOverdue(MessageId(row["id"]), state, row["purpose"], row["ref_kind"], row["ref_id"]))
    return len(late)


SOURCE = Source("overdue", _WAITING, fire)
