"""What was found, as it is shown: read by the ids of hits that the wall has let pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from crmcore import visible as companies
from crmcore.access import Scope
from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader
from tickets import numbers
from tickets.search import documents, finding, snippets
from tickets.search.finding import Hit
from tickets.search.query import Query
from tickets.search.snippets import Pieces


class Found(Struct, frozen=True):
    """One line of an answer. `code`: T12 or B3, "" of a contact; `who`: the author, or the ticket's customer."""

    place: int
    kind: str
    id: int
    at: datetime
    code: str
    title: str
    who: str
    pieces: Pieces
    is_note: bool = False


class Page(Struct, frozen=True):
    """`older`: the place that the next page begins behind; None on the last."""

    found: tuple[Found, ...]
    older: int | None


async def page(
    reader: Reader, asked: Query, scope: Scope | None, *, older: int = finding.NEWEST, limit: int = finding.PAGE
) -> Page:
    """A page of what was asked for, newest first."""
    hits = await finding.find(reader, asked, scope, older=older, limit=limit + 1)
    shown = await read(reader, hits[:limit], asked)
    return Page(tuple(shown), hits[limit - 1].place if len(hits) > limit else None)


async def read(reader: Reader, hits: Sequence[Hit], asked: Query) -> list[Found]:
    """The hits as they are shown, in their order; what has gone since is left out."""
    lines: dict[tuple[str, int], Found] = {}
    for kind, act in READS.items():
        lines |= {(kind, one.id): one for one in await act(reader, [hit for hit in hits if hit.kind == kind], asked)}
    return [lines[hit.kind, hit.ref_id] for hit in hits if (hit.kind, hit.ref_id) in lines]


async def _entries(reader: Reader, hits: Sequence[Hit], asked: Query) -> list[Found]:
    found = await _rows(
        reader,
        "SELECT e.id, e.at, e.kind, e.author, COALESCE(e.text, m.text, '') AS words, t.number, t.subject"
        " FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id LEFT JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.id IN",
        hits,
    )
    return [
        _line(
            hit,
            row["at"],
            (numbers.written(row["number"]), row["subject"], row["author"]),
            snippets.cut(row["words"], asked),
            is_note=row["kind"] == "note",
        )
        for hit, row in found
    ]


async def _tickets(reader: Reader, hits: Sequence[Hit], asked: Query) -> list[Found]:
    found = await _rows(
        reader,
        "SELECT t.id, t.number, t.subject, t.created_at, c.name AS contact FROM tickets AS t"
        " JOIN contacts AS c ON c.id = t.contact_id WHERE t.id IN",
        hits,
    )
    return [
        _line(
            hit,
            row["created_at"],
            (numbers.written(row["number"]), row["subject"], row["contact"]),
            snippets.cut(row["subject"], asked),
        )
        for hit, row in found
    ]


async def _contacts(reader: Reader, hits: Sequence[Hit], asked: Query) -> list[Found]:
    found = await _rows(reader, "SELECT id, name, created_at FROM contacts WHERE id IN", hits)
    known = await _rows(
        reader, "SELECT id, contact_id, value FROM identities WHERE contact_id IN", hits, by="contact_id"
    )
    addresses: dict[int, list[str]] = {}
    for hit, row in known:
        addresses.setdefault(hit.ref_id, []).append(row["value"])
    return [
        _line(
            hit,
            row["created_at"],
            ("", row["name"], row["name"]),
            snippets.cut(" · ".join([row["name"], *addresses.get(hit.ref_id, ())]), asked),
        )
        for hit, row in found
    ]


async def _companies(reader: Reader, hits: Sequence[Hit], asked: Query) -> list[Found]:
    found = await _rows(
        reader,
        "SELECT id, number, name, legal_form, city, tax_number, phone, mail, created_at FROM companies WHERE id IN",
        hits,
    )
    return [
        _line(
            hit, row["created_at"], (companies.written(row["number"]), row["name"], ""), snippets.cut(_card(row), asked)
        )
        for hit, row in found
    ]


READS = {
    documents.ENTRY: _entries,
    documents.TICKET: _tickets,
    documents.CONTACT: _contacts,
    documents.COMPANY: _companies,
}


def _line(hit: Hit, at: object, named: tuple[str, str, str], pieces: Pieces, *, is_note: bool = False) -> Found:
    """`named`: its code, its title and who it is of."""
    return Found(hit.place, hit.kind, hit.ref_id, rows.instant(at), *named, pieces, is_note)


def _card(row: Row) -> str:
    name = " ".join(part for part in (row["name"], row["legal_form"]) if part)
    parts: Mapping[str, str] = {key: row[key] for key in ("city", "tax_number", "phone", "mail")}
    return " · ".join([name, *(part for part in parts.values() if part)])


async def _rows(reader: Reader, select: str, hits: Sequence[Hit], *, by: str = "id") -> list[tuple[Hit, Row]]:
    """The rows of hits, each with its hit."""
    if not hits:
        return []
    of = {hit.ref_id: hit for hit in hits}
    found = await reader.fetch(f"{select} ({rows.marks(hits)})", *of)
    return [(of[row[by]], row) for row in found]
