"""Owners and groups: for whom we act, who acts for whom, and who shares with whom."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from crmcore import audit, reach, taxes
from crmcore.access import Standing
from crmcore.models.companies import Group as GroupRow
from crmcore.models.companies import GroupMember, OwnerMember
from crmcore.models.companies import Owner as OwnerRow
from kernel import errors, folding, ids
from kernel.errors import Problem
from kernel.phrases import Phrase
from kernel.rows import Row
from kernel.unit import Reader, Work

UNNAMED = "(not named yet)"
FIELDS = ("country", "tax_number", "address", "phone", "mail", "web")


class Owner(Struct, frozen=True):
    """A company on whose behalf all is done, with its groups and the colleagues who are assigned to it."""

    id: int
    name: str
    facts: Mapping[str, str]
    groups: Mapping[int, str]  # id → name
    members: tuple[str, ...]

    @property
    def shown(self) -> str:
        return self.name or UNNAMED


async def standing(reader: Reader, staff_id: int) -> Standing:
    """For whom a colleague acts and with whom he shares: looked up at every act, never remembered.

    Who is assigned to no owner while there is only one acts for that one: a small team sets nothing up.
    """
    own = [row["owner_id"] for row in await _fetch(reader, "owner_members", staff_id)]
    if not own:
        every = await reader.fetch("SELECT id FROM owners LIMIT 2")
        own = [row["id"] for row in every] if len(every) == 1 else []
    if not own:
        return Standing()
    grouped = await reader.fetch("SELECT DISTINCT owner_id FROM groups")
    mine = await reader.fetch(
        "SELECT g.id, g.owner_id FROM group_members AS m JOIN groups AS g ON g.id = m.group_id WHERE m.staff_id = ?",
        staff_id,
    )
    owners = frozenset(own)
    return Standing(
        owners=owners,
        shared=owners - {row["owner_id"] for row in grouped},
        groups=frozenset(row["id"] for row in mine if row["owner_id"] in owners),
    )


async def is_open(reader: Reader) -> bool:
    """True while there is no wall: one owner at most, and no groups."""
    row = await reader.one("SELECT (SELECT count(*) FROM owners) AS owners, (SELECT count(*) FROM groups) AS parted")
    return row is None or (row["owners"] <= 1 and row["parted"] == 0)


async def first(work: Work) -> int:
    """The house's first owner, made without a name where there is none: registering needs no setup."""
    owner_id = ids.new()
    new = {"id": owner_id, "name": "", "folded": "", **dict.fromkeys(FIELDS, ""), "created_at": work.now}
    # begins with a write; a house that has an owner, or two at once, end with the one that stands
    await work.change("UPDATE owners SET name = name WHERE folded = ?", "")
    row = await work.one("SELECT id FROM owners ORDER BY id LIMIT 1")
    if row is None:
        await work.insert(OwnerRow, [new], conflict="ON CONFLICT (folded) DO NOTHING")
        row = await work.one("SELECT id FROM owners ORDER BY id LIMIT 1")
    return int(row["id"]) if row else owner_id


async def add(work: Work, name: str, facts: Mapping[str, str], *, by: int | None = None) -> int:
    """Add an owner; the first, made without a name, gets this one. Raises Invalid, Conflict if the name is taken."""
    shown, checked = " ".join(name.split()), _checked(name, facts)
    await work.change("UPDATE owners SET name = name WHERE folded = ?", "")
    if await work.one("SELECT id FROM owners WHERE folded = ?", folding.fold(shown)):
        raise errors.Conflict("there is an owner {name} already; nothing was added", name=shown)
    values = {"name": shown, "folded": folding.fold(shown), **checked}
    unnamed = await work.one("SELECT id FROM owners WHERE folded = ?", "")
    owner_id = int(unnamed["id"]) if unnamed else ids.new()
    if unnamed:
        await work.update(OwnerRow, [{"id": owner_id, **values}])
    else:
        await work.insert(OwnerRow, [{"id": owner_id, **values, "created_at": work.now}])
    await audit.note(work, "owner", owner_id, {}, {"name": shown, **checked}, by=by)
    return owner_id


async def add_group(work: Work, owner: Owner, name: str, *, by: int | None = None) -> int:
    """Add a group of colleagues who share. From the first on, the owner's companies are shared by groups only."""
    shown = " ".join(name.split())
    if not 0 < len(shown) <= 120:
        raise errors.Invalid("nothing was added", problems=(Problem("group", "1 to 120 characters", name[:40]),))
    group_id = ids.new()
    new = {"id": group_id, "owner_id": owner.id, "name": shown, "folded": folding.fold(shown), "created_at": work.now}
    if not await work.insert(GroupRow, [new], conflict="ON CONFLICT (owner_id, folded) DO NOTHING", returning="id"):
        raise errors.Conflict("{owner} has a group {name} already; nothing was added", owner=owner.shown, name=shown)
    await audit.note(work, "group", group_id, {}, {"name": shown}, by=by)
    return group_id


