"""People out of another system's records: found by an address that is known here, else made. Nobody is told."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from channels.contract import Address
from crmcore.contacts import ContactId
from crmcore.models.people import Contact, Identity
from kernel import errors, ids, rows
from kernel.unit import Reader, Work

PAGE = 500


class Figure(Struct, frozen=True):
    """A person as another system had him; the address he is best known by comes first."""

    name: str
    addresses: tuple[Address, ...] = ()


async def settle(work: Work, figures: Sequence[Figure]) -> list[ContactId]:
    """The contact of each figure, in their order: the owner of his first address that is known, or a new one.

    An address that is somebody's already stays his; one that is nobody's becomes the figure's. Figures that share an
    address are one contact. Raises Conflict (code "raced") if one of them wrote to us for the first time just now.
    """
    owners = await owned(work, [address for figure in figures for address in figure.addresses])
    people, identities, found = [], [], []
    for figure in figures:
        contact_id = next((owners[one] for one in figure.addresses if one in owners), None)
        if contact_id is None:
            contact_id = ContactId(ids.new())
            people.append(_contact(figure, contact_id, work))
        for address in figure.addresses:
            if address not in owners:
                owners[address] = contact_id
                identities.append(_identity(address, contact_id, work))
        found.append(contact_id)
    await work.insert(Contact, people)
    free = "ON CONFLICT (scheme, value) DO NOTHING"
    kept = await work.insert(Identity, identities, conflict=free, returning="id")
    if len(kept) != len(identities):
        raise errors.Conflict("somebody wrote for the first time meanwhile; run this again", code="raced")
    return found


async def owned(reader: Reader, addresses: Sequence[Address]) -> dict[Address, ContactId]:
    """Those of `addresses` that belong to a contact."""
    wanted = list(dict.fromkeys(addresses))
    owners: dict[Address, ContactId] = {}
    for start in range(0, len(wanted), PAGE):
        some = wanted[start : start + PAGE]
        found = await reader.fetch(
            f"SELECT contact_id, scheme, value FROM identities WHERE (scheme, value) {rows.among(2, len(some))}",
            *(part for address in some for part in (address.scheme, address.value)),
        )
        owners |= {Address(row["scheme"], row["value"]): ContactId(row["contact_id"]) for row in found}
    return owners


def _contact(figure: Figure, contact_id: int, work: Work) -> rows.Row:
    name = figure.name.strip() or (figure.addresses[0].value if figure.addresses else "(no name)")
    return {"id": contact_id, "name": name[:200], "language": "", "created_at": work.now}


def _identity(address: Address, contact_id: int, work: Work) -> rows.Row:
    return {
        "id": ids.new(),
        "contact_id": contact_id,
        "scheme": address.scheme,
        "value": address.value,
        "verified": False,
        "created_at": work.now,
    }
