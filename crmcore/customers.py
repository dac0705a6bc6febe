"""To which companies contacts belong, and of what kind these are: what promises to customers depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernel import rows
from kernel.unit import Reader

_ASKED = "SELECT o.contact_id, c.number, c.name, c.segment, c.sales_channel FROM company_contacts AS o" + (
    " JOIN companies AS c ON c.id = o.company_id WHERE o.ended_at IS NULL AND c.archived_at IS NULL"
)


async def belonging(reader: Reader, contacts: Sequence[int]) -> dict[int, Mapping[str, tuple[str, ...]]]:
    """By contact: the codes and names of his companies, their segments and sales channels. For the house's own use."""
    found = await reader.fetch(f"{_ASKED} AND o.contact_id IN ({rows.marks(contacts)}) ORDER BY c.id", *contacts)
    by_contact: dict[int, list[rows.Row]] = {}
    for row in found:
        by_contact.setdefault(row["contact_id"], []).append(row)
    return {contact_id: _facts(own) for contact_id, own in by_contact.items()}


def _facts(own: Sequence[rows.Row]) -> Mapping[str, tuple[str, ...]]:
    return {
        "company": tuple(name for row in own for name in (f"B{row['number']}", row["name"])),
        "segment": tuple(row["segment"] for row in own if row["segment"]),
        "sales_channel": tuple(row["sales_channel"] for row in own if row["sales_channel"]),
    }
