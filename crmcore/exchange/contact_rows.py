"""Contacts that lines of a file are about: those that are here, and what lines change written, many at once.

Contacts have no wall of their own: a colleague sees those at companies he sees, and those at none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from crmcore import company_names, visible
from crmcore.company_events import PersonLinked
from crmcore.exchange import contact_drafts, external_ids
from crmcore.exchange.drafts import Action, Draft, Key, Known, Value
from crmcore.exchange.lookups import Lookups
from crmcore.exchange.mappings import Record
from crmcore.models.companies import Alteration, CompanyContact
from crmcore.models.people import Contact, Identity
from crmcore.subscribers import IMPORTED
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work

KIND = "contact"
_STORED = ("name", "language", "function", "source")


async def prepare(reader: Reader, records: Sequence[Record], lookups: Lookups) -> list[Draft]:
    """A draft a line, the companies it names looked up."""
    words = sorted({word for record in records for word in contact_drafts.wanted(record)})
    return contact_drafts.checked(records, lookups, await _firms(reader, words, lookups))


async def known(reader: Reader, drafts: Sequence[Draft], lookups: Lookups) -> dict[Key, list[Known]]:
    """key → the contacts that have it, those he may not see among them (`is_seen` says so)."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        for kind, value in (*draft.own, *draft.shared):
            wanted[kind].add(value)
    contact_ids = {int(value) for value in wanted["number"]}
    contact_ids |= await _by_number(reader, sorted(wanted["external id"]))
    contact_ids |= await _by_address(reader, sorted(wanted["address"]))
    contact_ids |= await _at(reader, {int(value.rpartition(" at B")[2]) for value in wanted["name"]})
    found = await current(reader, sorted(contact_ids), lookups)
    index: dict[Key, list[Known]] = defaultdict(list)
    for one in found.values():
        for kind, had in one.keys.items():
            for value in had:
                index[kind, value].append(one)
    return index


async def current(reader: Reader, contact_ids: Sequence[int], lookups: Lookups) -> dict[int, Known]:
    """Contacts by id as they are now, with their addresses and companies."""
    if not contact_ids:
        return {}
    wall, inside = visible.within(lookups.scope)
    marks = rows.marks(contact_ids)
    linked = "SELECT 1 FROM company_contacts AS l JOIN companies AS c ON c.id = l.company_id WHERE l.contact_id = k.id"
    found = await reader.fetch(
        f"SELECT k.*, x.value AS external_id, CASE WHEN NOT EXISTS ({linked} AND l.ended_at IS NULL)"
        f" OR EXISTS ({linked} AND l.ended_at IS NULL AND {wall}) THEN 1 ELSE 0 END AS seen FROM contacts AS k"
        f" LEFT JOIN external_ids AS x ON x.kind = 'contact' AND x.ref_id = k.id WHERE k.id IN ({marks})",
        *inside,
        *contact_ids,
    )
    own: dict[int, list[str]] = defaultdict(list)
    sql = f"SELECT contact_id, scheme, value FROM identities WHERE contact_id IN ({marks}) ORDER BY id"
    for row in await reader.fetch(sql, *contact_ids):
        own[row["contact_id"]].append(f"{row['scheme']}:{row['value']}")
    at: dict[int, list[str]] = defaultdict(list)
    for row in await reader.fetch(
        "SELECT l.contact_id, c.number FROM company_contacts AS l JOIN companies AS c ON c.id = l.company_id"
        f" WHERE l.ended_at IS NULL AND l.contact_id IN ({marks}) ORDER BY c.number",
        *contact_ids,
    ):
        at[row["contact_id"]].append(visible.written(row["number"]))
    return {row["id"]: _known(row, own[row["id"]], at[row["id"]]) for row in found}


async def lock(work: Work) -> None:
    """The first write of a unit; nothing else need wait for it."""
    await work.change("UPDATE contacts SET name = name WHERE id = 0")


async def write(work: Work, actions: Sequence[Action], lookups: Lookups) -> dict[int, tuple[int, int]]:
    """Write creations and updates. line → the contact (and 0: contacts have no versions).

    Raises IntegrityError if an address was taken by another meanwhile: the unit is to be done again.
    """
    new = {one.draft.line: ids.new() for one in actions if one.what == "create"}
    contact_ids = {one.draft.line: new.get(one.draft.line) or one.ref_id or 0 for one in actions}
    created = [one for one in actions if one.what == "create"]
    await work.insert(Contact, [_row(work, new[one.draft.line], one.draft.fields) for one in created])
    changes = {contact_ids[one.draft.line]: one.changes for one in actions}
    await _rename(work, {one.ref_id: changes[one.ref_id] for one in actions if one.what == "update" and one.ref_id})
    await work.insert(Identity, [row for one, change in changes.items() for row in _identities(work, one, change)])
    numbers = {one: change["external_id"][1] for one, change in changes.items() if "external_id" in change}
    await external_ids.put(work, KIND, numbers, {})
    await _link(work, changes, lookups.by)
    lines = [
        _line(work, KIND, one, name, change, lookups.by)
        for one, every in changes.items()
        for name, change in every.items()
    ]
    await work.insert(Alteration, lines)
    return {line: (contact_id, 0) for line, contact_id in contact_ids.items()}


