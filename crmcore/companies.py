"""What colleagues do to companies, one verb a function. Nothing else writes them; nothing deletes one.

An actor of None is the operator at the command line. Who changes a company has seen it through his scope.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from crmcore import access, audit, belonging, company_fields, numbering, owners, visible
from crmcore.access import Actor
from crmcore.company_events import CompanyArchived, CompanyChanged, CompanyRegistered
from crmcore.models.companies import Company
from crmcore.visible import CompanyView
from kernel import errors, ids
from kernel.rows import Row
from kernel.unit import Work

CHANGED = "{company} has changed meanwhile; look again. Nothing was done."
ARCHIVED = "{company} is archived already. Nothing was done."
_UNTOLD = ("folded", "legal_form", "responsible_id", "group_id")
_EMPTY = dict.fromkeys(("legal_form", *company_fields.FIELDS), "")


class Exists(errors.Conflict):
    """The company is there and not the actor's to see. `whom`: who can tell more, "" if nobody in particular."""

    def __init__(self, whom: str) -> None:
        if whom:
            text = "This company exists and is not yours to see. Ask {name}. Nothing was done."
            super().__init__(text, code="exists", name=whom)
        else:
            super().__init__(
                "This company exists and is not yours to see. Ask a lead. Nothing was done.", code="exists"
            )
        self.whom = whom


async def register(
    work: Work,
    actor: Actor | None,
    name: str,
    values: Mapping[str, str] | None = None,
    *,
    owner_id: int | None = None,
    group_id: int | None = None,
) -> tuple[CompanyView, bool]:
    """The company of that name, and whether it is new. The name alone is enough; the rest comes later.

    One of the owner's that has the tax number or the name is found and not made twice. Raises Conflict, which tells
    nothing but whom to ask, if it is there and the actor may not see it; Invalid for fields and for an owner to choose.
    """
    owner_id = await belonging.owner(work, actor, owner_id)
    if actor is not None:  # who registers the very first company stands somewhere from this moment on
        actor = replace(actor, standing=await owners.standing(work, actor.id))
    await work.change("UPDATE owners SET name = name WHERE id = ?", owner_id)  # one registration at a time, an owner
    fields = await company_fields.checked(work, {**(values or {}), "name": name})
    same = await _same(work, owner_id, fields)
    if same is not None:
        return await _seen(work, actor, same), False
    by, company_id = actor.id if actor else None, ids.new()
    row = {
        **_EMPTY,
        "state": company_fields.STATES[0],
        **fields,
        "id": company_id,
        "number": await numbering.take(work, "companies"),
        "owner_id": owner_id,
        "group_id": group_id if group_id is not None else await belonging.group(work, actor, owner_id),
        "responsible_id": by,
        "version": 1,
        "created_by_id": by,
        "created_at": work.now,
        "changed_by_id": by,
        "changed_at": work.now,
    }
    await work.insert(Company, [row])
    await audit.note(work, "company", company_id, {}, _told(fields), by=by)
    work.say(CompanyRegistered(company_id, by))
    return await _again(work, company_id), True


async def change(work: Work, actor: Actor | None, company: CompanyView, values: Mapping[str, str]) -> CompanyView:
    """Set fields of the company as it was seen. Fields: those of `company_fields`, `responsible`, `group`.

    Raises Invalid with every problem; Conflict (code "stale") if somebody changed it meanwhile, or if the tax number is
    another's; Forbidden for a source that stands already: the customer keeps the first one.
    """
    await hold(work, company.id)
    plain = {name: value for name, value in values.items() if name not in ("responsible", "group")}
    new: Row = dict(await company_fields.checked(work, plain, country=company.country))
    if "source" in new and company.source and new["source"] != company.source:
        raise errors.Forbidden(
            "{company} came by {source}: a customer keeps the first source.",
            company=company.code,
            source=company.source,
        )
    if "responsible" in values:
        new["responsible_id"] = await belonging.responsible(work, company, values["responsible"])
    if "group" in values:
        new["group_id"] = await belonging.chosen(work, actor, company, values["group"])
    await _must_be_free(work, company, new)
    return await _write(work, actor, company, new)


