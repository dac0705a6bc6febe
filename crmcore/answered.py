"""Which outage a person's words are about: he answers a notice, or writes after one as if he did."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from msgspec import Struct

from channels.contract import Inbound
from channels.messages import Arrived
from kernel import rows
from kernel.unit import Reader

ANSWERED_WITHIN = timedelta(days=30)  # by the gesture of his channel: a reply that names the notice
THOUGHT_OF_WITHIN = timedelta(hours=48)  # without one, if the notice was the last that he had from us


class Heard(Struct, frozen=True):
    """A notice that a contact has had. `is_last`: nothing of ours has gone to that address since."""

    outage: str
    account: str
    address: str
    external_id: str
    is_fresh: bool
    is_last: bool


async def notices(reader: Reader, contact_ids: Collection[int]) -> dict[int, list[Heard]]:
    """The notices that these contacts have had lately, by contact, the newest first. At most a batch of contacts."""
    if not contact_ids:
        return {}
    found = await reader.fetch(
        "SELECT n.contact_id, n.created_at, o.number, m.account, m.address, m.external_id, NOT EXISTS ("
        "SELECT 1 FROM messages AS l WHERE l.account = m.account AND l.address = m.address"
        " AND l.external_id IS NOT NULL AND l.direction = 'out' AND l.id > m.id AND l.purpose <> 'notice') AS is_last"
        " FROM notices AS n JOIN outages AS o ON o.id = n.outage_id JOIN messages AS m ON m.id = n.message_id"
        f" WHERE n.contact_id IN ({rows.marks(list(contact_ids))}) AND n.created_at > ?"
        " AND m.state IN ('sent', 'delivered', 'maybe_sent', 'leased') ORDER BY n.id DESC LIMIT 1000",
        *contact_ids,
        reader.now - ANSWERED_WITHIN,
    )
    heard: dict[int, list[Heard]] = {}
    for row in found:
        heard.setdefault(row["contact_id"], []).append(_heard(row, reader))
    return heard


def about(arrived: Arrived, heard: Sequence[Heard], *, conversational: bool) -> str:
    """The outage that the words are about ("O-1"), or "". `conversational`: people there answer without a gesture."""
    inbound = arrived.inbound
    named = {one for one in (inbound.replies_to, *inbound.references) if one}
    for one in heard:
        if one.account == arrived.account and one.external_id in named:
            return one.outage
    if not conversational or named or inbound.automatic or inbound.history:
        return ""
    return next((one.outage for one in heard[:1] if _was_last(one, inbound, arrived)), "")


def _was_last(one: Heard, inbound: Inbound, arrived: Arrived) -> bool:
    return one.is_fresh and one.is_last and (one.account, one.address) == (arrived.account, inbound.address.value)


def _heard(row: rows.Row, reader: Reader) -> Heard:
    return Heard(
        f"O-{row['number']}",
        row["account"],
        row["address"],
        row["external_id"] or "",
        reader.now - rows.instant(row["created_at"]) <= THOUGHT_OF_WITHIN,
        bool(row["is_last"]),
    )