async def restore(work: Work, changes: Mapping[int, Mapping[str, Value]], lookups: Lookups) -> None:
    """contact → fields and what is to stand there again; of addresses and companies: those to be taken off."""
    single = {
        one: {name: (None, value) for name, value in back.items() if name in _STORED} for one, back in changes.items()
    }
    await _rename(work, {one: back for one, back in single.items() if back})
    numbers = {one: back["external_id"] or "" for one, back in changes.items() if "external_id" in back}
    await external_ids.put(work, KIND, numbers, {})
    for contact_id, back in changes.items():
        for address in _many(back.get("addresses")):
            scheme, _, value = address.partition(":")
            await work.change(
                "DELETE FROM identities WHERE contact_id = ? AND scheme = ? AND value = ? AND NOT verified"
                " AND last_in_at IS NULL",
                contact_id,
                scheme,
                value,
            )
        for code in _many(back.get("companies")):
            await work.change(
                "UPDATE company_contacts SET ended_at = ? WHERE contact_id = ? AND ended_at IS NULL"
                " AND company_id IN (SELECT id FROM companies WHERE number = ?)",
                work.now,
                contact_id,
                visible.parse(code),
            )
    lines = [
        _line(work, KIND, one, name, (None, value), lookups.by)
        for one, back in changes.items()
        for name, value in back.items()
    ]
    await work.insert(Alteration, lines)


async def archive(work: Work, contact_ids: Sequence[int], by: int | None) -> None:
    """Off all lists; their addresses and other systems' numbers are free again, where they work is ended."""
    marks = rows.marks(contact_ids)
    await work.change(f"DELETE FROM identities WHERE contact_id IN ({marks})", *contact_ids)
    await work.change(
        f"UPDATE company_contacts SET ended_at = ? WHERE ended_at IS NULL AND contact_id IN ({marks})",
        work.now,
        *contact_ids,
    )
    await work.change(f"UPDATE contacts SET archived_at = ? WHERE id IN ({marks})", work.now, *contact_ids)
    await external_ids.forget(work, KIND, contact_ids)
    lines = [_line(work, KIND, one, "archived_at", (None, str(work.now)), by) for one in contact_ids]
    await work.insert(Alteration, lines)


async def used(reader: Reader, contact_ids: Sequence[int]) -> set[int]:
    """Those with whom something has passed: they are not taken away."""
    marks = rows.marks(contact_ids)
    found = await reader.fetch(
        f"SELECT contact_id FROM timeline WHERE contact_id IN ({marks}) UNION"
        f" SELECT contact_id FROM identities WHERE contact_id IN ({marks}) AND (verified OR last_in_at IS NOT NULL)"
        " UNION"
        f" SELECT contact_id FROM subscribers WHERE contact_id IN ({marks})",
        *contact_ids,
        *contact_ids,
        *contact_ids,
    )
    return {row["contact_id"] for row in found}


# -- rows --------------------------------------------------------------------------------------------------------------


async def _rename(work: Work, changes: Mapping[int, Mapping[str, tuple[Value, Value]]]) -> None:
    wanted = [one for one, change in changes.items() if set(change) & set(_STORED)]
    if not wanted:
        return
    sql = f"SELECT id, {', '.join(_STORED)} FROM contacts WHERE id IN ({rows.marks(wanted)})"
    found = await work.fetch(sql, *wanted)
    news = {one: {name: after for name, (_, after) in changes[one].items() if name in _STORED} for one in wanted}
    await work.update(Contact, [{**row, **news[row["id"]]} for row in found])


async def _link(work: Work, changes: Mapping[int, Mapping[str, tuple[Value, Value]]], by: int | None) -> None:
    wanted = {
        one: [code for code in _many(change["companies"][1]) if code not in _many(change["companies"][0])]
        for one, change in changes.items()
        if "companies" in change
    }
    numbers = sorted({visible.parse(code) or 0 for codes in wanted.values() for code in codes})
    if not numbers:
        return
    sql = f"SELECT id, number FROM companies WHERE number IN ({rows.marks(numbers)})"
    found = {visible.written(row["number"]): row["id"] for row in await work.fetch(sql, *numbers)}
    empty = dict.fromkeys(("function", "phone", "fax", "mail", "web"), "")
    new = [
        {"id": ids.new(), "company_id": found[code], "contact_id": one, **empty, "created_at": work.now}
        for one, codes in wanted.items()
        for code in codes
    ]
    conflict = "ON CONFLICT (company_id, contact_id) WHERE ended_at IS NULL DO NOTHING"
    linked = await work.insert(CompanyContact, new, conflict=conflict, returning="company_id, contact_id")
    sql = f"SELECT id, name FROM contacts WHERE id IN ({rows.marks(list(wanted))})"
    names = {row["id"]: row["name"] for row in await work.fetch(sql, *wanted)}
    told = [(row["company_id"], row["contact_id"]) for row in linked]
    lines = [_line(work, "company", firm, "person", (None, names[one]), by) for firm, one in told]
    await work.insert(Alteration, lines)
    for company_id, contact_id in told:
        work.say(PersonLinked(company_id, contact_id, True, by))


