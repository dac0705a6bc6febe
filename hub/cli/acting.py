"""A colleague named at the command line, as one who acts: the operator tries what he may see and do."""

from __future__ import annotations

from crmcore import owners, staff
from crmcore.access import Actor
from kernel.unit import Reader


async def actor(reader: Reader, name: str) -> Actor | None:
    """The colleague of that name; None, the operator himself, for "". Raises NotFound."""
    if not name:
        return None
    found = await staff.named(reader, name)
    standing = await owners.standing(reader, found.id)
    return Actor(found.id, found.name, found.role, found.zone, frozenset(), standing)