async def archive(work: Work, actor: Actor | None, company: CompanyView, *, back: bool = False) -> CompanyView:
    """Off all lists, kept in history; `back` undoes it. Raises Conflict if it is so already."""
    await hold(work, company.id)
    if (company.archived_at is None) is back:
        if back:
            raise errors.Conflict("{company} is not archived. Nothing was done.", company=company.code)
        raise errors.Conflict("{company} is archived already. Nothing was done.", company=company.code)
    if back:
        await _must_be_free(work, company, {"tax_number": company.tax_number, "country": company.country})
    done = await _write(work, actor, company, {"archived_at": None if back else work.now})
    work.say(CompanyArchived(company.id, not back, actor.id if actor else None))
    return done


async def hold(work: Work, company_id: int) -> None:
    """The unit begins with a write, and nobody else changes the company until it ends."""
    await work.change("UPDATE companies SET version = version WHERE id = ?", company_id)


async def heard(work: Work, actor: Actor | None, company: CompanyView, source: str) -> bool:
    """How the customer first heard of us, if that is not known yet."""
    if company.source or not source:
        return False
    await _write(work, actor, company, {"source": source})
    return True


# -- the same again ----------------------------------------------------------------------------------------------------


async def _same(work: Work, owner_id: int, fields: Row) -> Row | None:
    """The owner's company that this is: by tax number, else by name unless both have numbers that differ.

    Only inside the owner: that another owner has it too is his to know.
    """
    tax = fields.get("tax_number", "")
    found = await work.fetch(
        "SELECT c.id, c.tax_number, c.archived_at, COALESCE(r.name, b.name, '') AS whom FROM companies AS c"
        " LEFT JOIN staff AS r ON r.id = c.responsible_id LEFT JOIN staff AS b ON b.id = c.created_by_id"
        " WHERE c.owner_id = ? AND c.archived_at IS NULL AND (c.folded = ? OR (c.tax_number = ? AND c.country = ?))"
        " ORDER BY c.id LIMIT 50",
        owner_id,
        fields["folded"],
        tax or "-",
        fields.get("country", ""),
    )
    by_tax = [row for row in found if tax and row["tax_number"] == tax]
    by_name = [row for row in found if not (tax and row["tax_number"])]
    return next(iter([*by_tax, *by_name]), None)


async def _seen(work: Work, actor: Actor | None, same: Row) -> CompanyView:
    view = await visible.by_id(work, same["id"], access.scope(actor) if actor else None)
    if view is None:
        raise Exists(same["whom"])
    return view


async def _must_be_free(work: Work, company: CompanyView, new: Row) -> None:
    tax, country = new.get("tax_number", company.tax_number), new.get("country", company.country)
    if not tax or (company.archived_at is None and (tax, country) == (company.tax_number, company.country)):
        return
    other = await work.one(
        "SELECT id FROM companies WHERE owner_id = ? AND country = ? AND tax_number = ? AND archived_at IS NULL"
        " AND id <> ?",
        company.owner_id,
        country,
        tax,
        company.id,
    )
    if other:
        raise errors.Conflict("Another company has this tax number already. Nothing was done.", code="exists")


# -- rows --------------------------------------------------------------------------------------------------------------


async def _write(work: Work, actor: Actor | None, company: CompanyView, new: Row) -> CompanyView:
    """Compare and set, with a line for each field that differs. The same again writes nothing."""
    by = actor.id if actor else None
    before = await work.one("SELECT * FROM companies WHERE id = ?", company.id) or {}
    changed = {name: value for name, value in new.items() if before.get(name) != value}
    if before.get("version") != company.version:
        raise errors.Conflict(
            "{company} has changed meanwhile; look again. Nothing was done.", code="stale", company=company.code
        )
    if not changed:
        return company
    row = {"id": company.id, **changed, "version": company.version + 1, "changed_by_id": by, "changed_at": work.now}
    won = await work.update(Company, [row], where=f"t.version = {company.version}", returning="id")
    if not won:
        raise errors.Conflict(
            "{company} has changed meanwhile; look again. Nothing was done.", code="stale", company=company.code
        )
    after = await _again(work, company.id)
    names_before = {"responsible": company.responsible, "group": company.group}
    names_after = {"responsible": after.responsible, "group": after.group}
    await audit.note(work, "company", company.id, before | names_before, _told(changed) | names_after, by=by)
    work.say(CompanyChanged(company.id, tuple(changed), by))
    return after


async def _again(work: Work, company_id: int) -> CompanyView:
    found = await visible.by_id(work, company_id, None)
    if found is None:
        raise errors.NotFound
    return found


def _told(fields: Row) -> Row:
    """What the history tells: not what is derived from the name, and people and groups by theirs."""
    return {name: value for name, value in fields.items() if name not in _UNTOLD}
