"""What lines name by words: owners, groups, colleagues, codes; read once an import, then asked without the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from msgspec import Struct

from crmcore import access, codes, company_fields, owners
from crmcore.access import Actor, Role, Scope
from crmcore.codes import Code
from crmcore.exchange.drafts import Fault
from crmcore.owners import Owner
from kernel import errors, folding
from kernel.errors import Problem
from kernel.unit import Reader


class Colleague(Struct, frozen=True):
    """`owners`: for whom he acts. One who has left is not active."""

    id: int
    name: str
    is_active: bool
    owners: frozenset[int]


@dataclass(frozen=True)
class Lookups:
    """`actor` None: the operator, who may do all. `owner_id` None: lines have to say for whom, or nobody is there yet.

    `country`: whose phone and tax numbers are meant where a line names no country.
    """

    actor: Actor | None
    owners: tuple[Owner, ...]
    staff: tuple[Colleague, ...]
    books: Mapping[str, Mapping[str, Code]]
    today: date
    owner_id: int | None = None
    group_id: int | None = None
    country: str = ""

    @property
    def scope(self) -> Scope | None:
        return access.scope(self.actor) if self.actor else None

    @property
    def by(self) -> int | None:
        return self.actor.id if self.actor else None

    def owner(self, name: str) -> int | Fault:
        """The one of that name he acts for."""
        wanted = folding.fold(name)
        found = [one.id for one in self.owners if wanted in (folding.fold(one.name), folding.fold(one.shown))]
        if len(found) == 1:
            return found[0]
        names = ", ".join(one.shown for one in self.owners[:5])
        return Fault("owner", name, "code", f"expected one of: {names}")

    def group(self, owner_id: int | None, name: str) -> int | Fault:
        """A group of the owner; an agent names his own groups only."""
        of_it = next((one for one in self.owners if one.id == owner_id), None)
        groups = of_it.groups if of_it else {}
        found = [one for one, label in groups.items() if folding.fold(label) == folding.fold(name)]
        if not found:
            names = ", ".join(groups.values()) or "none yet"
            return Fault("group", name, "code", f"expected a group of the owner: {names}")
        if self.actor and not access.ranks(self.actor, Role.LEAD) and found[0] not in self.actor.standing.groups:
            return Fault("group", name, "wall", "you are not in that group; ask a lead")
        return found[0]

    def colleague(self, owner_id: int | None, name: str) -> tuple[int | None, Fault | None]:
        """Who is named, and why he may only stay where he is responsible already."""
        wanted = folding.fold(name)
        found = [one for one in self.staff if folding.fold(one.name) == wanted]
        found = [one for one in found if one.is_active] or found
        if len(found) != 1:
            return None, Fault(
                "responsible", name, "code", "expected the full name of a colleague, as the staff list has it"
            )
        [one] = found
        if not one.is_active:
            return one.id, Fault("responsible", name, "code", f"{one.name} works here no more; name somebody who does")
        if owner_id is not None and owner_id not in one.owners:
            return one.id, Fault("responsible", name, "code", f"{one.name} does not act for that owner")
        return one.id, None

    def code(self, field: str, book: str, written: str) -> tuple[str, Fault | None]:
        """The word that is meant; one that is retired comes with its fault, one that is unknown as ""."""
        folded = folding.fold(written)
        valid = self._valid[book].get(folded)
        if valid is not None:
            return valid, None
        near = codes.chosen(self.books[book], written, self.today)
        said = f"; near: {', '.join(near)}" if isinstance(near, list) and near else ""
        expected = f"expected a word of the codebook {book} that is valid{said}; `centrala codes list {book}` lists all"
        retired = next((code for code in self.books[book] if folding.fold(code) == folded), "")
        return retired, Fault(field, written, "code", expected)

    def shown(self, field: str, value: object) -> str:
        """A value as people read it: colleagues and groups by name."""
        if field == "responsible_id":
            return next((one.name for one in self.staff if one.id == value), "")
        if field == "group_id" and isinstance(value, int):
            return next((one.groups[value] for one in self.owners if value in one.groups), "")
        return " ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)

    @cached_property
    def _valid(self) -> Mapping[str, Mapping[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for book, words in self.books.items():
            valid = [one for one in words.values() if one.is_valid(self.today)]
            found[book] = {folding.fold(label): one.code for one in valid for label in one.labels.values()}
            found[book] |= {folding.fold(one.code): one.code for one in valid}
        return found


async def load(reader: Reader, actor: Actor | None, *, owner: str = "", country: str = "") -> Lookups:
    """All that lines may name. `owner`: for whom, where they do not say. Raises Invalid, Forbidden."""
    every = await owners.listed(reader)
    mine = tuple(one for one in every if actor is None or one.id in actor.standing.owners)
    if actor is not None and not mine:
        raise errors.Forbidden("You act for no owner yet. Ask an administrator to assign you. Nothing was done.")
    books = {book: await codes.book(reader, book) for book in sorted(set(company_fields.CODES.values()))}
    found = Lookups(actor, mine, await _staff(reader, every), books, reader.now.date(), country=country.upper())
    chosen = found.owner(owner) if owner else mine[0].id if len(mine) == 1 else None
    if isinstance(chosen, Fault):
        problem = Problem("owner", chosen.message.removeprefix("expected "), owner)
        raise errors.Invalid("nothing was imported", problems=(problem,))
    own = [one for one in mine if one.id == chosen]
    groups = [group for one in own for group in one.groups if actor and group in actor.standing.groups]
    group_id = groups[0] if len(groups) == 1 else None
    return Lookups(actor, mine, found.staff, books, found.today, chosen, group_id, found.country)


async def _staff(reader: Reader, every: list[Owner]) -> tuple[Colleague, ...]:
    acts: dict[int, set[int]] = {}
    for row in await reader.fetch("SELECT staff_id, owner_id FROM owner_members"):
        acts.setdefault(row["staff_id"], set()).add(row["owner_id"])
    only = {every[0].id} if len(every) == 1 else set()
    people = await reader.fetch("SELECT id, name, active FROM staff ORDER BY id")
    return tuple(
        Colleague(row["id"], row["name"], bool(row["active"]), frozenset(acts.get(row["id"], only))) for row in people
    )
