"""People at companies: added, linked and unlinked. A person may be at several; what has ended stays in the history."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from crmcore import audit, companies, reach
from crmcore.access import Actor
from crmcore.company_events import PersonLinked
from crmcore.contacts import ContactId
from crmcore.models.companies import CompanyContact
from crmcore.models.people import Contact, Identity
from crmcore.visible import CompanyView
from kernel import errors, ids
from kernel.errors import Problem
from kernel.phrases import Phrase
from kernel.rows import Row
from kernel.unit import Reader, Work

FIELDS = ("function", "phone", "fax", "mail", "web")
NAME_LIMIT, FUNCTION_LIMIT = 200, 120
_SCHEMES = {"phone": "tel", "mail": "mailto"}


class Person(Struct, frozen=True):
    """Somebody at a company: what he is there and how he is reached there."""

    contact_id: int
    name: str
    function: str
    phone: str
    fax: str
    mail: str
    web: str


async def add(
    work: Work, actor: Actor | None, company: CompanyView, name: str, values: Mapping[str, str] | None = None
) -> ContactId:
    """A new contact at the company. What he writes from the phone or e-mail named is his, if it is nobody's yet."""
    shown = " ".join(name.split())
    if not 0 < len(shown) <= NAME_LIMIT:
        expected = Phrase("1 to {limit} characters, for example Jan Nowak", limit=NAME_LIMIT)
        raise errors.Invalid("nobody was added", problems=(Problem("name", expected, name[:40]),))
    fields = _checked(values or {}, company.country)
    contact_id = ContactId(ids.new())
    function, language = fields["function"], company.language
    new = {"id": contact_id, "name": shown, "language": language, "function": function, "created_at": work.now}
    await work.insert(Contact, [new])
    addresses = [
        {
            "id": ids.new(),
            "contact_id": contact_id,
            "scheme": scheme,
            "value": fields[field],
            "verified": False,
            "created_at": work.now,
        }
        for field, scheme in _SCHEMES.items()
        if fields[field]
    ]
    await work.insert(Identity, addresses, conflict="ON CONFLICT (scheme, value) DO NOTHING")
    await _link(work, actor, company, contact_id, fields)
    return contact_id


async def link(
    work: Work, actor: Actor | None, company: CompanyView, contact_id: int, values: Mapping[str, str] | None = None
) -> bool:
    """A known contact is at the company from now on; False if he was already. The first source goes along."""
    if not await _link(work, actor, company, contact_id, _checked(values or {}, company.country)):
        return False
    row = await work.one("SELECT source FROM contacts WHERE id = ?", contact_id)
    if row and row["source"]:
        await companies.heard(work, actor, company, row["source"])
    return True


async def unlink(work: Work, actor: Actor | None, company: CompanyView, contact_id: int) -> None:
    """He is there no more. Raises Conflict if he was not."""
    ended = await work.change(
        "UPDATE company_contacts SET ended_at = ? WHERE company_id = ? AND contact_id = ? AND ended_at IS NULL",
        work.now,
        company.id,
        contact_id,
    )
    if not ended:
        raise errors.Conflict("He is not at {company}. Nothing was done.", company=company.code)
    by, name = actor.id if actor else None, await _name(work, contact_id)
    await audit.note(work, "company", company.id, {"person": name}, {"person": ""}, by=by)
    work.say(PersonLinked(company.id, contact_id, False, by))


async def change(
    work: Work,
    actor: Actor | None,
    company: CompanyView,
    contact_id: int,
    name: str,
    values: Mapping[str, str],
    *,
    was: Mapping[str, str] | None = None,
) -> None:
    """What he is called, and what he is at the company. Raises Invalid with every problem, Conflict if he is not there.

    `was`: what the sender had before him: what he left alone stays as it is, and Conflict ("stale") with a problem for
    each field is raised where another has changed what he did.
    An address told here is how he is reached there; his own, by which we know him, changes by proof only.
    """
    shown = " ".join(name.split())
    if not 0 < len(shown) <= NAME_LIMIT:
        expected = Phrase("1 to {limit} characters, for example Jan Nowak", limit=NAME_LIMIT)
        raise errors.Invalid("nothing was written", problems=(Problem("name", expected, name[:40]),))
    fields = _checked(values, company.country)
    await companies.hold(work, company.id)
    before = await work.one(
        "SELECT l.*, c.name, c.function AS own_function FROM company_contacts AS l"
        " JOIN contacts AS c ON c.id = l.contact_id"
        " WHERE l.company_id = ? AND l.contact_id = ? AND l.ended_at IS NULL",
        company.id,
        contact_id,
    )
    if before is None:
        raise errors.Conflict("He is not at {company}. Nothing was done.", company=company.code)
    if was is not None:
        stands = {**before, "function": before["function"] or before["own_function"]}
        kept = _unchanged(stands, was, {**fields, "name": shown})
        fields |= {field: before[field] for field in kept if field != "name"}
        shown = before["name"] if "name" in kept else shown
    sets = ", ".join(f"{field} = ?" for field in FIELDS)
    await work.change(
        f"UPDATE company_contacts SET {sets} WHERE id = ?", *(fields[one] for one in FIELDS), before["id"]
    )
    await work.change("UPDATE contacts SET name = ? WHERE id = ?", shown, contact_id)
    told = {f"person {field}": value for field, value in {**fields, "name": shown}.items()}
    was = {f"person {field}": before[field] for field in (*FIELDS, "name")}
    await audit.note(work, "company", company.id, was, told, by=actor.id if actor else None)


