"""Inbound messages once understood: their rows, so that replies and listings find them. Sending is the outbox's."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from channels import attachments
from channels.contract import Inbound, MessageId
from channels.intake import Claimed
from channels.models import Message, MessageState
from channels.outbox import Ref
from kernel import rows
from kernel.unit import Reader, Work


class Arrived(Struct, frozen=True):
    """A stored message and what parsing made of it, on their way through the house together."""

    claimed: Claimed
    inbound: Inbound

    @property
    def id(self) -> MessageId:
        """An inbound message keeps the id of its raw row."""
        return MessageId(self.claimed.id)

    @property
    def is_way_proven(self) -> bool:
        """Answers go to the sender himself, and he was proved to be who the message says."""
        return self.inbound.proven and self.inbound.address == self.inbound.sender

    @property
    def channel(self) -> str:
        return self.claimed.raw.channel

    @property
    def account(self) -> str:
        return self.claimed.raw.account


class Known(Struct, frozen=True):
    """A message of ours found by the id the provider gave it."""

    id: MessageId
    purpose: str
    ref: Ref | None
    is_ours: bool  # it went out


async def record(work: Work, arrived: Sequence[Arrived], refs: Sequence[Ref | None]) -> None:
    """Write the rows of inbound messages; `refs` say what each belongs to: what belongs to nothing has no files."""
    pairs = list(zip(arrived, refs, strict=True))
    await work.insert(Message, [_row(one, ref, work) for one, ref in pairs])
    await attachments.record(
        work, [(one.account, one.id, one.inbound.files) for one, ref in pairs if ref is not None and one.inbound.files]
    )


async def find(reader: Reader, keys: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], Known]:
    """Messages by (account, address, external id), for replies and presses that name one. At most 500 keys."""
    if not keys:
        return {}
    found = await reader.fetch(
        "SELECT id, account, address, external_id, purpose, ref_kind, ref_id, direction FROM messages"
        f" WHERE external_id IS NOT NULL AND (account, address, external_id) {rows.among(3, len(keys))}",
        *(part for key in keys for part in key),
    )
    return {(row["account"], row["address"], row["external_id"]): _known(row) for row in found}


async def above(reader: Reader, account: str, address: str, external_id: str) -> MessageId | None:
    """Ours above a button that was pressed there; None if it is none of ours.

    Who is quick presses before we have noted that it is out: then it is the one with buttons that is on its way there.
    """
    key = (account, address, external_id)
    if known := (await find(reader, [key])).get(key):
        return known.id
    row = await reader.one(
        "SELECT id FROM messages WHERE account = ? AND address = ? AND state = 'leased' AND operation = 'send'"
        " AND buttons IS NOT NULL ORDER BY priority, id LIMIT 1",
        account,
        address,
    )
    return MessageId(row["id"]) if row else None


async def named(reader: Reader, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """Messages by (account, external id), in either direction: what the references of a mail name. At most 500."""
    if not names:
        return {}
    found = await reader.fetch(
        "SELECT id, account, external_id, purpose, ref_kind, ref_id, direction FROM messages"
        f" WHERE external_id IS NOT NULL AND (account, external_id) {rows.among(2, len(names))}",
        *(part for name in names for part in name),
    )
    return {(row["account"], row["external_id"]): _known(row) for row in found}


def _known(row: rows.Row) -> Known:
    ref = Ref(row["ref_kind"], row["ref_id"]) if row["ref_kind"] else None
    return Known(MessageId(row["id"]), row["purpose"], ref, row["direction"] == "out")


def _row(one: Arrived, ref: Ref | None, work: Work) -> rows.Row:
    inbound = one.inbound
    return {
        "id": one.id,
        "direction": "in",
        "channel": one.channel,
        "account": one.account,
        "address": inbound.address.value,
        "operation": "send",
        "purpose": "message",
        "ref_kind": ref.kind if ref else None,
        "ref_id": ref.id if ref else None,
        "external_id": inbound.external_id or None,
        "subject": inbound.subject[:500],
        "text": inbound.text,
        "refers_to": " ".join(inbound.references) or None,
        "sent_to": " ".join(one for one in inbound.recipients if len(one.split()) == 1) or None,
        "automatic": inbound.automatic,
        "dmarc": inbound.dmarc.value if inbound.dmarc else None,
        "state": MessageState.RECEIVED.value,
        "priority": 1,
        "tries": 0,
        "created_at": work.now,
        "enclosed": attachments.count(inbound.files) if ref is not None else 0,
    }
