"""Opt-outs: which addresses want none of our automatic messages, by purpose. Asked again when each is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from channels.contract import Address
from channels.models import OptOut
from kernel import ids, rows
from kernel.unit import Reader, Work

# What a person may opt out of. Answers that colleagues write are not here, nor what he is told about his opt-out.
PURPOSES = ("notice", "campaign", "acknowledgement", "greeting", "survey")

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


async def start(work: Work, address: Address) -> bool:
    """Send everything again; False if nothing was stopped. The rows stay as the history of what was asked."""
    changed = await work.change(
        "UPDATE opt_outs SET until = ? WHERE scheme = ? AND value = ? AND until IS NULL",
        work.now,
        address.scheme,
        address.value,
    )
    return changed > 0


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
