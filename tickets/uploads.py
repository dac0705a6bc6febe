"""Links by which a customer sends files into one ticket, once: issued, looked up by their token, and used up."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from channels import keys, uploads
from channels.contract import Address
from crmcore.access import Actor
from kernel import ids, rows, sentences
from kernel.unit import Reader, Work
from tickets import entries, moving, states
from tickets.claim_models import UploadLink
from tickets.visible import TicketView

OPEN_FOR = timedelta(hours=72)
TOKEN_BYTES = 16
PATH = "/u/"
_ASKED = "{name} asked for files by a link"


class Stands(StrEnum):
    """How it is with a link."""

    OPEN = "open"
    USED = "used"
    REPLACED = "replaced"
    EXPIRED = "expired"
    CLOSED = "closed"  # its ticket is over


class Link(Struct, frozen=True):
    """A link as its page needs it. `number`, `language`: of its ticket and its customer."""

    id: int
    number: int
    language: str
    stands: Stands


class Used(Struct, frozen=True):
    """What came by a link belongs to this ticket and this customer: where he is answered, and what he is known by."""

    ticket_number: int
    contact_id: int
    address: Address
    sender: Address


async def issue(work: Work, actor: Actor, ticket: TicketView) -> str:
    """A new link for the ticket; returns its token, which is kept nowhere. An earlier one that is open ends."""
    ended = await work.change(
        "UPDATE upload_links SET ended_at = ? WHERE ticket_id = ? AND ended_at IS NULL AND used_at IS NULL",
        work.now,
        ticket.id,
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "id": ids.new(),
        "ticket_id": ticket.id,
        "contact_id": ticket.contact_id,
        "digest": digest(token),
        "by_id": actor.id,
        "created_at": work.now,
        "expires_at": work.now + OPEN_FOR,
        "ended_at": None,
        "used_at": None,
    }
    await work.insert(UploadLink, [row])
    text = "{name} asked for files by a link; the earlier link has ended" if ended else _ASKED
    await entries.happened(work, [ticket.id], sentences.line(text, name=actor.name), by=actor)
    return token


async def by_token(reader: Reader, token: str) -> Link | None:
    """The link of that token; None where there is none, or its ticket is another person's now."""
    row = await reader.one(
        "SELECT l.*, t.number, t.state, t.merged_into_id, c.language FROM upload_links AS l"
        " JOIN tickets AS t ON t.id = l.ticket_id JOIN contacts AS c ON c.id = l.contact_id"
        " WHERE l.digest = ? AND t.contact_id = l.contact_id",
        digest(token),
    )
    if row is None:
        return None
    return Link(row["id"], row["number"], row["language"], await _stands(reader, row))


async def use(work: Work, link_id: int) -> Used | None:
    """What came by it has been stored: note that. None if that was noted before."""
    row = await work.one(
        "UPDATE upload_links SET used_at = ? WHERE id = ? AND used_at IS NULL RETURNING ticket_id, contact_id",
        work.now,
        link_id,
    )
    if row is None:
        return None
    ticket = await work.one("SELECT number, scheme, address FROM tickets WHERE id = ?", row["ticket_id"])
    if ticket is None:
        return None
    at = Address(ticket["scheme"], ticket["address"])
    return Used(ticket["number"], row["contact_id"], at, await _known_by(work, row["contact_id"], at))


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


async def _stands(reader: Reader, row: rows.Row) -> Stands:
    if row["used_at"] is not None or await _is_stored(reader, row["id"]):
        return Stands.USED
    if row["ended_at"] is not None:
        return Stands.REPLACED
    if rows.instant(row["expires_at"]) <= reader.now:
        return Stands.EXPIRED
    return Stands.CLOSED if states.is_done(await _state(reader, row)) else Stands.OPEN


async def _is_stored(reader: Reader, link_id: int) -> bool:
    """Files have come by it that nobody has looked at yet: the stored message itself says so."""
    name = uploads.external_id(link_id)
    found = "SELECT id FROM raw_messages WHERE account = ? AND external_key IN (?, ?)"
    return await reader.one(found, uploads.ACCOUNT, keys.external_key(name), keys.old_key(name)) is not None


async def _state(reader: Reader, row: Mapping[str, object]) -> str:
    """Of the ticket, or of the one that its words stand on since it was merged."""
    for _ in range(moving.LONGEST_CHAIN):
        if row["merged_into_id"] is None:
            break
        found = await reader.one("SELECT state, merged_into_id FROM tickets WHERE id = ?", row["merged_into_id"])
        if found is None:
            break
        row = found
    return str(row["state"])


async def _known_by(reader: Reader, contact_id: int, at: Address) -> Address:
    """An address of the person: the one he is answered at if that is his, else where he last wrote from."""
    found = await reader.one(
        "SELECT scheme, value FROM identities WHERE contact_id = ?"
        " ORDER BY CASE WHEN scheme = ? AND value = ? THEN 0 ELSE 1 END, last_in_at IS NULL, last_in_at DESC, id",
        contact_id,
        at.scheme,
        at.value,
    )
    return Address(found["scheme"], found["value"]) if found else at
