"""Where a company belongs: its owner, the group that shares it, and who answers for it."""

from __future__ import annotations

from crmcore import access, owners, staff
from crmcore.access import Actor, Role
from crmcore.visible import CompanyView
from kernel import errors, sentences
from kernel.errors import Problem
from kernel.unit import Work

_NOBODY = ("", "none")


async def owner(work: Work, actor: Actor | None, wanted: int | None = None) -> int:
    """The owner a new company gets: the wanted one, else the only one the actor acts for.

    Raises Invalid if there are several to choose from, Forbidden if he acts for none, or not for that one.
    """
    await owners.first(work)
    every = await owners.listed(work)
    standing = await owners.standing(work, actor.id) if actor else None
    mine = [one for one in every if standing is None or one.id in standing.owners]
    if not mine:
        raise errors.Forbidden("You act for no owner yet. Ask an administrator to assign you. Nothing was done.")
    if wanted is not None:
        if wanted not in {one.id for one in mine}:
            raise errors.Forbidden("You do not act for that owner. Nothing was done.")
        return wanted
    if len(mine) > 1:
        names = ", ".join(f"@{one.shown}" for one in mine[:5])
        expected = sentences.line("one of {names}, written at the end", names=names)
        problem = Problem("owner", expected)
        raise errors.Invalid("For which owner? Write {names} at the end.", problems=(problem,), names=names)
    return mine[0].id


async def group(work: Work, actor: Actor | None, owner_id: int) -> int | None:
    """The group a new company falls into: the actor's, if he is in one of the owner's only."""
    if actor is None:
        return None
    found = await work.fetch(
        "SELECT g.id FROM group_members AS m JOIN groups AS g ON g.id = m.group_id"
        " WHERE m.staff_id = ? AND g.owner_id = ?",
        actor.id,
        owner_id,
    )
    return found[0]["id"] if len(found) == 1 else None


async def responsible(work: Work, company: CompanyView, name: str) -> int | None:
    """A colleague who acts for the company's owner; "" or none for nobody. Raises NotFound, Invalid."""
    if name.strip().lower() in _NOBODY:
        return None
    colleague = await staff.named(work, name)
    if company.owner_id not in (await owners.standing(work, colleague.id)).owners:
        expected = sentences.line("a colleague who acts for {owner}", owner=company.owner or owners.UNNAMED)
        raise errors.Invalid("nothing was written", problems=(Problem("responsible", expected, colleague.name),))
    return colleague.id


async def chosen(work: Work, actor: Actor | None, company: CompanyView, name: str) -> int | None:
    """A group of the company's owner; an agent moves companies among his own groups only. Raises Forbidden."""
    if name.strip().lower() in _NOBODY:
        return None
    [of_it] = [one for one in await owners.listed(work) if one.id == company.owner_id]
    group_id = owners.group_named(of_it, name)
    if actor is not None and not access.ranks(actor, Role.LEAD) and group_id not in actor.standing.groups:
        raise errors.Forbidden(
            "You are not in the group {group}. Ask a lead to move {company}.", group=name, company=company.code
        )
    return group_id
