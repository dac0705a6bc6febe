"""What leaves as a file: companies and contacts by field, through the wall, each as an import would read it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping

from crmcore import access, audit, visible
from crmcore.access import Actor, Scope
from crmcore.exchange import company_rows, contact_rows
from crmcore.exchange.fields import KINDS
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work

PAGE = 500
Values = Mapping[str, str]
_SCHEMES = {"mailto": "mail", "tel": "phone"}
NOT_EXPORTED = ("given_name", "family_name", "country")  # of contacts: the name and E.164 say it


def columns(kind: str) -> list[str]:
    """The fields of a file, in their order."""
    left_out = NOT_EXPORTED if kind == "contacts" else ()
    return [name for name in KINDS[kind] if name not in left_out]


async def every(reader: Reader, kind: str, actor: Actor | None, *, archived: bool = False) -> AsyncIterator[Values]:
    """All that he may see, page by page; archived ones only when asked."""
    scope = access.scope(actor) if actor else None
    page = _companies if kind == "companies" else _contacts
    after = 0
    while found := await page(reader, scope, after, archived):
        for row in found:
            yield row["told"]
        after = found[-1]["place"]


async def note(work: Work, kind: str, count: int, form: str, by: int | None) -> None:
    """An export is a line of the history, as what it took along left the house."""
    await audit.note(work, "export", ids.new(), {}, {kind: f"{count} {form}"}, by=by)


async def _companies(reader: Reader, scope: Scope | None, after: int, archived: bool) -> list[Row]:
    wall, inside = visible.within(scope)
    is_open = "1 = 1" if archived else "c.archived_at IS NULL"
    found = await reader.fetch(
        "SELECT c.*, o.name AS owner, g.name AS group_name, s.name AS responsible, x.value AS external_id"
        " FROM companies AS c JOIN owners AS o ON o.id = c.owner_id LEFT JOIN groups AS g ON g.id = c.group_id"
        " LEFT JOIN staff AS s ON s.id = c.responsible_id"
        f" LEFT JOIN external_ids AS x ON x.kind = '{company_rows.KIND}' AND x.ref_id = c.id"
        f" WHERE c.number > ? AND {is_open} AND {wall} ORDER BY c.number LIMIT ?",
        after,
        *inside,
        PAGE,
    )
    return [{"place": row["number"], "told": _company(row)} for row in found]


def _company(row: Row) -> Values:
    told = {
        **row,
        "number": visible.written(row["number"]),
        "group": row["group_name"],
        "archived": _day(row["archived_at"]),
    }
    return {name: str(told[name] or "") for name in columns("companies")}


async def _contacts(reader: Reader, scope: Scope | None, after: int, archived: bool) -> list[Row]:
    wall, inside = visible.within(scope)
    is_open = "1 = 1" if archived else "k.archived_at IS NULL"
    linked = "SELECT 1 FROM company_contacts AS l JOIN companies AS c ON c.id = l.company_id WHERE l.contact_id = k.id"
    linked += " AND l.ended_at IS NULL"
    found = await reader.fetch(
        f"SELECT k.*, x.value AS external_id FROM contacts AS k"
        f" LEFT JOIN external_ids AS x ON x.kind = '{contact_rows.KIND}' AND x.ref_id = k.id"
        f" WHERE k.id > ? AND {is_open} AND (NOT EXISTS ({linked}) OR EXISTS ({linked} AND {wall}))"
        " ORDER BY k.id LIMIT ?",
        after,
        *inside,
        PAGE,
    )
    if not found:
        return []
    contact_ids = [row["id"] for row in found]
    reached = await _addresses(reader, contact_ids)
    at = await _at(reader, contact_ids, scope)
    return [{"place": row["id"], "told": _contact(row, reached[row["id"]], at[row["id"]])} for row in found]


def _contact(row: Row, reached: Mapping[str, list[str]], at: list[str]) -> Values:
    told = {
        **row,
        "number": row["id"],
        "mail": "; ".join(reached.get("mail", ())),
        "phone": "; ".join(reached.get("phone", ())),
        "company": " ".join(at),
        "archived": _day(row["archived_at"]),
    }
    return {name: str(told[name] or "") for name in columns("contacts")}


async def _addresses(reader: Reader, contact_ids: list[int]) -> dict[int, dict[str, list[str]]]:
    found: dict[int, dict[str, list[str]]] = defaultdict(dict)
    for row in await reader.fetch(
        "SELECT contact_id, scheme, value FROM identities"
        f" WHERE scheme IN ('mailto', 'tel') AND contact_id IN ({rows.marks(contact_ids)}) ORDER BY id",
        *contact_ids,
    ):
        found[row["contact_id"]].setdefault(_SCHEMES[row["scheme"]], []).append(row["value"])
    return found


async def _at(reader: Reader, contact_ids: list[int], scope: Scope | None) -> dict[int, list[str]]:
    """Where they are, as far as the wall lets him see."""
    wall, inside = visible.within(scope)
    found: dict[int, list[str]] = defaultdict(list)
    for row in await reader.fetch(
        "SELECT l.contact_id, c.number FROM company_contacts AS l JOIN companies AS c ON c.id = l.company_id"
        f" WHERE l.ended_at IS NULL AND l.contact_id IN ({rows.marks(contact_ids)}) AND c.archived_at IS NULL"
        f" AND {wall} ORDER BY c.number",
        *contact_ids,
        *inside,
    ):
        found[row["contact_id"]].append(visible.written(row["number"]))
    return found


def _day(stored: object) -> str:
    at = rows.maybe_instant(stored)
    return at.date().isoformat() if at else ""
