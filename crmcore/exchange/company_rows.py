"""Companies that lines of a file are about: those that are here, and what lines change written, many at once.

No hand-written step a company: one statement a table, however many lines. The wall is `visible.within`, as everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from crmcore import company_fields, numbering, owners, visible
from crmcore.company_events import CompanyArchived, CompanyChanged, CompanyRegistered
from crmcore.exchange import external_ids
from crmcore.exchange.drafts import Action, Draft, Key, Known, Value
from crmcore.exchange.lookups import Lookups
from crmcore.models.companies import Alteration, Company
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work

KIND = "company"
FITTING = 5_000  # records that keys of one kind may lead to, a unit
_STORED = (*company_fields.FIELDS, "folded", "legal_form", "group_id", "responsible_id")
_DERIVED = ("folded", "legal_form")
_NAMED = ("responsible_id", "group_id")
_WHERE = {
    "number": "c.number IN ({})",
    "tax number": "c.tax_number <> '' AND c.tax_number IN ({}) AND c.archived_at IS NULL",
    "e-mail": "c.mail <> '' AND c.mail IN ({}) AND c.archived_at IS NULL",
    "phone": "c.phone <> '' AND c.phone IN ({}) AND c.archived_at IS NULL",
    "name": "c.folded IN ({}) AND c.owner_id IN (SELECT id FROM owners) AND c.archived_at IS NULL",
    "external id": "c.id IN (SELECT ref_id FROM external_ids WHERE kind = 'company'"
    " AND owner_id IN (SELECT id FROM owners) AND value IN ({}))",
}


async def known(reader: Reader, drafts: Sequence[Draft], lookups: Lookups) -> dict[Key, list[Known]]:
    """key → the companies that have it, those he may not see among them (`is_seen` says so)."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        for kind, value in (*draft.own, *draft.shared):
            wanted[kind].add(value)
    company_ids: set[int] = set()
    for kind, values in wanted.items():
        told = [int(value) for value in values] if kind == "number" else sorted(values)
        sql = f"SELECT c.id FROM companies AS c WHERE {_WHERE[kind].format(rows.marks(told))} LIMIT {FITTING}"
        company_ids.update(row["id"] for row in await reader.fetch(sql, *told))
    found = await current(reader, sorted(company_ids), lookups)
    index: dict[Key, list[Known]] = defaultdict(list)
    for one in found.values():
        for kind, had in one.keys.items():
            for value in had:
                index[kind, value].append(one)
    return index


async def lock(work: Work) -> None:
    """One registration at a time, an owner: as `companies.register` does. The first write of a unit."""
    await work.change("UPDATE owners SET name = name")


async def write(work: Work, actions: Sequence[Action], lookups: Lookups) -> dict[int, tuple[int, int]]:
    """Write creations and updates. line → the company and its version now; who is absent was changed meanwhile."""
    created = await _create(work, [one for one in actions if one.what == "create"], lookups)
    updated = await _update(work, [one for one in actions if one.what == "update"], lookups)
    return created | updated


async def restore(work: Work, changes: Mapping[int, Mapping[str, Value]], lookups: Lookups) -> None:
    """company → fields and what is to stand there again."""
    drafted = [
        Action(Draft(line, (), (), {}), "update", company_id, {name: (None, value) for name, value in back.items()})
        for line, (company_id, back) in enumerate(changes.items())
    ]
    await _update(work, drafted, lookups, is_checked=False)


async def current(reader: Reader, company_ids: Sequence[int], lookups: Lookups) -> dict[int, Known]:
    """Companies by id as they are now."""
    if not company_ids:
        return {}
    found = await _fetch(reader, f"c.id IN ({rows.marks(company_ids)})", company_ids, lookups)
    return {row["id"]: _known(row) for row in found}


async def archive(work: Work, company_ids: Sequence[int], by: int | None) -> None:
    """Off all lists; the numbers other systems have for them are free again."""
    await work.change(
        f"UPDATE companies SET archived_at = ?, version = version + 1, changed_by_id = ?, changed_at = ?"
        f" WHERE id IN ({rows.marks(company_ids)})",
        work.now,
        by,
        work.now,
        *company_ids,
    )
    await external_ids.forget(work, KIND, company_ids)
    await work.insert(Alteration, [_line(work, one, "archived_at", "", str(work.now), by) for one in company_ids])
    for one in company_ids:
        work.say(CompanyArchived(one, True, by))


async def used(reader: Reader, company_ids: Sequence[int]) -> set[int]:
    """Those who got people or calls: they are not taken away."""
    marks = rows.marks(company_ids)
    found = await reader.fetch(
        f"SELECT company_id FROM company_contacts WHERE company_id IN ({marks}) AND ended_at IS NULL UNION"
        f" SELECT company_id FROM call_notes WHERE company_id IN ({marks})",
        *company_ids,
        *company_ids,
    )
    return {row["company_id"] for row in found}


async def _create(work: Work, actions: Sequence[Action], lookups: Lookups) -> dict[int, tuple[int, int]]:
    if not actions:
        return {}
    last = await numbering.take(work, "companies", len(actions))
    first = lookups.owner_id if lookups.owner_id is not None else await owners.first(work)
    new = [_row(work, action, number, first, lookups) for number, action in enumerate(actions, last - len(actions) + 1)]
    await work.insert(Company, new)
    told = list(zip(actions, new, strict=True))
    numbers = {row["id"]: action.draft.fields.get("external_id") for action, row in told}
    await external_ids.put(work, KIND, numbers, {row["id"]: row["owner_id"] for row in new})
    await work.insert(Alteration, [_line(work, row["id"], "name", "", row["name"], lookups.by) for row in new])
    for row in new:
        work.say(CompanyRegistered(row["id"], lookups.by))
    return {action.draft.line: (row["id"], 1) for action, row in told}