def _row(work: Work, contact_id: int, fields: Mapping[str, Value]) -> Row:
    return {"id": contact_id, **{name: fields.get(name) or "" for name in _STORED}, "created_at": work.now}


def _identities(work: Work, contact_id: int, change: Mapping[str, tuple[Value, Value]]) -> list[Row]:
    before, after = change.get("addresses", (None, None))
    new = [one.partition(":") for one in _many(after) if one not in _many(before)]
    return [
        {
            "id": ids.new(),
            "contact_id": contact_id,
            "scheme": scheme,
            "value": value,
            "verified": False,
            "proven": IMPORTED,
            "created_at": work.now,
        }
        for scheme, _, value in new
    ]


def _line(work: Work, kind: str, ref_id: int, field: str, change: tuple[Value, Value], by: int | None) -> Row:
    before, after = (" ".join(one) if isinstance(one, tuple) else str(one or "") for one in change)
    line = {"kind": kind, "ref_id": ref_id, "field": field, "before": before, "after": after}
    return {"id": ids.new(), **line, "by_id": by, "at": work.now}


def _many(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


async def _by_number(reader: Reader, numbers: Sequence[str]) -> set[int]:
    if not numbers:
        return set()
    sql = f"SELECT ref_id FROM external_ids WHERE kind = ? AND owner_id = ? AND value IN ({rows.marks(numbers)})"
    return {row["ref_id"] for row in await reader.fetch(sql, KIND, external_ids.NOBODY, *numbers)}


async def _by_address(reader: Reader, addresses: Sequence[str]) -> set[int]:
    if not addresses:
        return set()
    parts = [part for address in addresses for part in address.split(":", 1)]
    sql = f"SELECT contact_id FROM identities WHERE (scheme, value) {rows.among(2, len(addresses))}"
    return {row["contact_id"] for row in await reader.fetch(sql, *parts)}


async def _at(reader: Reader, numbers: set[int]) -> set[int]:
    """All people at these companies: names are compared folded, which the database does not."""
    if not numbers:
        return set()
    sql = (
        "SELECT l.contact_id FROM company_contacts AS l JOIN companies AS c ON c.id = l.company_id"
        f" WHERE l.ended_at IS NULL AND c.number IN ({rows.marks(list(numbers))}) LIMIT 20000"
    )
    return {row["contact_id"] for row in await reader.fetch(sql, *numbers)}


async def _firms(reader: Reader, words: Sequence[str], lookups: Lookups) -> dict[str, list[int]]:
    """By number, tax number and folded name, as far as the wall lets him see."""
    if not words:
        return {}
    wall, inside = visible.within(lookups.scope)
    numbers = [number for number in map(visible.parse, words) if number is not None] or [0]
    marks = rows.marks(words)
    found: list[Row] = []
    for where, values in (
        (f"c.number IN ({rows.marks(numbers)})", numbers),
        (f"c.tax_number <> '' AND c.tax_number IN ({marks}) AND c.archived_at IS NULL", words),
        (f"c.folded IN ({marks}) AND c.owner_id IN (SELECT id FROM owners) AND c.archived_at IS NULL", words),
    ):
        sql = f"SELECT c.number, c.tax_number, c.folded FROM companies AS c WHERE {where} AND {wall} LIMIT 5000"
        found += await reader.fetch(sql, *values, *inside)
    firms: dict[str, list[int]] = defaultdict(list)
    for row in found:
        for word in (visible.written(row["number"]), row["tax_number"], row["folded"]):
            if word and row["number"] not in firms[word]:
                firms[word].append(row["number"])
    return firms


def _known(row: Row, addresses: Sequence[str], companies: Sequence[str]) -> Known:
    keys: dict[str, Any] = {"number": [str(row["id"])], "address": addresses, "name": [], "external id": []}
    if row["external_id"]:
        keys["external id"] = [row["external_id"]]
    folded = company_names.key(row["name"])
    keys["name"] = [f"{folded} at {code}" for code in companies]
    fields: dict[str, Value] = {name: row[name] for name in _STORED}
    told = {"external_id": row["external_id"] or "", "addresses": tuple(addresses), "companies": tuple(companies)}
    return Known(
        row["id"],
        f"{row['name']} ({row['id']})" if row["seen"] else "a contact",
        {kind: frozenset(values) for kind, values in keys.items()},
        {**fields, **told},
        is_archived=row["archived_at"] is not None,
        is_seen=bool(row["seen"]),
    )
