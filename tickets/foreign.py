"""Records of other help desks by their names there: what is here already, and writing what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kernel import errors, ids, rows
from kernel.unit import Reader, Work
from tickets.models import ForeignRecord

PAGE = 200
SOURCE_LIMIT = 64 * 1024  # bytes of a record that are kept as they came
TICKET, ENTRY, CONTACT = "ticket", "entry", "contact"


class Known(NamedTuple):
    """A record that is here: what it said, and what it became."""

    id: int
    digest: str
    ticket_id: int | None
    contact_id: int | None


class New(NamedTuple):
    """A record that is to be remembered."""

    kind: str
    key: str
    digest: str = ""
    number: str = ""
    message_name: str = ""
    ticket_id: int | None = None
    contact_id: int | None = None
    source: bytes = b""


async def known(reader: Reader, system: str, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """Those of `keys` (kind, name there) that are here."""
    found: dict[tuple[str, str], Known] = {}
    for start in range(0, len(keys), PAGE):
        some = keys[start : start + PAGE]
        fetched = await reader.fetch(
            "SELECT id, kind, their_key, digest, ticket_id, contact_id FROM foreign_records"
            f" WHERE (system, kind, their_key) {rows.among(3, len(some))}",
            *(part for kind, key in some for part in (system, kind, key)),
        )
        found |= {
            (row["kind"], row["their_key"]): Known(row["id"], row["digest"], row["ticket_id"], row["contact_id"])
            for row in fetched
        }
    return found


async def write(work: Work, system: str, records: Sequence[New]) -> None:
    """Raises Conflict if one of them is here by now: then whatever else was written for it goes again."""
    new = [_row(one, system, work) for one in records]
    kept = await work.insert(
        ForeignRecord, new, conflict="ON CONFLICT (system, kind, their_key) DO NOTHING", returning="id"
    )
    if len(kept) != len(new):
        raise errors.Conflict("another import brings in the same records now; wait for it, then run this again")


async def renew(work: Work, digests: Sequence[tuple[int, str]]) -> None:
    """Records say something else from now on: (id, digest)."""
    await work.update(ForeignRecord, [{"id": record_id, "digest": said} for record_id, said in digests])


def _row(one: New, system: str, work: Work) -> rows.Row:
    return {
        "id": ids.new(),
        "system": system,
        "kind": one.kind,
        "their_key": one.key,
        "number": one.number or None,
        "message_name": one.message_name or None,
        "ticket_id": one.ticket_id,
        "contact_id": one.contact_id,
        "digest": one.digest,
        "source": one.source if 0 < len(one.source) <= SOURCE_LIMIT else None,
        "created_at": work.now,
    }
