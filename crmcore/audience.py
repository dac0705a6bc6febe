"""Who has to be told of an outage: read a page at a time, in the order of contacts. Who else joins, joins here.

The first revision goes to those who subscribe to one of its stations; every later one to exactly those who were told.
(Contracts that cover a station become one more reason beside "subscribed".)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from msgspec import Struct

from channels import optouts
from channels.contract import Address
from crmcore.ledger import Change, Revision
from kernel import rows
from kernel.unit import Reader

PURPOSE = "notice"
SUBSCRIBED, EVERY = "subscribed", "subscribed to all stations"

# Which of these addresses take no notices: asked when people are counted and again when their messages are queued.
Consent = Callable[[Reader, Sequence[Address]], Awaitable[Collection[Address]]]


async def opted_out(reader: Reader, addresses: Sequence[Address]) -> Collection[Address]:
    """The consent that the house keeps: by address and purpose."""
    found: set[Address] = set()
    for scheme in {address.scheme for address in addresses}:
        wanted = [(address.value, PURPOSE) for address in addresses if address.scheme == scheme]
        found |= {Address(scheme, value) for value, _ in await optouts.barred(reader, scheme, wanted)}
    return found


class Reached(Struct, frozen=True):
    """An address of a recipient. `blocked`: it refuses us until its person writes again."""

    address: Address
    blocked: bool = False
    opted_out: bool = False


class Recipient(Struct, frozen=True):
    """Somebody to be told. `why`: the reason he is among them; `prefers`: schemes in his order.

    `unsent`: messages of earlier revisions that have not left; `was_told`: an earlier one has.
    """

    contact_id: int
    name: str
    company: str
    language: str
    zone: str
    prefers: tuple[str, ...]
    why: str
    addresses: tuple[Reached, ...]
    unsent: tuple[int, ...] = ()
    was_told: bool = False


# Those of a first revision. Who subscribed after it was counted is not in its preview, so not among them either.
_SUBSCRIBED = """
SELECT s.contact_id, s.company, s.zone, s.prefers, s.every_station, c.name, c.language
FROM subscribers AS s JOIN contacts AS c ON c.id = s.contact_id
WHERE s.contact_id > ? AND s.created_at <= ? AND c.archived_at IS NULL AND (s.every_station OR EXISTS (
    SELECT 1 FROM subscriptions AS x JOIN outage_stations AS o ON o.station_id = x.station_id
    WHERE x.contact_id = s.contact_id AND x.created_at <= ? AND o.outage_id = ?))
ORDER BY s.contact_id LIMIT ?
"""
# Those who were told, or are about to be: a message that failed or was taken back has told nobody.
_TOLD = """
SELECT t.contact_id, s.company, s.zone, s.prefers, c.name, c.language FROM (
    SELECT DISTINCT n.contact_id FROM notices AS n JOIN messages AS m ON m.id = n.message_id
    WHERE n.outage_id = ? AND n.revision < ? AND n.contact_id > ? AND m.state NOT IN ('failed', 'cancelled', 'withheld')
    ORDER BY n.contact_id LIMIT ?) AS t
JOIN contacts AS c ON c.id = t.contact_id LEFT JOIN subscribers AS s ON s.contact_id = t.contact_id
ORDER BY t.contact_id
"""
_MESSAGES = """
SELECT n.contact_id, n.scheme, n.why, m.id, m.state, m.tries FROM notices AS n JOIN messages AS m ON m.id = n.message_id
WHERE n.outage_id = ? AND n.revision < ? AND m.state NOT IN ('failed', 'cancelled', 'withheld')
  AND n.contact_id IN ({marks})
ORDER BY n.id DESC
"""


async def page(
    reader: Reader, revision: Revision, *, after: int, limit: int, consent: Consent = opted_out
) -> list[Recipient]:
    """The next recipients of a revision after that contact; fewer than `limit`: the last ones."""
    if revision.change is Change.ANNOUNCE:
        until = revision.counted_at or reader.now
        found = await reader.fetch(_SUBSCRIBED, after, until, until, revision.outage_id, limit)
        told: Mapping[int, list[rows.Row]] = {}
    else:
        found = await reader.fetch(_TOLD, revision.outage_id, revision.number, after, limit)
        told = await _messages(reader, revision, [row["contact_id"] for row in found])
    addresses = await of_contacts(reader, [row["contact_id"] for row in found], consent=consent)
    return [
        recipient(row, addresses.get(row["contact_id"], ()), why=_why(row, own), told=own)
        for row in found
        for own in [told.get(row["contact_id"], [])]
    ]


async def of_contacts(
    reader: Reader, contact_ids: Sequence[int], *, consent: Consent = opted_out
) -> dict[int, tuple[Reached, ...]]:
    """The addresses of contacts, those last heard from first."""
    if not contact_ids:
        return {}
    found = await reader.fetch(
        "SELECT contact_id, scheme, value, unreachable_since FROM identities"
        f" WHERE contact_id IN ({rows.marks(contact_ids)}) ORDER BY last_in_at IS NULL, last_in_at DESC, id",
        *contact_ids,
    )
    refused = set(await consent(reader, [Address(row["scheme"], row["value"]) for row in found]))
    own: dict[int, tuple[Reached, ...]] = {}
    for row in found:
        address = Address(row["scheme"], row["value"])
        one = Reached(address, blocked=row["unreachable_since"] is not None, opted_out=address in refused)
        own[row["contact_id"]] = (*own.get(row["contact_id"], ()), one)
    return own


async def _messages(reader: Reader, revision: Revision, contact_ids: Sequence[int]) -> dict[int, list[rows.Row]]:
    if not contact_ids:
        return {}
    sql = _MESSAGES.format(marks=rows.marks(contact_ids))
    own: dict[int, list[rows.Row]] = {}
    for row in await reader.fetch(sql, revision.outage_id, revision.number, *contact_ids):
        own.setdefault(row["contact_id"], []).append(row)
    return own


def recipient(row: rows.Row, addresses: tuple[Reached, ...], *, why: str, told: Sequence[rows.Row] = ()) -> Recipient:
    """Somebody from a row of contact and subscriber; by the way that reached him last, if he was told before."""
    unsent = tuple(one["id"] for one in told if one["state"] == "queued" and one["tries"] == 0)
    prefers = tuple((row["prefers"] or "").split())
    return Recipient(
        contact_id=row["contact_id"],
        name=row["name"],
        company=row["company"] or "",
        language=row["language"],
        zone=row["zone"] or "",
        prefers=(told[0]["scheme"], *prefers) if told else prefers,
        why=why,
        addresses=addresses,
        unsent=unsent,
        was_told=len(unsent) < len(told),
    )


def _why(row: rows.Row, told: Sequence[rows.Row]) -> str:
    if told:
        return str(told[0]["why"])
    return EVERY if row.get("every_station") else SUBSCRIBED
