"""Settling: how each try to send ended, written once, and told to those above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from channels.contract import MessageId
from channels.events import MessageSettled
from channels.models import Attempt, Message, MessageState
from kernel import ids
from kernel.rows import Row
from kernel.unit import Work


class Outcome(Struct, frozen=True):
    """How one try ended. `due_at` is set where it is to be tried again; `moved_to` where the chat has a new address."""

    id: MessageId
    attempt: int
    state: MessageState
    external_id: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    moved_to: str | None = None


async def settle(work: Work, outcomes: Sequence[Outcome]) -> None:
    """Write how sends ended, one attempt row each, and tell those above. A lease lost meanwhile changes nothing."""
    if not outcomes:
        return
    changed = await work.update(
        Message,
        [
            {
                "id": outcome.id,
                "tries": outcome.attempt,
                "state": outcome.state.value,
                "external_id": outcome.external_id,
                "reason": outcome.reason,
                "due_at": outcome.due_at,
                "settled_at": None if outcome.state is MessageState.QUEUED else work.now,
            }
            for outcome in outcomes
        ],
        where="t.state = 'leased' AND t.tries = v.tries",
        returning="id, purpose, ref_kind, ref_id, state, reason, account, address",
    )
    attempts = [_attempt(outcome, work.now) for outcome in outcomes]
    # settled before, and only the answer to that commit was lost: written again, it must not hold up all others
    await work.insert(Attempt, attempts, conflict="ON CONFLICT (message_id, number) DO NOTHING")
    moves = {outcome.id: outcome.moved_to for outcome in outcomes if outcome.moved_to}
    for row in changed:
        if row["id"] in moves:
            await _move(work, row["account"], row["address"], moves[row["id"]] or "")
        if row["state"] != MessageState.QUEUED:
            tell(work, row)


async def _move(work: Work, account: str, old: str, new: str) -> None:
    """A chat has a new address: whatever still waits for the old one goes there."""
    await work.change(
        "UPDATE messages SET address = ? WHERE account = ? AND address = ? AND state = 'queued'", new, account, old
    )


def tell(work: Work, row: Row) -> None:
    state = MessageState(row["state"])
    work.say(MessageSettled(MessageId(row["id"]), state, row["purpose"], row["ref_kind"], row["ref_id"], row["reason"]))


def _attempt(outcome: Outcome, now: datetime) -> Row:
    return {
        "id": ids.new(),
        "message_id": outcome.id,
        "number": outcome.attempt,
        "at": now,
        "outcome": outcome.state.value,
        "detail": outcome.reason,
    }