def _unchanged(now: Row, was: Mapping[str, str], given: Mapping[str, str]) -> set[str]:
    """The fields that their sender has left alone. Raises Conflict for those that another has changed, too."""
    kept = {field for field, value in given.items() if value == was.get(field, "")}
    lost = [
        Problem(field, str(now[field]), value[:40])
        for field, value in given.items()
        if field not in kept and now[field] not in (was.get(field, ""), value)
    ]
    if lost:
        raise errors.Conflict("Others have changed this person meanwhile.", code="stale", problems=tuple(lost))
    return kept


async def of_company(reader: Reader, company_id: int, *, limit: int = 50) -> list[Person]:
    """Who is there now, by name. The caller has seen the company through a scope."""
    found = await reader.fetch(
        "SELECT l.*, c.name, c.function AS own_function FROM company_contacts AS l"
        " JOIN contacts AS c ON c.id = l.contact_id"
        " WHERE l.company_id = ? AND l.ended_at IS NULL ORDER BY c.name, l.id LIMIT ?",
        company_id,
        limit,
    )
    return [
        Person(
            row["contact_id"],
            row["name"],
            row["function"] or row["own_function"],
            row["phone"],
            row["fax"],
            row["mail"],
            row["web"],
        )
        for row in found
    ]


async def heard(work: Work, contact_id: int, source: str) -> bool:
    """How he first heard of us; what stands already stays."""
    return bool(await work.change("UPDATE contacts SET source = ? WHERE id = ? AND source = ''", source, contact_id))


async def hand_over(work: Work, old: int, new: int) -> None:
    """A contact proved to be another: what he is where, and what he was called about, goes to that one."""
    await work.change(
        "UPDATE company_contacts SET ended_at = ? WHERE contact_id = ? AND ended_at IS NULL"
        " AND company_id IN (SELECT company_id FROM company_contacts WHERE contact_id = ? AND ended_at IS NULL)",
        work.now,
        old,
        new,
    )
    await work.change("UPDATE company_contacts SET contact_id = ? WHERE contact_id = ?", new, old)
    await work.change("UPDATE call_notes SET contact_id = ? WHERE contact_id = ?", new, old)
    row = await work.one("SELECT source FROM contacts WHERE id = ?", old)
    if row and row["source"]:
        await heard(work, new, row["source"])


async def _link(
    work: Work, actor: Actor | None, company: CompanyView, contact_id: int, fields: Mapping[str, str]
) -> bool:
    new = {
        "id": ids.new(),
        "company_id": company.id,
        "contact_id": contact_id,
        **fields,
        "created_at": work.now,
    }
    await companies.hold(work, company.id)
    by, name = actor.id if actor else None, await _name(work, contact_id)
    conflict = "ON CONFLICT (company_id, contact_id) WHERE ended_at IS NULL DO NOTHING"
    if not await work.insert(CompanyContact, [new], conflict=conflict, returning="id"):
        return False
    await audit.note(work, "company", company.id, {"person": ""}, {"person": name}, by=by)
    work.say(PersonLinked(company.id, contact_id, True, by))
    return True


def _checked(values: Mapping[str, str], country: str) -> dict[str, str]:
    told = {name: " ".join(values.get(name, "").split()) for name in FIELDS}
    found: dict[str, str | Problem] = {
        "function": told["function"],
        "phone": reach.phone(told["phone"], country),
        "fax": reach.phone(told["fax"], country, field="fax"),
        "mail": reach.mail(told["mail"]),
        "web": reach.web(told["web"]),
    }
    if len(told["function"]) > FUNCTION_LIMIT:
        found["function"] = Problem("function", Phrase("at most {limit} characters", limit=FUNCTION_LIMIT))
    problems = [one for one in found.values() if isinstance(one, Problem)]
    if problems:
        raise errors.Invalid("nothing was written", problems=tuple(problems))
    return {name: value for name, value in found.items() if isinstance(value, str)}


async def is_there(reader: Reader, contact_id: int) -> bool:
    """Whether there is such a contact at all, whoever may see him."""
    return await reader.one("SELECT id FROM contacts WHERE id = ?", contact_id) is not None


async def _name(reader: Reader, contact_id: int) -> str:
    row = await reader.one("SELECT name FROM contacts WHERE id = ?", contact_id)
    if row is None:
        raise errors.NotFound("There is no such contact. Nothing was done.")
    return str(row["name"])
