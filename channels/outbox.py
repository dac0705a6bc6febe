"""The outbox: messages queued in the transaction that wants them, claimed under leases, settled in batches.

The only writer of an outbound message's state. Sending itself is the dispatcher's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from channels.contract import Address, Button, Buttons, MessageId, Operation, Outbound
from channels.errors import Reason, SendError
from channels.events import MessageSettled
from channels.models import Attempt, Message, MessageState
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work

LEASE = timedelta(seconds=90)  # longer than any send may take, deadline included
RETRY_WAITS_S = (2, 10, 30, 120, 600, 1800, 3600)  # the last one repeats until the message is stale
BLOCK_WINDOW = timedelta(seconds=60)
URGENT, NORMAL, BULK = 0, 1, 5
TOO_LATE = "too late"


class Ref(NamedTuple):
    """What a message is about, for those above: ("ticket", id), ("alert", id)."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to enqueue. `hold`: not before this has passed (it can be cancelled meanwhile).

    `target_id`: the message it edits or answers; `within_id`: the topic it stands in; both ids of ours, which
    drafts have from the start, so that a card and what hangs on it are written together.
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
    priority: int = NORMAL
    hold: timedelta = timedelta()
    stale_after: timedelta = timedelta(hours=24)
    id: MessageId = field(default_factory=lambda: MessageId(ids.new()))


@dataclass(frozen=True, slots=True)
class Leased:
    """A claimed message, ready for its adapter, and what settling it needs to know."""

    outbound: Outbound
    account: str
    stale_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try ended. `due_at` is set where it is to be tried again; `moved_to` where the chat has a new address."""

    id: MessageId
    attempt: int
    state: MessageState
    external_id: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    moved_to: str | None = None


# -- writing -------------------------------------------------------------------------------------------------------


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
    _tell(work, row)
    return True


async def requeue(work: Work, message_id: int) -> bool:
    """Send a failed message once more, as a new attempt; False if there is no failed message of that id."""
    changed = await work.change(
        "UPDATE messages SET state = 'queued', due_at = ?, stale_at = NULL, reason = NULL, settled_at = NULL"
        " WHERE id = ? AND state IN ('failed', 'maybe_sent') AND direction = 'out'",
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
    buttons = [[[button.label, button.code] for button in line] for line in draft.buttons]
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
        "buttons": buttons or None,
        "state": MessageState.QUEUED.value,
        "priority": draft.priority,
        "tries": 0,
        "due_at": now + draft.hold,
        "stale_at": now + draft.hold + draft.stale_after,
        "created_at": now,
    }


# -- claiming ------------------------------------------------------------------------------------------------------

# The head of each address's line: nothing of the address is leased, and nothing before it is due soon or being retried.
# Written so that both engines walk messages_queued in its order and stop at the limit: IS TRUE keeps them from sorting
# all that is due (six times slower at 8,000 rows), OFFSET keeps PostgreSQL from joining the whole queue (150 times).
_CLAIM = """
UPDATE messages SET state = 'leased', tries = tries + 1, lease_until = ? WHERE id IN (
    SELECT m.id FROM messages AS m
    WHERE m.state = 'queued' AND (m.due_at <= ?) IS TRUE AND m.channel = ? AND m.account = ? AND NOT EXISTS (
        SELECT 1 FROM messages AS e
        WHERE e.state IN ('queued', 'leased') AND e.account = m.account AND e.address = m.address AND e.id <> m.id
          AND (e.state = 'leased' OR (
              (e.priority < m.priority OR (e.priority = m.priority AND e.id < m.id))
              AND (e.due_at <= ? OR e.tries > 0))) LIMIT 1 OFFSET 0)
    ORDER BY m.priority, m.id LIMIT ? {lock})
RETURNING id, account, address, operation, subject, text, buttons, target_id, within_id, tries, stale_at, created_at,
    priority