async def _update(
    work: Work, actions: Sequence[Action], lookups: Lookups, *, is_checked: bool = True
) -> dict[int, tuple[int, int]]:
    """Compare and set, by the version that was read when the line was decided; `is_checked` False: as of now."""
    if not actions:
        return {}
    company_ids = [action.ref_id for action in actions if action.ref_id is not None]
    stand = {row["id"]: row for row in await work.fetch(_MARKED.format(rows.marks(company_ids)), *company_ids)}
    pairs = [(action, stand[action.ref_id or 0]) for action in actions]
    meant = [(action, row) for action, row in pairs if not is_checked or row["version"] == action.version]
    changed = [_changed(work, row, action, lookups.by) for action, row in meant]
    won = {row["id"] for row in await work.update(Company, changed, where="t.version = v.version - 1", returning="id")}
    told = [(action, row) for action, row in meant if row["id"] in won]
    numbers = {row["id"]: action.changes["external_id"][1] for action, row in told if "external_id" in action.changes}
    await external_ids.put(work, KIND, numbers, {row["id"]: row["owner_id"] for _, row in told})
    await work.insert(Alteration, [line for action, row in told for line in _history(work, action, row, lookups)])
    for action, row in told:
        work.say(CompanyChanged(row["id"], tuple(action.changes), lookups.by))
    return {action.draft.line: (row["id"], row["version"] + 1) for action, row in told}


def _history(work: Work, action: Action, row: Row, lookups: Lookups) -> list[Row]:
    """A line a field: colleagues and groups by name, what is derived from the name not at all."""
    lines = []
    for name, (before, after) in action.changes.items():
        if name in _DERIVED:
            continue
        stood, stands = lookups.shown(name, row.get(name, before)), lookups.shown(name, after)
        lines.append(
            _line(work, row["id"], name.removesuffix("_id") if name in _NAMED else name, stood, stands, lookups.by)
        )
    return lines


def _row(work: Work, action: Action, number: int, first: int, lookups: Lookups) -> Row:
    draft = action.draft
    values = {name: draft.fields.get(name) or "" for name in _STORED if not name.endswith("_id")}
    owner_id = draft.owner_id if draft.owner_id is not None else first
    return {
        "id": ids.new(),
        "number": number,
        "owner_id": owner_id,
        **values,
        "state": values["state"] or company_fields.STATES[0],
        "group_id": draft.fields.get("group_id", lookups.group_id if owner_id == lookups.owner_id else None),
        "responsible_id": draft.fields.get("responsible_id", lookups.by),
        "version": 1,
        "created_by_id": lookups.by,
        "created_at": work.now,
        "changed_by_id": lookups.by,
        "changed_at": work.now,
    }


def _changed(work: Work, row: Row, action: Action, by: int | None) -> Row:
    """All columns, so that all rows of a statement have the same."""
    new = {name: change[1] for name, change in action.changes.items()}
    return {
        "id": row["id"],
        **{name: new.get(name, row[name]) for name in _STORED},
        "version": row["version"] + 1,
        "changed_by_id": by,
        "changed_at": work.now,
    }


def _line(work: Work, company_id: int, field: str, before: object, after: object, by: int | None) -> Row:
    told = {"before": "" if before is None else str(before), "after": "" if after is None else str(after)}
    return {"id": ids.new(), "kind": KIND, "ref_id": company_id, "field": field, **told, "by_id": by, "at": work.now}


_MARKED = "SELECT c.* FROM companies AS c WHERE c.id IN ({})"


async def _fetch(reader: Reader, where: str, values: Sequence[Any], lookups: Lookups) -> list[Row]:
    wall, inside = visible.within(lookups.scope)
    return await reader.fetch(
        f"SELECT c.*, CASE WHEN {wall} THEN 1 ELSE 0 END AS seen, x.value AS external_id,"
        " COALESCE(r.name, b.name, '') AS ask FROM companies AS c"
        " LEFT JOIN external_ids AS x ON x.kind = 'company' AND x.ref_id = c.id"
        " LEFT JOIN staff AS r ON r.id = c.responsible_id LEFT JOIN staff AS b ON b.id = c.created_by_id"
        f" WHERE {where}",
        *inside,
        *values,
    )


def _known(row: Row) -> Known:
    keys = {
        "number": str(row["number"]),
        "external id": row["external_id"],
        "tax number": row["tax_number"],
        "e-mail": row["mail"],
        "phone": row["phone"],
        "name": row["folded"],
    }
    fields: dict[str, Value] = {name: row[name] for name in _STORED}
    return Known(
        row["id"],
        f"{visible.written(row['number'])} {row['name']}" if row["seen"] else "a company",
        {kind: frozenset((value,)) for kind, value in keys.items() if value},
        {**fields, "external_id": row["external_id"] or ""},
        row["owner_id"],
        row["version"],
        row["archived_at"] is not None,
        bool(row["seen"]),
        row["ask"],
    )