async def join(work: Work, owner_id: int, staff_id: int, group_id: int | None = None) -> None:
    """A colleague acts for the owner from now on, in the group if one is named. Twice changes nothing."""
    await work.insert(
        OwnerMember,
        [{"id": ids.new(), "owner_id": owner_id, "staff_id": staff_id}],
        conflict="ON CONFLICT (owner_id, staff_id) DO NOTHING",
    )
    if group_id is not None:
        await work.insert(
            GroupMember,
            [{"id": ids.new(), "group_id": group_id, "staff_id": staff_id}],
            conflict="ON CONFLICT (group_id, staff_id) DO NOTHING",
        )
    await audit.note(work, "owner", owner_id, {}, {"joined": staff_id, "in group": group_id}, by=None)


async def leave(work: Work, owner_id: int, staff_id: int) -> bool:
    """He acts for the owner no more, and is in none of its groups; False if he did not."""
    gone = await work.change("DELETE FROM owner_members WHERE owner_id = ? AND staff_id = ?", owner_id, staff_id)
    await work.change(
        "DELETE FROM group_members WHERE staff_id = ? AND group_id IN (SELECT id FROM groups WHERE owner_id = ?)",
        staff_id,
        owner_id,
    )
    if gone:
        await audit.note(work, "owner", owner_id, {"joined": staff_id}, {"joined": None}, by=None)
    return bool(gone)


async def listed(reader: Reader) -> list[Owner]:
    """All owners by name, with groups and members (the operator's listing; at most 100)."""
    owners = await reader.fetch("SELECT * FROM owners ORDER BY folded LIMIT 100")
    groups = await reader.fetch("SELECT id, owner_id, name FROM groups ORDER BY folded LIMIT 1000")
    members = await reader.fetch(
        "SELECT m.owner_id, s.name FROM owner_members AS m JOIN staff AS s ON s.id = m.staff_id"
        " WHERE s.active ORDER BY s.folded LIMIT 10000"
    )
    return [_owner(row, groups, members) for row in owners]


async def named(reader: Reader, name: str, standing: Standing | None = None) -> Owner:
    """The one owner of that name, or whose name begins so. Raises NotFound, also if several do.

    `standing`: only among those he acts for; the names of others are not his to read.
    """
    wanted = folding.fold(name)
    every = [one for one in await listed(reader) if standing is None or one.id in standing.owners]
    exact = [one for one in every if folding.fold(one.name) == wanted]
    found = exact or [one for one in every if wanted and folding.fold(one.name).startswith(wanted)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.shown for one in (found or every)[:5]) or Phrase("none yet")
    raise errors.NotFound("Which owner is {name}? There are: {names}.", code="no_owner", name=name, names=names)


def group_named(owner: Owner, name: str) -> int:
    """The id of the owner's group of that name. Raises NotFound."""
    wanted = folding.fold(name)
    found = [group_id for group_id, one in owner.groups.items() if folding.fold(one) == wanted]
    if found:
        return found[0]
    names = ", ".join(owner.groups.values()) or Phrase("none yet")
    raise errors.NotFound(
        "{owner} has no group {name}. There are: {names}.", code="no_group", owner=owner.shown, name=name, names=names
    )


def _checked(name: str, facts: Mapping[str, str]) -> dict[str, str]:
    """Every problem at once."""
    told = {field: facts.get(field, "").strip() for field in FIELDS}
    country = reach.country(told["country"])
    land = country if isinstance(country, str) else ""
    found: dict[str, str | Problem] = {
        **told,
        "country": country,
        "phone": reach.phone(told["phone"], land),
        "mail": reach.mail(told["mail"]),
        "web": reach.web(told["web"]),
    }
    if told["tax_number"]:
        tax = taxes.told(told["tax_number"], land)
        found["tax_number"] = tax if isinstance(tax, Problem) else tax.number
        found["country"] = country if isinstance(tax, Problem) else tax.country
    problems = [one for one in found.values() if isinstance(one, Problem)]
    if not name.strip() or len(name) > 200:
        problems.insert(0, Problem("name", "1 to 200 characters, for example Centrum Paliw", name[:40]))
    if problems:
        raise errors.Invalid("nothing was added", problems=tuple(problems))
    return {field: str(value)[:300] for field, value in found.items()}


async def _fetch(reader: Reader, table: str, staff_id: int) -> list[Row]:
    return await reader.fetch(f"SELECT * FROM {table} WHERE staff_id = ?", staff_id)


def _owner(row: Row, groups: list[Row], members: list[Row]) -> Owner:
    return Owner(
        row["id"],
        row["name"],
        {field: row[field] for field in FIELDS},
        {one["id"]: one["name"] for one in groups if one["owner_id"] == row["id"]},
        tuple(one["name"] for one in members if one["owner_id"] == row["id"]),
    )
