"""A house with walls in it: two owners, groups inside one of them, colleagues on all sides, and companies."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from crmcore import companies, owners, staff
from crmcore.access import Actor, Role
from crmcore.visible import CompanyView
from kernel.unit import Reader, Store, Work

SECRET = "geheim"


@dataclass(frozen=True, slots=True)
class House:
    """Owners by name; colleagues as they were hired."""

    owners: dict[str, int]
    groups: dict[str, int]
    staff: dict[str, Actor]


async def hire(work: Work, name: str, role: Role = Role.AGENT) -> Actor:
    return Actor(await staff.add(work, name, role, []), name, role, "UTC", frozenset())


async def now(reader: Reader, actor: Actor) -> Actor:
    """The actor with what he stands for at this moment, as an entrance looks it up."""
    return replace(actor, standing=await owners.standing(reader, actor.id))


async def build(store: Store) -> House:
    """Alfa has the groups North (Anna) and South (Bela), Marek leads it; Beta has no groups: Cyril and Dora, a lead.

    Obcy is assigned to nobody.
    """
    owned, groups, hired = {}, {}, {}
    async with store.unit() as work:
        for name in ("Alfa", "Beta"):
            owned[name] = await owners.add(work, name, {})
        alfa = await owners.named(work, "Alfa")
        for name in ("North", "South"):
            groups[name] = await owners.add_group(work, alfa, name)
        for name, role, owner, group in (
            ("Anna", Role.AGENT, "Alfa", "North"),
            ("Bela", Role.AGENT, "Alfa", "South"),
            ("Marek", Role.MANAGER, "Alfa", ""),
            ("Cyril", Role.AGENT, "Beta", ""),
            ("Dora", Role.ADMIN, "Beta", ""),
            ("Obcy", Role.AGENT, "", ""),
        ):
            hired[name] = await hire(work, name, role)
            if owner:
                await owners.join(work, owned[owner], hired[name].id, groups.get(group))
        hired = {name: await now(work, one) for name, one in hired.items()}
    return House(owned, groups, hired)


async def register(store: Store, actor: Actor | None, name: str, **values: str) -> CompanyView:
    """A company that was not there."""
    async with store.unit() as work:
        found, is_new = await companies.register(work, actor, name, values)
    assert is_new
    return found
