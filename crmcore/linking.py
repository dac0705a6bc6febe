"""A second address of the same person, joined by proof: a code sent to one that is typed at the other.

Never by a name, a subject or a claim. An address that another contact has comes over with what passed at it, if that
was all the other contact was; else it alone moves. One that another contact has proved stays his. What can go wrong:
docs/decisions/0012-joined-by-proof-only.md.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from msgspec import Struct

from channels.contract import Address
from crmcore import persons, subscribers, timeline
from crmcore.exchange import external_ids
from crmcore.models.people import Identity, LinkCode
from kernel import errors, ids
from kernel.unit import Reader, Work

VALID = timedelta(minutes=10)
TRIES = 5
AN_HOUR = 3  # codes to one address: nobody is rung out of bed by our numbers
ASKED_AN_HOUR = 5  # codes for one contact, to whatever addresses: 25 guesses in a million
BY_CUSTOMERS_AN_HOUR = 60  # codes that customers ask for themselves, of all together: texts cost, and some are paid for
_CODE = re.compile(r"\s*(\d{3})[\s-]?(\d{3})[\s.!]*")


class Linked(Struct, frozen=True):
    """What came of a right code. `moved_from`: the contact that had the address before, None if nobody had.

    `is_kept`: another contact has proved that the address is his; nothing was joined.
    """

    address: Address
    moved_from: int | None
    ticket_id: int | None
    is_kept: bool = False


async def ask(work: Work, contact_id: int, address: Address, *, ticket_id: int | None) -> str:
    """A new code of six digits for `address` to be joined to the contact; earlier ones are void.

    `ticket_id` None: he asks himself. Raises Conflict if the address is his already, or if it, he, or customers
    together have had too many codes.
    """
    if await owner(work, address) == contact_id:
        raise errors.Conflict(
            "{address} is this customer's already. Nothing was sent.", code="linked", address=address.value
        )
    await _must_be_few(work, contact_id, address)
    if ticket_id is None:
        await _must_be_few_by_customers(work)
    await work.change(
        "UPDATE link_codes SET used_at = ? WHERE contact_id = ? AND used_at IS NULL", work.now, contact_id
    )
    code = new_code()
    code_id = ids.new()
    new = {
        "id": code_id,
        "contact_id": contact_id,
        "scheme": address.scheme,
        "value": address.value,
        "digest": digest(code_id, code),
        "tries": 0,
        "ticket_id": ticket_id,
        "created_at": work.now,
        "expires_at": work.now + VALID,
    }
    await work.insert(LinkCode, [new])
    return code


def new_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(1_000_000):06d}"


def typed(text: str) -> str | None:
    """The code in a message that is nothing but one."""
    found = _CODE.fullmatch(text)
    return "".join(found.groups()) if found else None


async def prove(work: Work, contact_id: int, code: str) -> Linked | None:
    """Join the address that the contact's open code was sent to; None if there is no open code or it is another."""
    row = await work.one(
        "UPDATE link_codes SET tries = tries + 1 WHERE contact_id = ? AND used_at IS NULL AND expires_at > ?"
        " AND tries < ? RETURNING id, scheme, value, digest, ticket_id",
        contact_id,
        work.now,
        TRIES,
    )
    if row is None or not hmac.compare_digest(row["digest"], digest(row["id"], code)):
        return None
    await work.change("UPDATE link_codes SET used_at = ? WHERE id = ?", work.now, row["id"])
    address = Address(row["scheme"], row["value"])
    if await _is_anothers(work, contact_id, address):
        return Linked(address, None, row["ticket_id"], is_kept=True)
    return Linked(address, await join(work, contact_id, address), row["ticket_id"])


async def share(work: Work, contact_id: int, address: Address) -> bool:
    """A number that the channel says is his: joined if nobody else has it. False if somebody has.

    What a channel knows of a number may be years old; by then it can be another person's, who writes from it.
    """
    if await owner(work, address) not in (None, contact_id):
        text = f"{address.value} was shared, which another contact has: nothing was joined"
        await timeline.add(work, [timeline.Line(contact_id, "not linked", text=text)])
        return False
    await join(work, contact_id, address)
    return True


