"""What is found by which words: messages and notes, tickets, customers, companies, read as rows of the index."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from crmcore import visible as companies
from kernel import folding, rows, words
from kernel.rows import Row
from kernel.unit import Reader
from tickets import values

ENTRY, TICKET, CONTACT, COMPANY = "entry", "ticket", "contact", "company"
PLACE_BITS = 20
NEWEST = 2**63 - 1  # behind it is everything
_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Document(Struct, frozen=True):
    """`lane` and `assignee_id`: by which way the wall comes to it. `marks`: see `kernel.words.mark`."""

    kind: str
    ref_id: int
    at: datetime
    lane: str
    text: tuple[str, ...]
    marks: tuple[str, ...]
    ticket_id: int | None = None
    assignee_id: int | None = None


def first_place(at: datetime) -> int:
    """The smallest place of that moment: milliseconds since 1970, and 20 bits for what shares them."""
    return max(0, int((at - _EVER).total_seconds() * 1000)) << PLACE_BITS


def place(one: Document) -> int:
    """Where it stands in time; two may ask for one place, then the later takes the next."""
    return first_place(one.at) | zlib.crc32(f"{one.kind}{one.ref_id}".encode()) & ((1 << PLACE_BITS) - 1)


def instant(place_: int) -> datetime:
    """The moment of a place."""
    return datetime.fromtimestamp((place_ >> PLACE_BITS) / 1000, tz=_EVER.tzinfo)


def lane_of(queue: str) -> str:
    return words.mark("q", queue)


async def read(reader: Reader, kind: str, ids: Sequence[int]) -> list[Document]:
    """The documents of these rows; what is gone, archived or only an event has none."""
    return await _READ[kind](reader, ids) if ids else []


async def _entries(reader: Reader, ids: Sequence[int]) -> list[Document]:
    found = await reader.fetch(
        "SELECT e.id, e.at, e.author, e.ticket_id, COALESCE(e.text, m.text, '') AS words, t.number, t.queue,"
        " t.assignee_id, t.subject, COALESCE(m.subject, '') AS headed FROM entries AS e"
        " JOIN tickets AS t ON t.id = e.ticket_id"
        f" LEFT JOIN messages AS m ON m.id = e.message_id WHERE e.id IN ({rows.marks(ids)}) AND e.kind <> 'event'",
        *ids,
    )
    return [
        Document(
            ENTRY,
            row["id"],
            rows.instant(row["at"]),
            lane_of(row["queue"]),
            (row["headed"] if row["headed"] != row["subject"] else "", row["words"]),
            (*_of_ticket(row), *_from(row["author"])),
            row["ticket_id"],
            row["assignee_id"],
        )
        for row in found
    ]


async def _tickets(reader: Reader, ids: Sequence[int]) -> list[Document]:
    found = await reader.fetch(
        "SELECT t.id, t.number, t.subject, t.queue, t.assignee_id, t.created_at, t.tags, c.name AS contact, f.system,"
        " f.number AS theirs FROM tickets AS t JOIN contacts AS c ON c.id = t.contact_id LEFT JOIN foreign_records AS f"
        f" ON f.ticket_id = t.id AND f.kind = 'ticket' WHERE t.id IN ({rows.marks(ids)})",
        *ids,
    )
    held = await values.of_tickets(reader, ids)
    return [
        Document(
            TICKET,
            row["id"],
            rows.instant(row["created_at"]),
            lane_of(row["queue"]),
            (
                row["subject"],
                f"T{row['number']} {row['number']}",
                f"{row['system'] or ''} {row['theirs'] or ''}",
                *(rows.json(row["tags"]) or ()),
                *held.get(row["id"], {}).values(),
            ),
            (*_of_ticket(row), *_from(row["contact"])),
            row["id"],
            row["assignee_id"],
        )
        for row in {row["id"]: row for row in found}.values()
    ]


async def _contacts(reader: Reader, ids: Sequence[int]) -> list[Document]:
    found = await reader.fetch(f"SELECT * FROM contacts WHERE id IN ({rows.marks(ids)}) AND archived_at IS NULL", *ids)
    known = await reader.fetch(
        f"SELECT contact_id, value FROM identities WHERE contact_id IN ({rows.marks(ids)}) ORDER BY id", *ids
    )
    addresses: dict[int, list[str]] = {}
    for one in known:
        addresses.setdefault(one["contact_id"], []).append(one["value"])
    return [
        Document(
            CONTACT,
            row["id"],
            rows.instant(row["created_at"]),
            words.mark("k", CONTACT),
            (row["name"], row["function"], *addresses.get(row["id"], ())),
            (words.mark("k", CONTACT), *_from(row["name"])),
        )
        for row in found
    ]


async def _companies(reader: Reader, ids: Sequence[int]) -> list[Document]:
    found = await reader.fetch(f"SELECT * FROM companies WHERE id IN ({rows.marks(ids)}) AND archived_at IS NULL", *ids)
    return [
        Document(
            COMPANY,
            row["id"],
            rows.instant(row["created_at"]),
            words.mark("k", COMPANY),
            (
                f"{row['name']} {row['legal_form']}",
                companies.written(row["number"]),
                *(row[name] for name in ("tax_number", "phone", "mail", "web", "city")),
            ),
            (words.mark("k", COMPANY),),
        )
        for row in found
    ]


def _of_ticket(row: Row) -> tuple[str, ...]:
    of_him = (words.mark("a", row["assignee_id"]),) if row["assignee_id"] else ()
    queue = row["queue"]
    return (lane_of(queue), words.mark("n", folding.fold(queue)), words.mark("t", row["number"]), *of_him)


def _from(name: str) -> tuple[str, ...]:
    return tuple(words.mark("f", word) for word in words.words(name)[:5])


_READ: Mapping[str, Callable[[Reader, Sequence[int]], Awaitable[list[Document]]]] = {
    ENTRY: _entries,
    TICKET: _tickets,
    CONTACT: _contacts,
    COMPANY: _companies,
}
