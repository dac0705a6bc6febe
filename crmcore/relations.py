"""The companies that contacts are at, as rules look at them: whole batches at once. No page reads through this."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from kernel import rows
from kernel.unit import Reader


class Relation(Struct, frozen=True):
    """A company that a contact is at. `group`: whose it is among colleagues; words are "" where nothing is set."""

    company: str
    group: str
    segment: str
    relation: str


async def of(reader: Reader, contact_ids: Sequence[int]) -> dict[int, list[Relation]]:
    """The companies of each contact that has any, the oldest first; archived ones and ended links are left out."""
    if not contact_ids:
        return {}
    found = await reader.fetch(
        "SELECT l.contact_id, k.name, k.segment, k.relation, g.name AS colleagues FROM company_contacts AS l"
        " JOIN companies AS k ON k.id = l.company_id LEFT JOIN groups AS g ON g.id = k.group_id"
        f" WHERE l.ended_at IS NULL AND k.archived_at IS NULL AND l.contact_id IN ({rows.marks(contact_ids)})"
        " ORDER BY k.number",
        *contact_ids,
    )
    known: dict[int, list[Relation]] = {}
    for row in found:
        one = Relation(row["name"], row["colleagues"] or "", row["segment"], row["relation"])
        known.setdefault(row["contact_id"], []).append(one)
    return known