"""


async def claim(work: Work, channel: str, account: str, *, limit: int) -> list[Leased]:
    """Lease up to `limit` messages of one account, answers before bulk, at most one an address.

    What they edit, answer or stand in is looked up too; an edit of something that never left is settled as gone.
    """
    lock = "FOR UPDATE OF m SKIP LOCKED" if work.is_postgres else ""
    claimed = await work.fetch(
        _CLAIM.format(lock=lock),
        datetime.now(UTC) + LEASE,
        work.now,
        channel,
        account,
        work.now + BLOCK_WINDOW,
        limit,
    )
    if not claimed:
        return []
    late = [row for row in claimed if row["stale_at"] is not None and rows.instant(row["stale_at"]) <= work.now]
    useful = [row for row in claimed if row not in late]
    found = await _external_ids(work, useful)
    ready = [row for row in useful if not _is_orphan(row, found)]
    orphans = [row for row in useful if _is_orphan(row, found)]
    await settle(work, [*map(_gone, orphans), *map(_too_late, late)])
    ready.sort(key=lambda row: (row["priority"], row["id"]))  # the first draw on the budgets
    return [_leased(row, found) for row in ready]


async def release(work: Work, held: Sequence[tuple[Leased, datetime]]) -> None:
    """Give leases back unsent, due again at the given times (a budget was empty)."""
    await work.update(
        Message,
        [
            {
                "id": leased.outbound.id,
                "state": MessageState.QUEUED.value,
                "tries": leased.outbound.attempt - 1,
                "due_at": due_at,
            }
            for leased, due_at in held
        ],
        where="t.state = 'leased'",
    )


async def _external_ids(work: Work, claimed: Sequence[Row]) -> dict[int, str]:
    wanted = {row[key] for row in claimed for key in ("target_id", "within_id") if row[key]}
    if not wanted:
        return {}
    found = await work.fetch(
        f"SELECT id, external_id FROM messages WHERE external_id IS NOT NULL AND id IN ({rows.marks(list(wanted))})",
        *wanted,
    )
    return {row["id"]: row["external_id"] for row in found}


def _is_orphan(row: Row, found: dict[int, str]) -> bool:
    needs_target = row["operation"] in (Operation.EDIT, Operation.CLOSE_TOPIC, Operation.REOPEN_TOPIC)
    return needs_target and row["target_id"] not in found


def _gone(row: Row) -> Outcome:
    return Outcome(MessageId(row["id"]), row["tries"], MessageState.CANCELLED, reason=Reason.GONE.value)


def _too_late(row: Row) -> Outcome:
    return Outcome(MessageId(row["id"]), row["tries"], MessageState.FAILED, reason=TOO_LATE)


def _leased(row: Row, found: dict[int, str]) -> Leased:
    buttons: Buttons = tuple(
        tuple(Button(label, code) for label, code in line) for line in rows.json(row["buttons"]) or []
    )
    outbound = Outbound(
        id=MessageId(row["id"]),
        attempt=row["tries"],
        operation=Operation(row["operation"]),
        address=Address("", row["address"]),
        text=row["text"],
        subject=row["subject"],
        buttons=buttons,
        target=found.get(row["target_id"], ""),
        within=found.get(row["within_id"], ""),
    )
    return Leased(outbound, row["account"], rows.maybe_instant(row["stale_at"]), rows.instant(row["created_at"]))


# -- settling ------------------------------------------------------------------------------------------------------


def after_failure(leased: Leased, error: SendError, now: datetime) -> Outcome:
    """What a failed send becomes: tried again (when the provider or the schedule says) or settled for good. Pure."""
    outbound = leased.outbound
    reason = _clean(f"{error.reason.value}: {error.detail}")[:300] if error.detail else error.reason.value
    if error.reason is Reason.UNCERTAIN:
        return Outcome(outbound.id, outbound.attempt, MessageState.MAYBE, reason=reason)
    if not error.is_retried:
        return Outcome(outbound.id, outbound.attempt, MessageState.FAILED, reason=reason)
    wait_s = error.retry_after_s
    if wait_s is None:
        wait_s = 0 if error.moved_to else RETRY_WAITS_S[min(outbound.attempt, len(RETRY_WAITS_S)) - 1]
    due_at = now + timedelta(seconds=wait_s)
    if leased.stale_at is not None and due_at > leased.stale_at:
        return Outcome(outbound.id, outbound.attempt, MessageState.FAILED, reason=f"too late, {reason}"[:300])
    return Outcome(
        outbound.id, outbound.attempt, MessageState.QUEUED, reason=reason, due_at=due_at, moved_to=error.moved_to
    )


def _clean(text: str) -> str:
    """A provider's words without what no column can hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


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
            _tell(work, row)


async def recover(work: Work, channel: str, account: str, *, repeats_safely: bool) -> int:
    """Settle leases whose dispatcher died: sent again where that is safe, else "maybe sent"."""
    lost = await work.fetch(
        "UPDATE messages SET state = ?, due_at = ?, reason = 'the hub stopped while sending', settled_at = ?"
        " WHERE state = 'leased' AND channel = ? AND account = ? AND lease_until < ?"
        " RETURNING id, purpose, ref_kind, ref_id, state, reason",
        (MessageState.QUEUED if repeats_safely else MessageState.MAYBE).value,
        work.now,
        None if repeats_safely else work.now,
        channel,
        account,
        datetime.now(UTC),
    )
    for row in lost:
        if row["state"] != MessageState.QUEUED:
            _tell(work, row)
    return len(lost)


async def expire(work: Work, channel: str, account: str) -> int:
    """Fail what has waited past its use; nothing is sent late without saying so."""
    stale = await work.fetch(
        "UPDATE messages SET state = 'failed', reason = 'too late', settled_at = ?"
        " WHERE state = 'queued' AND channel = ? AND account = ? AND stale_at < ?"
        " RETURNING id, purpose, ref_kind, ref_id, state, reason",
        work.now,
        channel,
        account,
        work.now,
    )
    for row in stale:
        _tell(work, row)
    return len(stale)


async def next_due(reader: Reader, channel: str, account: str) -> datetime | None:
    """When the earliest queued message of the account is due."""
    row = await reader.one(
        "SELECT min(due_at) AS due_at FROM messages WHERE state = 'queued' AND channel = ? AND account = ?",
        channel,
        account,
    )
    return rows.maybe_instant(row["due_at"]) if row else None


async def _move(work: Work, account: str, old: str, new: str) -> None:
    """A chat has a new address: whatever still waits for the old one goes there."""
    await work.change(
        "UPDATE messages SET address = ? WHERE account = ? AND address = ? AND state = 'queued'", new, account, old
    )


def _tell(work: Work, row: Row) -> None:
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