async def waiting(reader: Reader, contact_id: int) -> int | None:
    """The ticket on which a code was asked for that the contact may still type; None if there is none."""
    row = await reader.one(
        "SELECT ticket_id FROM link_codes WHERE contact_id = ? AND used_at IS NULL AND expires_at > ? AND tries < ?",
        contact_id,
        reader.now,
        TRIES,
    )
    return row["ticket_id"] if row else None


async def owner(reader: Reader, address: Address) -> int | None:
    """The contact that has the address."""
    row = await reader.one(
        "SELECT contact_id FROM identities WHERE scheme = ? AND value = ?", address.scheme, address.value
    )
    return row["contact_id"] if row else None


async def join(work: Work, contact_id: int, address: Address) -> int | None:
    """Make a proven address the contact's; returns whose it was before. The caller has the proof."""
    before = await owner(work, address)
    if before is None:
        new = {
            "id": ids.new(),
            "contact_id": contact_id,
            "scheme": address.scheme,
            "value": address.value,
            "verified": True,
            "created_at": work.now,
        }
        await work.insert(Identity, [new])
    else:
        await work.change(
            "UPDATE identities SET contact_id = ?, verified = ? WHERE scheme = ? AND value = ?",
            contact_id,
            True,
            address.scheme,
            address.value,
        )
    text = f"{address.value} proved to be the same person's"
    lines = [timeline.Line(contact_id, "linked", text=text)]
    moved = before if before not in (None, contact_id) else None
    if moved is not None:
        lines.append(timeline.Line(moved, "unlinked", text=f"{address.value} proved to be contact {contact_id}'s"))
    await timeline.add(work, lines)
    return moved


async def is_empty(reader: Reader, contact_id: int) -> bool:
    """True if a contact has no address left."""
    row = await reader.one("SELECT count(*) AS n FROM identities WHERE contact_id = ?", contact_id)
    return row is None or row["n"] == 0


async def hand_over(work: Work, old: int, new: int) -> None:
    """What a contact without addresses had goes to the one who he proved to be; his row stays, archived."""
    await work.change("UPDATE timeline SET contact_id = ? WHERE contact_id = ?", new, old)
    await subscribers.hand_over(work, old, new)
    await persons.hand_over(work, old, new)
    await external_ids.hand_over(work, "contact", old, new)
    await work.change("UPDATE contacts SET archived_at = ? WHERE id = ?", work.now, old)
    note = timeline.Line(new, "merged", text=f"from contact {old}")
    await timeline.add(work, [note])


async def _must_be_few(work: Work, contact_id: int, address: Address) -> None:
    since = work.now - timedelta(hours=1)
    row = await work.one(
        "SELECT COALESCE(sum(CASE WHEN scheme = ? AND value = ? THEN 1 ELSE 0 END), 0) AS there,"
        " COALESCE(sum(CASE WHEN contact_id = ? THEN 1 ELSE 0 END), 0) AS his FROM link_codes WHERE created_at > ?",
        address.scheme,
        address.value,
        contact_id,
        since,
    )
    if row and row["there"] >= AN_HOUR:
        raise errors.Conflict(
            "{address} had {most} codes within the hour. Try again later.",
            code="codes",
            address=address.value,
            most=AN_HOUR,
        )
    if row and row["his"] >= ASKED_AN_HOUR:
        raise errors.Conflict(
            "This customer had {most} codes within the hour. Try again later.", code="codes", most=ASKED_AN_HOUR
        )


async def _must_be_few_by_customers(work: Work) -> None:
    row = await work.one(
        "SELECT count(*) AS n FROM link_codes WHERE ticket_id IS NULL AND created_at > ?", work.now - timedelta(hours=1)
    )
    if row and row["n"] >= BY_CUSTOMERS_AN_HOUR:
        raise errors.Conflict("Customers have had too many codes within the hour. Try again later.", code="codes")


async def _is_anothers(reader: Reader, contact_id: int, address: Address) -> bool:
    """Another contact has proved that he has it."""
    row = await reader.one(
        "SELECT contact_id, verified FROM identities WHERE scheme = ? AND value = ?", address.scheme, address.value
    )
    return row is not None and bool(row["verified"]) and row["contact_id"] != contact_id


def digest(code_id: int, code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(f"{code_id}:{code}".encode()).hexdigest()
