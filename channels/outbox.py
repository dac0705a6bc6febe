"""The outbox: messages queued in the transaction that wants them, taken back or sent once more.

With `leases` and `settling` the only writer of an outbound message's state. Sending itself is the dispatcher's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct, field

from channels import attachments
from channels.contract import Address, Buttons, File, MessageId, Operation
from channels.models import Message, MessageState
from channels.settling import tell
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Work

URGENT, NORMAL, BULK = 0, 1, 5
SOON = timedelta(seconds=1)  # a dispatcher looks that often by itself: nobody is woken for what is held longer


class Ref(NamedTuple):
    """What a message is about, for those above: ("ticket", id), ("alert", id)."""

    kind: str
    id: int


class Draft(Struct, frozen=True):
    """A message to enqueue. `hold`: not before this has passed (it can be cancelled meanwhile).

    `target_id`: the message it edits or answers; `within_id`: the topic it stands in; both ids of ours, which
    drafts have from the start, so that a card and what hangs on it are written together. `automatic` is False only
    where a person wrote the text. A message whose `files` are not all here waits for them. `patience`: those above are
    told if it has not left by then.
    """

    channel: str
    account: str
    address: Address
    purpose: str
    text: str
    ref: Ref | None = None
    operation: Operation = Operation.SEND
    subject: str = ""
    buttons: Buttons = ()
    target_id: int | None = None
    within_id: int | None = None
    token: str = ""
    references: tuple[str, ...] = ()
    automatic: bool = True
    priority: int = NORMAL
    hold: timedelta = timedelta()
    patience: timedelta | None = None
    stale_after: timedelta = timedelta(hours=24)
    files: tuple[File, ...] = ()
    files_from: str = ""  # the account by which those are fetched that are not in the file store yet
    id: MessageId = field(default_factory=lambda: MessageId(ids.new()))


async def enqueue(work: Work, drafts: Sequence[Draft]) -> list[MessageId]:
    """Queue `drafts` in the caller's transaction, in their order; they leave only if it commits.

    An edit replaces edits of the same message that have not left yet.
    """
    if not drafts:
        return []
    edited = [draft.target_id for draft in drafts if draft.operation is Operation.EDIT and draft.target_id]
    if edited:
        await _drop_edits(work, edited)
    new = [_row(draft, work.now) for draft in drafts]
    await work.insert(Message, new)
    await attachments.record(work, [(draft.files_from, draft.id, draft.files) for draft in drafts if draft.files])
    if any(draft.hold < SOON for draft in drafts):
        work.poke("dispatch")
    return [draft.id for draft in drafts]


async def cancel(work: Work, message_id: int) -> bool:
    """Take a queued message back; False if it has left, or a dispatcher has it already."""
    row = await work.one(
        "UPDATE messages SET state = 'cancelled', settled_at = ? WHERE id = ? AND state = 'queued' AND tries = 0"
        " RETURNING id, purpose, ref_kind, ref_id, state, reason",
        work.now,
        message_id,
    )
    if row is None:
        return False
    tell(work, row)
    return True


async def withdraw(work: Work, message_id: int, reason: str) -> bool:
    """Take back a message that waits, or is to be tried again. False if it is under way, or may have left: a try that
    is under way is the last one then.
    """
    row = await work.one(
        "UPDATE messages SET state = 'cancelled', reason = ?, settled_at = ? WHERE id = ? AND state = 'queued'"
        " RETURNING id, purpose, ref_kind, ref_id, state, reason",
        reason,
        work.now,
        message_id,
    )
    if row is None:
        await work.change("UPDATE messages SET stale_at = ? WHERE id = ? AND state = 'leased'", work.now, message_id)
        return False
    tell(work, row)
    return True


async def rewrite(work: Work, message_id: int, text: str, buttons: Buttons) -> bool:
    """Another text for a queued message; False if it has left, or a dispatcher has it already."""
    new = {"id": message_id, "text": text, "buttons": _stored(buttons)}
    return bool(await work.update(Message, [new], where="t.state = 'queued' AND t.tries = 0", returning="id"))


async def requeue(work: Work, message_id: int) -> bool:
    """Send a failed or withheld message once more, as a new attempt; False if there is none of that id."""
    changed = await work.change(
        "UPDATE messages SET state = 'queued', due_at = ?, stale_at = NULL, overdue_at = NULL, reason = NULL,"
        " settled_at = NULL"
        " WHERE id = ? AND state IN ('failed', 'maybe_sent', 'withheld') AND direction = 'out'",
        work.now,
        message_id,
    )
    work.poke("dispatch")
    return changed == 1


async def _drop_edits(work: Work, targets: Sequence[int]) -> None:
    await work.change(
        "UPDATE messages SET state = 'cancelled', settled_at = ?"
        f" WHERE operation = 'edit' AND state = 'queued' AND target_id IN ({rows.marks(targets)})",
        work.now,
        *targets,
    )


def _row(draft: Draft, now: datetime) -> Row:
    return {
        "id": draft.id,
        "direction": "out",
        "channel": draft.channel,
        "account": draft.account,
        "address": draft.address.value,
        "operation": draft.operation.value,
        "purpose": draft.purpose,
        "ref_kind": draft.ref.kind if draft.ref else None,
        "ref_id": draft.ref.id if draft.ref else None,
        "target_id": draft.target_id,
        "within_id": draft.within_id,
        "subject": draft.subject,
        "text": draft.text,
        "buttons": _stored(draft.buttons),
        "token": draft.token or None,
        "refers_to": " ".join(draft.references) or None,
        "automatic": draft.automatic,
        "state": MessageState.QUEUED.value,
        "priority": draft.priority,
        "tries": 0,
        "due_at": now + draft.hold if all(file.kept for file in draft.files) else None,
        "stale_at": now + draft.hold + draft.stale_after,
        "overdue_at": None if draft.patience is None else now + draft.hold + draft.patience,
        "created_at": now,
        "enclosed": attachments.count(draft.files),
    }


def _stored(buttons: Buttons) -> list[list[list[str]]] | None:
    return [[[button.label, button.code] for button in line] for line in buttons] or None
