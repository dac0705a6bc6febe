"""Companies as people may see them: the one place where the wall is built into a query.

Every read takes a Scope; None is the operator at the command line, who sees all. List, page, count, export, search and
suggestion go through `within`, so that none of them can forget it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec import Struct

from crmcore import company_names, taxes
from crmcore.access import Scope
from kernel import errors, rows
from kernel.rows import Row
from kernel.unit import Reader

PAGE = 8
SUGGESTED = 5
NONE = "There is no company {company}, or it is not yours to see. Nothing was done."
Where = tuple[str, tuple[object, ...]]
# B12 as people type it: lower case, #B12, B-12, B 12, and the Cyrillic letter that looks the same.
_WRITTEN = re.compile(r"\s*#?[BbВв][\s-]?(\d{1,9})\s*")
_SELECT = """
SELECT c.*, o.name AS owner, g.name AS group_name, s.name AS responsible,
  (SELECT count(*) FROM company_contacts AS l WHERE l.company_id = c.id AND l.ended_at IS NULL) AS persons
FROM companies AS c JOIN owners AS o ON o.id = c.owner_id LEFT JOIN groups AS g ON g.id = c.group_id
LEFT JOIN staff AS s ON s.id = c.responsible_id
"""
# As `completeness.WANTED` has it; a stop-gap that somebody typed counts there and not here.
_INCOMPLETE = """
((c.phone = '' AND c.mail = '') OR c.tax_number = '' OR c.relation = '' OR c.city = '' OR c.responsible_id IS NULL
 OR c.street = '' OR c.activity = '' OR c.area = '' OR c.source = '' OR c.sales_channel = '' OR c.language = ''
 OR NOT EXISTS (SELECT 1 FROM company_contacts AS l WHERE l.company_id = c.id AND l.ended_at IS NULL))
"""
_NONE = "There is no company {company}, or it is not yours to see. Nothing was done."


class CompanyView(Struct, frozen=True):
    """A company as it is read. Texts and codes are "" while unknown."""

    id: int
    number: int
    owner_id: int
    owner: str
    group_id: int | None
    group: str
    responsible_id: int | None
    responsible: str
    name: str
    legal_form: str
    state: str
    relation: str
    area: str
    activity: str
    segment: str
    sales_channel: str
    source: str
    country: str
    tax_number: str
    street: str
    city: str
    postcode: str
    phone: str
    mail: str
    web: str
    language: str
    payment_terms: str
    persons: int
    version: int
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None

    @property
    def code(self) -> str:
        return written(self.number)

    @property
    def label(self) -> str:
        """As a colleague tells it from its like: B12 Orlik Trans, Gdynia."""
        return ", ".join(part for part in (f"{self.code} {self.name}", self.city) if part)


class Filter(Struct, frozen=True):
    """What a list of companies is narrowed to; "" and False narrow nothing. `text` as for `search`."""

    text: str = ""
    state: str = ""
    area: str = ""
    relation: str = ""
    is_incomplete: bool = False
    is_archived: bool = False


def written(number: int) -> str:
    """A company's number as it is printed everywhere."""
    return f"B{number}"


def parse(word: str) -> int | None:
    """The number in a word that is a company's number and nothing else; None otherwise."""
    found = _WRITTEN.fullmatch(word)
    return int(found.group(1)) if found else None


def within(scope: Scope | None) -> Where:
    """The wall: the condition on companies `c` that keeps a query inside the scope. Pure."""
    if scope is None:
        return "1 = 1", ()
    standing = scope.standing
    if not standing.owners:
        return "1 = 0", ()
    owners = sorted(standing.owners)
    wall = f"c.owner_id IN ({rows.marks(owners)})"
    if scope.everything:
        return wall, tuple(owners)
    inside = ["c.responsible_id = ?", "c.created_by_id = ?"]
    values: list[object] = [*owners, scope.staff_id, scope.staff_id]
    for column, shared in (("c.group_id", sorted(standing.groups)), ("c.owner_id", sorted(standing.shared))):
        if shared:
            inside.append(f"{column} IN ({rows.marks(shared)})")
            values += shared
    return f"{wall} AND ({' OR '.join(inside)})", tuple(values)


