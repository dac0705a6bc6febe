"""Contacts and their identities: who wrote, found or made. Merging and linking by proof are not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NewType

from msgspec import Struct

from channels.contract import Address, Inbound
from crmcore.models.people import Contact, Identity
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work

ContactId = NewType("ContactId", int)
LANGUAGES = ("en", "pl", "sk", "hu", "ru")


class Person(Struct, frozen=True):
    """A contact as the house passes him around. `language` is "" while unknown."""

    contact_id: ContactId
    identity_id: int
    name: str
    language: str
    verified: bool


async def resolve(work: Work, inbounds: Sequence[Inbound]) -> list[Person]:
    """The contact behind each sender, made where he is new. Four statements, however many messages."""
    senders = list({inbound.sender: inbound for inbound in inbounds}.values())
    known = await _known(work, [inbound.sender for inbound in senders])
    strangers = [inbound for inbound in senders if inbound.sender not in known]
    if strangers:
        known |= await _welcome(work, strangers)
    await _touch(work, [person.identity_id for person in known.values()])
    return [known[inbound.sender] for inbound in inbounds]


async def mark_unreachable(work: Work, scheme: str, value: str, *, since: bool) -> None:
    """Note that an address takes no messages (he blocked the bot), or takes them again."""
    await work.change(
        "UPDATE identities SET unreachable_since = ? WHERE scheme = ? AND value = ?",
        work.now if since else None,
        scheme,
        value,
    )


async def speak(work: Work, contact_id: int, language: str) -> None:
    """The language he has chosen: ours on all his channels from now on."""
    await work.change("UPDATE contacts SET language = ? WHERE id = ?", language, contact_id)


class Listed(Struct, frozen=True):
    """A contact as the operator's listing has him, with the codes of the companies he is at."""

    id: int
    name: str
    language: str
    function: str
    source: str
    companies: tuple[str, ...]


class Known(Struct, frozen=True):
    """An address of a contact. `is_reachable` is False while it takes none of our messages."""

    address: Address
    is_verified: bool
    is_reachable: bool


async def addresses(reader: Reader, contact_id: int) -> list[Known]:
    """A contact's addresses, the one he last wrote from first, those he never wrote from last."""
    found = await reader.fetch(
        "SELECT scheme, value, verified, unreachable_since FROM identities WHERE contact_id = ?"
        " ORDER BY last_in_at IS NULL, last_in_at DESC, id",
        contact_id,
    )
    return [
        Known(Address(row["scheme"], row["value"]), bool(row["verified"]), row["unreachable_since"] is None)
        for row in found
    ]


async def languages(reader: Reader, contact_ids: Sequence[int]) -> dict[int, str]:
    """The language of each contact that has one."""
    if not contact_ids:
        return {}
    found = await reader.fetch(
        f"SELECT id, language FROM contacts WHERE id IN ({rows.marks(contact_ids)})", *contact_ids
    )
    return {row["id"]: row["language"] for row in found if row["language"]}


async def listed(reader: Reader, *, after: int = 0, limit: int = 500, only: int | None = None) -> list[Listed]:
    """Contacts by id, a page after `after`, those merged into others left out: the operator's listing."""
    where, values = ("c.id = ?", (only,)) if only is not None else ("c.id > ? AND c.archived_at IS NULL", (after,))
    found = await reader.fetch(f"SELECT c.* FROM contacts AS c WHERE {where} ORDER BY c.id LIMIT ?", *values, limit)
    if not found:
        return []
    at = await reader.fetch(
        "SELECT l.contact_id, k.number FROM company_contacts AS l JOIN companies AS k ON k.id = l.company_id"
        f" WHERE l.ended_at IS NULL AND l.contact_id IN ({rows.marks(found)}) ORDER BY k.number",
        *(row["id"] for row in found),
    )
    return [
        Listed(
            row["id"],
            row["name"],
            row["language"],
            row["function"],
            row["source"],
            tuple(f"B{one['number']}" for one in at if one["contact_id"] == row["id"]),
        )
        for row in found
    ]


def spoken(language: str) -> str:
    """The language of ours nearest to what a channel says ("pl-PL" → "pl"); "" if we do not speak it."""
    short = language.lower().replace("_", "-").split("-")[0]
    return short if short in LANGUAGES else ""


async def _known(work: Work, senders: Sequence[Address]) -> dict[Address, Person]:
    found = await work.fetch(
        "SELECT i.id, i.contact_id, i.scheme, i.value, i.verified, c.name, c.language"
        " FROM identities AS i JOIN contacts AS c ON c.id = i.contact_id"
        f" WHERE (i.scheme, i.value) {rows.among(2, len(senders))}",
        *(part for sender in senders for part in (sender.scheme, sender.value)),
    )
    return {Address(row["scheme"], row["value"]): _person(row) for row in found}


async def _welcome(work: Work, strangers: Sequence[Inbound]) -> dict[Address, Person]:
    """New contacts. If another hub met the same stranger first, his contact stands and ours goes again."""
    contacts = [_contact(inbound, work) for inbound in strangers]
    identities = [_identity(inbound, contact["id"], work) for inbound, contact in zip(strangers, contacts, strict=True)]
    await work.insert(Contact, contacts)
    kept = await work.insert(
        Identity, identities, conflict="ON CONFLICT (scheme, value) DO NOTHING", returning="contact_id"
    )
    lost = {contact["id"] for contact in contacts} - {row["contact_id"] for row in kept}
    if lost:
        await work.change(f"DELETE FROM contacts WHERE id IN ({rows.marks(list(lost))})", *lost)
        return await _known(work, [inbound.sender for inbound in strangers])
    return {
        inbound.sender: Person(ContactId(contact["id"]), identity["id"], contact["name"], contact["language"], False)
        for inbound, contact, identity in zip(strangers, contacts, identities, strict=True)
    }


async def _touch(work: Work, identity_ids: Sequence[int]) -> None:
    """Where he last wrote from is where the next answer goes; and who writes can be reached again."""
    await work.change(
        f"UPDATE identities SET last_in_at = ?, unreachable_since = NULL WHERE id IN ({rows.marks(identity_ids)})",
        work.now,
        *identity_ids,
    )


def _person(row: Row) -> Person:
    return Person(ContactId(row["contact_id"]), row["id"], row["name"], row["language"], bool(row["verified"]))


def _contact(inbound: Inbound, work: Work) -> Row:
    name = inbound.name.strip() or inbound.sender.value
    return {"id": ids.new(), "name": name[:200], "language": spoken(inbound.language), "created_at": work.now}


def _identity(inbound: Inbound, contact_id: int, work: Work) -> Row:
    return {
        "id": ids.new(),
        "contact_id": contact_id,
        "scheme": inbound.sender.scheme,
        "value": inbound.sender.value,
        "verified": False,
        "created_at": work.now,
    }
