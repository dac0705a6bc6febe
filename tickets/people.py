"""Customers as colleagues may see them: the one rule, and the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from crmcore import visible as companies
from crmcore.access import Scope
from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader
from tickets import visible

PAGE = 50
Where = tuple[str, tuple[object, ...]]


class PersonView(Struct, frozen=True):
    """A contact as he is read. `companies`: those he is at, as far as the reader may see them: (code, name)."""

    id: int
    name: str
    language: str
    function: str
    source: str
    created_at: datetime
    companies: tuple[tuple[str, str], ...] = ()
    addresses: tuple[str, ...] = ()


class IdentityView(Struct, frozen=True):
    """An address of a contact. `proven`: how we know it is his; "" while it is only what a message said of itself."""

    scheme: str
    value: str
    proven: str
    since: datetime
    seen_at: datetime | None
    unreachable_since: datetime | None
    opted_out: tuple[str, ...]  # purposes


def within(scope: Scope) -> Where:
    """The wall: the condition on contacts `p` that keeps a query inside the scope. Pure.

    A contact is there for who may see a ticket of his, or a company at which he is or was; and for all while he has
    neither, since nothing then hides him. Who has proved to be another is nobody's: all that was his is the other's.
    """
    seen, values = visible.seen_by(scope)
    inside, owned = companies.within(scope)
    tickets = "SELECT 1 FROM tickets AS t WHERE t.contact_id = p.id"
    links = "SELECT 1 FROM company_contacts AS l WHERE l.contact_id = p.id"
    return (
        f"p.archived_at IS NULL AND (EXISTS ({tickets} AND {seen})"
        f" OR EXISTS ({links} AND l.company_id IN (SELECT c.id FROM companies AS c WHERE {inside}))"
        f" OR (NOT EXISTS ({tickets}) AND NOT EXISTS ({links})))",
        (*values, *owned),
    )


async def by_id(reader: Reader, contact_id: int, scope: Scope) -> PersonView | None:
    """The contact; None if there is none or he is outside the scope."""
    where, values = within(scope)
    found = await reader.fetch(f"SELECT p.* FROM contacts AS p WHERE p.id = ? AND {where}", contact_id, *values)
    return (await _views(reader, found, scope))[0] if found else None


async def unreached(reader: Reader, scope: Scope, since: datetime, *, limit: int) -> tuple[list[tuple[int, str]], int]:
    """Contacts (id, name) of whom an address took nothing more after `since`, the newest first, and how many."""
    where, values = within(scope)
    standing = (
        " FROM contacts AS p WHERE p.id IN"
        " (SELECT contact_id FROM identities WHERE unreachable_since IS NOT NULL AND unreachable_since > ?)"
        f" AND {where}"
    )
    found = await reader.fetch(f"SELECT p.id, p.name{standing} ORDER BY p.id DESC LIMIT ?", since, *values, limit)
    row = await reader.one(f"SELECT count(*) AS n{standing}", since, *values)
    return [(one["id"], one["name"]) for one in found], int(row["n"]) if row else 0


async def listed(reader: Reader, scope: Scope, *, before: int = 0, limit: int = PAGE) -> list[PersonView]:
    """Contacts, the newest first, a page older than contact `before` (0: from the newest)."""
    where, values = within(scope)
    found = await reader.fetch(
        f"SELECT p.* FROM contacts AS p WHERE (? = 0 OR p.id < ?) AND {where} ORDER BY p.id DESC LIMIT ?",
        before,
        before,
        *values,
        limit,
    )
    return await _views(reader, found, scope)


async def count(reader: Reader, scope: Scope) -> int:
    """How many `listed` lists in all."""
    where, values = within(scope)
    row = await reader.one(f"SELECT count(*) AS n FROM contacts AS p WHERE {where}", *values)
    return int(row["n"]) if row else 0


async def by_ids(reader: Reader, contact_ids: Sequence[int], scope: Scope) -> dict[int, PersonView]:
    """Contacts by id, as far as they are inside the scope."""
    if not contact_ids:
        return {}
    where, values = within(scope)
    found = await reader.fetch(
        f"SELECT p.* FROM contacts AS p WHERE p.id IN ({rows.marks(contact_ids)}) AND {where}", *contact_ids, *values
    )
    return {one.id: one for one in await _views(reader, found, scope)}


async def identities(reader: Reader, contact_id: int) -> list[IdentityView]:
    """A contact's addresses, the one he last wrote from first. The caller has seen the contact through a scope."""
    found = await reader.fetch(
        "SELECT * FROM identities WHERE contact_id = ? ORDER BY last_in_at IS NULL, last_in_at DESC, id", contact_id
    )
    out = await reader.fetch(
        "SELECT o.scheme, o.value, o.purpose FROM opt_outs AS o JOIN identities AS i"
        " ON i.scheme = o.scheme AND i.value = o.value WHERE i.contact_id = ? AND o.until IS NULL ORDER BY o.purpose",
        contact_id,
    )
    return [
        IdentityView(
            row["scheme"],
            row["value"],
            row["proven"] or ("code" if row["verified"] else ""),
            rows.instant(row["created_at"]),
            rows.maybe_instant(row["last_in_at"]),
            rows.maybe_instant(row["unreachable_since"]),
            tuple(one["purpose"] for one in out if (one["scheme"], one["value"]) == (row["scheme"], row["value"])),
        )
        for row in found
    ]


async def _views(reader: Reader, found: Sequence[Row], scope: Scope) -> list[PersonView]:
    if not found:
        return []
    among, contact_ids = rows.marks(found), [row["id"] for row in found]
    inside, values = companies.within(scope)
    places = await reader.fetch(
        "SELECT l.contact_id, c.number, c.name FROM company_contacts AS l JOIN companies AS c ON c.id = l.company_id"
        f" WHERE l.ended_at IS NULL AND l.contact_id IN ({among}) AND {inside} ORDER BY c.number",
        *contact_ids,
        *values,
    )
    known = await reader.fetch(
        f"SELECT contact_id, value FROM identities WHERE contact_id IN ({among}) ORDER BY id", *contact_ids
    )
    return [
        PersonView(
            row["id"],
            row["name"],
            row["language"],
            row["function"],
            row["source"],
            rows.instant(row["created_at"]),
            tuple((companies.written(one["number"]), one["name"]) for one in places if one["contact_id"] == row["id"]),
            tuple(one["value"] for one in known if one["contact_id"] == row["id"]),
        )
        for row in found
    ]