async def by_id(reader: Reader, company_id: int, scope: Scope | None) -> CompanyView | None:
    """The company, archived too; None if there is none or it is outside the scope."""
    return await _one(reader, scope, "c.id = ?", company_id)


async def by_number(reader: Reader, number: int, scope: Scope | None) -> CompanyView | None:
    """As `by_id`."""
    return await _one(reader, scope, "c.number = ?", number)


async def of_contacts(reader: Reader, contact_ids: Sequence[int], scope: Scope | None) -> list[CompanyView]:
    """Where these people are, as far as the scope goes; archived companies are not among them."""
    if not contact_ids:
        return []
    where = (
        f"c.id IN (SELECT company_id FROM company_contacts WHERE ended_at IS NULL"
        f" AND contact_id IN ({rows.marks(contact_ids)}))"
    )
    return await _many(reader, scope, where, tuple(contact_ids), limit=PAGE)


async def listed(reader: Reader, scope: Scope | None, *, after: int = 0, limit: int = 500) -> list[CompanyView]:
    """Companies by number, a page after number `after`; archived ones do not show."""
    values = (after,)
    return await _many(reader, scope, "c.number > ?", values, limit=limit, order="c.number")


async def count(reader: Reader, scope: Scope | None) -> int:
    """How many `listed` would list in all."""
    where, values = within(scope)
    row = await reader.one(f"SELECT count(*) AS n FROM companies AS c WHERE c.archived_at IS NULL AND {where}", *values)
    return int(row["n"]) if row else 0


async def filtered(
    reader: Reader, narrowed: Filter, scope: Scope | None, *, after: int = 0, limit: int = PAGE
) -> list[CompanyView]:
    """Companies by name, a page after the company of number `after`."""
    (what, given), (where, values) = narrowing(narrowed), within(scope)
    found = await reader.fetch(
        f"{_SELECT} WHERE {what} AND {where} AND (? = 0 OR (c.folded, c.number) >"
        " ((SELECT x.folded FROM companies AS x WHERE x.number = ?), ?)) ORDER BY c.folded, c.number LIMIT ?",
        *given,
        *values,
        after,
        after,
        after,
        limit,
    )
    return [_view(row) for row in found]


async def counted(reader: Reader, narrowed: Filter, scope: Scope | None) -> int:
    """How many `filtered` finds in all."""
    (what, given), (where, values) = narrowing(narrowed), within(scope)
    row = await reader.one(f"SELECT count(*) AS n FROM companies AS c WHERE {what} AND {where}", *given, *values)
    return int(row["n"]) if row else 0


def narrowing(narrowed: Filter) -> Where:
    """The condition on companies `c` of a filter. Pure."""
    parts, values = [f"c.archived_at IS {'NOT ' if narrowed.is_archived else ''}NULL"], []
    for name in ("state", "area", "relation"):
        if getattr(narrowed, name):
            parts.append(f"c.{name} = ?")
            values.append(getattr(narrowed, name))
    if narrowed.is_incomplete:
        parts.append(_INCOMPLETE)
    number = parse(narrowed.text)
    if number is not None:
        return " AND ".join([*parts, "c.number = ?"]), (*values, number)
    if narrowed.text.strip():
        what, found = _worded(narrowed.text)
        return " AND ".join([*parts, what]), (*values, *found)
    return " AND ".join(parts), tuple(values)


def _worded(text: str) -> Where:
    """Companies whose name holds the words, or whose tax number or e-mail it is. Pure."""
    name, digits = company_names.parted(text).folded, "".join(text.split()).upper()
    tax = taxes.found(text)
    number = tax.number if tax else digits
    values = (f"%{name}%" if name else "-", digits or "-", number or "-", digits.lower() or "-")
    return "(c.folded LIKE ? OR c.tax_number IN (?, ?) OR c.mail = ?)", values


