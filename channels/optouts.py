"""Opt-outs: which addresses want none of our automatic messages, by purpose. Asked again when each is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from channels.contract import Address
from channels.models import OptOut
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work

# What a person may opt out of. Answers that colleagues write are not here, nor what he is told about his opt-out.
PURPOSES = ("notice", "campaign", "acknowledgement", "greeting", "survey")

# What a person may name to keep the rest: a word of his → the purposes it stands for.
TOPICS: Mapping[str, Sequence[str]] = {
    "notices": ("notice",),
    "campaigns": ("campaign",),
    "receipts": ("acknowledgement", "greeting", "survey"),
}

# Those that go to many at once, and tell each how to stop them.
TO_MANY = frozenset({"notice", "campaign"})


async def stop(work: Work, address: Address, *, purposes: Sequence[str] = PURPOSES, source_id: int | None) -> bool:
    """Send no more of these to `address`; False if it was so already. `source_id`: the message that asked for it."""
    new = [
        {
            "id": ids.new(),
            "scheme": address.scheme,
            "value": address.value,
            "purpose": purpose,
            "since": work.now,
            "source_id": source_id,
        }
        for purpose in purposes
    ]
    made = await work.insert(
        OptOut, new, conflict="ON CONFLICT (scheme, value, purpose) WHERE until IS NULL DO NOTHING", returning="id"
    )
    return bool(made)


async def start(
    work: Work, address: Address, *, purposes: Sequence[str] = PURPOSES, source_id: int | None = None
) -> bool:
    """Send these again; False if nothing was stopped. The rows stay as the history of what was asked."""
    changed = await work.change(
        "UPDATE opt_outs SET until = ?, ended_by_id = ? WHERE scheme = ? AND value = ? AND until IS NULL"
        f" AND purpose IN ({rows.marks(purposes)})",
        work.now,
        source_id,
        address.scheme,
        address.value,
        *purposes,
    )
    return changed > 0


class Turn(Struct, frozen=True):
    """A line of the ledger: from `at` on the address wanted messages of a purpose again, or none of them.

    `source_id`: the message that asked for it, with its `channel` and `text` as far as they are still kept.
    """

    address: Address
    purpose: str
    is_wanted: bool
    at: datetime
    source_id: int | None
    channel: str
    text: str


async def ledger(reader: Reader, addresses: Sequence[Address], *, limit: int = 200) -> list[Turn]:
    """What was asked at these addresses, the newest first."""
    if not addresses:
        return []
    found = await reader.fetch(
        "SELECT o.*, s.text AS since_text, s.channel AS since_channel, e.text AS until_text,"
        " e.channel AS until_channel FROM opt_outs AS o LEFT JOIN messages AS s ON s.id = o.source_id"
        " LEFT JOIN messages AS e ON e.id = o.ended_by_id"
        f" WHERE (o.scheme, o.value) {rows.among(2, len(addresses))} ORDER BY o.since DESC, o.id DESC LIMIT ?",
        *(part for one in addresses for part in (one.scheme, one.value)),
        limit,
    )
    turns = [turn for row in found for turn in _turns(row)]
    return sorted(turns, key=lambda one: one.at, reverse=True)


def _turns(row: Row) -> list[Turn]:
    address = Address(row["scheme"], row["value"])
    since, until = rows.instant(row["since"]), rows.maybe_instant(row["until"])
    begun = (row["source_id"], row["since_channel"] or "", row["since_text"] or "")
    turns = [Turn(address, row["purpose"], False, since, *begun)]
    if until is not None:
        ended = (row["ended_by_id"], row["until_channel"] or "", row["until_text"] or "")
        turns.append(Turn(address, row["purpose"], True, until, *ended))
    return turns


async def barred(reader: Reader, scheme: str, wanted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the (address, purpose) pairs that are opted out."""
    asked = [pair for pair in dict.fromkeys(wanted) if pair[1] in PURPOSES]
    if not asked:
        return set()
    found = await reader.fetch(
        "SELECT value, purpose FROM opt_outs WHERE until IS NULL AND scheme = ?"
        f" AND (value, purpose) {rows.among(2, len(asked))}",
        scheme,
        *(part for pair in asked for part in pair),
    )
    return {(row["value"], row["purpose"]) for row in found}


async def stands(reader: Reader, address: Address, purpose: str) -> bool:
    """True if this very purpose is stopped, whether or not it is one that customers opt out of."""
    row = await reader.one(
        "SELECT id FROM opt_outs WHERE until IS NULL AND scheme = ? AND value = ? AND purpose = ?",
        address.scheme,
        address.value,
        purpose,
    )
    return row is not None
