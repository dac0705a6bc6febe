"""Leases: who may send which message next, and what becomes of leases and messages left too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from channels import attachments, optouts
from channels import quiet as quiet_mode
from channels.attachments import Held
from channels.contract import Address, Button, Buttons, File, MessageId, Operation, Outbound
from channels.errors import Reason
from channels.models import Message, MessageState
from channels.quiet import Quiet
from channels.settling import Outcome, settle, tell
from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader, Work

LEASE = timedelta(seconds=90)  # longer than any send may take, deadline included
BLOCK_WINDOW = timedelta(seconds=60)
FILE_WINDOW = timedelta(minutes=5)  # what was written behind an answer that waits for a file waits so long for it
TOO_LATE = "too late"
STOPPED = "the hub stopped while sending"
# Done twice they leave what they leave once, on any channel.
HARMLESS = frozenset({Operation.EDIT, Operation.TOAST, Operation.CLOSE_TOPIC, Operation.REOPEN_TOPIC})


class Leased(Struct, frozen=True):
    """A claimed message, ready for its adapter, and what settling it needs to know."""

    outbound: Outbound
    account: str
    stale_at: datetime | None
    created_at: datetime


class Lost(Struct, frozen=True):
    """A message that was being sent when its dispatcher died; its lease ended then."""

    outbound: Outbound
    account: str
    ended_at: datetime


class Claim(Struct, frozen=True):
    """What one claim has brought. `useless`: how many it has settled instead: who stands behind them may be due."""

    ready: Sequence[Leased] = ()
    useless: int = 0


# The head of each address's line: nothing of the address is leased, and nothing before it is due soon, being retried or
# waiting for its file, which has no due time yet.
# A toast answers a press within seconds and stands in no line.
# Written so that both engines walk messages_queued in its order and stop at the limit: IS TRUE keeps them from sorting
# all that is due (six times slower at 8,000 rows), OFFSET keeps PostgreSQL from joining the whole queue (150 times),
# MATERIALIZED from choosing once a row, each time past what it has locked already: it would lease the whole queue.
_CLAIM = """
WITH chosen AS MATERIALIZED (
    SELECT m.id FROM messages AS m
    WHERE m.state = 'queued' AND (m.due_at <= ?) IS TRUE AND m.channel = ? AND m.account = ?
      AND (m.operation = 'toast' OR NOT EXISTS (
        SELECT 1 FROM messages AS e
        WHERE e.state IN ('queued', 'leased') AND e.account = m.account AND e.address = m.address AND e.id <> m.id
          AND e.operation <> 'toast' AND (e.state = 'leased' OR (
              (e.priority < m.priority OR (e.priority = m.priority AND e.id < m.id))
              AND (e.due_at <= ? OR e.tries > 0 OR (e.due_at IS NULL AND e.created_at > ?)))) LIMIT 1 OFFSET 0))
    ORDER BY m.priority, m.id LIMIT ? {lock})
UPDATE messages SET state = 'leased', tries = tries + 1, lease_until = ? WHERE id IN (SELECT id FROM chosen)
RETURNING id, account, address, operation, subject, text, buttons, target_id, within_id, tries, stale_at, created_at,
    priority, token, refers_to, automatic, purpose, enclosed