async def export(reader: Reader, scope: Scope | None) -> AsyncIterator[CompanyView]:
    """All that `listed` lists, page by page."""
    after = 0
    while page := await listed(reader, scope, after=after):
        for one in page:
            yield one
        after = page[-1].number


async def search(reader: Reader, text: str, scope: Scope | None, *, limit: int = PAGE) -> list[CompanyView]:
    """Companies whose name holds the words, or whose tax number or e-mail it is: exact names first."""
    where, values = _worded(text)
    # what holds a name is longer than the name itself: the exact one comes first
    return await _many(reader, scope, where, values, limit=limit, order="length(c.folded), c.folded, c.id")


async def named(reader: Reader, folded: str, scope: Scope | None) -> list[CompanyView]:
    """Companies of exactly that name, folded as `company_names` folds it."""
    return await _many(reader, scope, "c.folded = ?", (folded,), limit=SUGGESTED)


async def suggest(reader: Reader, text: str, scope: Scope | None) -> list[CompanyView]:
    """What a name that is being typed could become: companies whose name begins so, by name."""
    name = company_names.key(text)
    if not name:
        return []
    return await _many(reader, scope, "c.folded LIKE ?", (f"{name}%",), limit=SUGGESTED, order="c.folded, c.id")


async def meant(reader: Reader, text: str, scope: Scope | None) -> CompanyView:
    """The one company that a number, a name or a tax number names. Raises NotFound, also if several are meant."""
    number = parse(text)
    if number is not None:
        found = await by_number(reader, number, scope)
        if found is None:
            is_there = await by_number(reader, number, None) is not None
            raise errors.NotFound(_NONE, code=errors.HIDDEN if is_there else "no_company", company=written(number))
        return found
    several = await search(reader, text, scope, limit=SUGGESTED + 1)
    name = company_names.parted(text).folded
    exact = [one for one in several if company_names.parted(one.name).folded == name]
    if len(several) == 1 or len(exact) == 1:
        return (exact or several)[0]
    if not several:
        raise errors.NotFound(_NONE, code="no_company", company=text.strip()[:60])
    labels = "; ".join(one.label for one in several[:SUGGESTED])
    more = "; …" if len(several) > SUGGESTED else ""
    raise errors.NotFound(
        "Which one? {labels}. Write its number. Nothing was done.", code="ambiguous", labels=f"{labels}{more}"
    )


async def _one(reader: Reader, scope: Scope | None, what: str, value: object) -> CompanyView | None:
    where, values = within(scope)
    row = await reader.one(f"{_SELECT} WHERE {what} AND {where}", value, *values)
    return _view(row) if row else None


async def _many(
    reader: Reader, scope: Scope | None, what: str, given: tuple[object, ...], *, limit: int, order: str = "c.id"
) -> list[CompanyView]:
    where, values = within(scope)
    found = await reader.fetch(
        f"{_SELECT} WHERE c.archived_at IS NULL AND {what} AND {where} ORDER BY {order} LIMIT ?",
        *given,
        *values,
        limit,
    )
    return [_view(row) for row in found]


_TEXTS = """
name legal_form state relation area activity segment sales_channel source country tax_number street city postcode phone
mail web language payment_terms
"""


def _view(row: Row) -> CompanyView:
    return CompanyView(
        **{
            name: row[name] for name in ("id", "number", "owner_id", "group_id", "responsible_id", "version", "persons")
        },
        **{name: row[name] for name in _TEXTS.split()},
        owner=row["owner"],
        group=row["group_name"] or "",
        responsible=row["responsible"] or "",
        created_at=rows.instant(row["created_at"]),
        changed_at=rows.instant(row["changed_at"]),
        archived_at=rows.maybe_instant(row["archived_at"]),
    )