"""


async def claim(
    work: Work, channel: str, account: str, *, scheme: str, limit: int, quiet: Quiet | None = None
) -> Claim:
    """Lease up to `limit` messages of one account, answers before bulk, at most one an address.

    `scheme`: of the account's addresses. What they edit, answer or stand in is looked up too; an edit of something
    that never left is settled as gone, a message too late or no longer wanted as failed. Whatever leaves is claimed
    here first: so here, and nowhere else, quiet mode withholds what is not for staff.
    """
    lock = "FOR UPDATE OF m SKIP LOCKED" if work.is_postgres else ""
    claimed = await work.fetch(
        _CLAIM.format(lock=lock),
        work.now,
        channel,
        account,
        work.now + BLOCK_WINDOW,
        work.now - FILE_WINDOW,
        limit,
        datetime.now(UTC) + LEASE,
    )
    if not claimed:
        return Claim()
    found = await _external_ids(work, claimed)
    files = await attachments.of_messages(work, [row["id"] for row in claimed if row["enclosed"]])
    barred = await optouts.barred(work, scheme, ((row["address"], row["purpose"]) for row in claimed))
    outside = await quiet.barred(work, scheme, [row["address"] for row in claimed]) if quiet else frozenset()
    ready, useless = [], []
    for row in claimed:
        stale_at = rows.maybe_instant(row["stale_at"])
        if row["address"] in outside:
            reason = quiet_mode.REASON
            useless.append(Outcome(MessageId(row["id"]), row["tries"], MessageState.WITHHELD, reason=reason))
        elif stale_at is not None and stale_at <= work.now:
            useless.append(Outcome(MessageId(row["id"]), row["tries"], MessageState.FAILED, reason=TOO_LATE))
        elif (row["address"], row["purpose"]) in barred:
            reason = Reason.OPTED_OUT.value
            useless.append(Outcome(MessageId(row["id"]), row["tries"], MessageState.FAILED, reason=reason))
        elif _is_orphan(row, found):
            useless.append(
                Outcome(MessageId(row["id"]), row["tries"], MessageState.CANCELLED, reason=Reason.GONE.value)
            )
        else:
            ready.append((row["priority"], row["id"], _leased(row, found, stale_at, scheme, files.get(row["id"], ()))))
    await settle(work, useless)
    ready.sort(key=lambda one: one[:2])  # the first draw on the budgets
    return Claim([leased for _, _, leased in ready], len(useless))


async def release(work: Work, held: Sequence[tuple[Leased, datetime]]) -> None:
    """Give leases back unsent, due again at the given times (a budget was empty)."""
    if not held:
        return
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


def _leased(
    row: Row, found: dict[int, str], stale_at: datetime | None, scheme: str, files: Sequence[Held] = ()
) -> Leased:
    created_at = rows.instant(row["created_at"])
    outbound = Outbound(
        id=MessageId(row["id"]),
        attempt=row["tries"],
        operation=Operation(row["operation"]),
        address=Address(scheme, row["address"]),
        text=row["text"],
        subject=row["subject"],
        buttons=_buttons(row["buttons"]) if row["buttons"] else (),
        target=found.get(row["target_id"], ""),
        within=found.get(row["within_id"], ""),
        token=row["token"] or "",
        references=tuple((row["refers_to"] or "").split()),
        automatic=bool(row["automatic"]),
        may_stop=row["purpose"] in optouts.TO_MANY,
        first_at=created_at,
        files=tuple(File(one.name, one.content_type, one.size, kept=one.kept) for one in files),
    )
    return Leased(outbound, row["account"], stale_at, created_at)


def _buttons(stored: str) -> Buttons:
    return tuple(tuple(Button(label, code) for label, code in line) for line in rows.json(stored))


async def recover(
    work: Work,
    channel: str,
    account: str,
    *,
    repeats_safely: bool,
    spare: Sequence[int] = (),
    is_witnessed: bool = False,
) -> int:
    """Settle leases whose dispatcher died: sent again where that is safe, else "maybe sent".

    `spare`: messages that a living dispatcher has in hand. `is_witnessed`: the far side is asked about the rest (see
    `lost`), which stays leased until it has told.
    """
    again = list(Operation) if repeats_safely else list(HARMLESS)
    lost = [f"channel = ? AND account = ? AND id NOT IN ({rows.marks([0, *spare])})", channel, account, 0, *spare]
    repeated = await _give_up(work, MessageState.QUEUED, None, f"operation IN ({rows.marks(again)})", again, lost)
    maybe = [] if is_witnessed else await _give_up(work, MessageState.MAYBE, work.now, "1 = 1", [], lost)
    for row in maybe:
        tell(work, row)
    return len(repeated) + len(maybe)


async def lost(
    reader: Reader, channel: str, account: str, scheme: str, *, spare: Sequence[int], limit: int
) -> list[Lost]:
    """Messages whose dispatcher died while it sent them, the oldest first. `spare`: as in `recover`."""
    found = await reader.fetch(
        "SELECT * FROM messages WHERE state = 'leased' AND lease_until < ? AND channel = ? AND account = ?"
        f" AND id NOT IN ({rows.marks([0, *spare])}) ORDER BY id LIMIT ?",
        datetime.now(UTC),
        channel,
        account,
        0,
        *spare,
        limit,
    )
    return [
        Lost(_leased(row, {}, None, scheme).outbound, row["account"], rows.instant(row["lease_until"])) for row in found
    ]


async def _give_up(
    work: Work, state: MessageState, settled_at: datetime | None, which: str, values: Sequence[str], lost: list[Any]
) -> list[Row]:
    condition, *of_whom = lost
    return await work.fetch(
        "UPDATE messages SET state = ?, due_at = ?, reason = ?, settled_at = ?"
        f" WHERE state = 'leased' AND lease_until < ? AND {condition} AND {which}"
        " RETURNING id, purpose, ref_kind, ref_id, state, reason",
        state.value,
        work.now,
        STOPPED,
        settled_at,
        datetime.now(UTC),
        *of_whom,
        *values,
    )


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
        tell(work, row)
    return len(stale)


async def next_due(reader: Reader, channel: str, account: str) -> datetime | None:
    """When the next queued message of the account comes due. What is due already waits for its line, not its time."""
    row = await reader.one(
        "SELECT min(due_at) AS due_at FROM messages"
        " WHERE state = 'queued' AND channel = ? AND account = ? AND due_at > ?",
        channel,
        account,
        reader.now,
    )
    return rows.maybe_instant(row["due_at"]) if row else None


async def assume_sent(work: Work) -> int:
    """Settle all that waits as maybe sent: after a restore of old rows, what waited then may have left since."""
    settled = await work.fetch(
        "UPDATE messages SET state = 'maybe_sent', reason = 'waiting when the backup was made', settled_at = ?"
        " WHERE state IN ('queued', 'leased') RETURNING id",
        work.now,
    )
    return len(settled)


async def count_waiting(reader: Reader) -> int:
    """How many messages wait to be sent."""
    found = await reader.one("SELECT count(*) AS waiting FROM messages WHERE state IN ('queued', 'leased')")
    return int(found["waiting"]) if found else 0
