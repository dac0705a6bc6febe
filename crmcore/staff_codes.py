"""A colleague's further address, joined by proof: a code that goes there and is typed by him where we know him.

The limits are those of customers' codes (crmcore/linking), and codes of both kinds count against an address.
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from channels.contract import Address
from crmcore import linking
from crmcore.models.staff import StaffCode, StaffIdentity
from kernel import errors, ids
from kernel.unit import Reader, Work


async def ask(work: Work, staff_id: int, address: Address) -> str:
    """A new code of six digits for `address` to be joined to the colleague; earlier ones of his are void.

    Raises Conflict if the address is a colleague's already, or if it or he has had too many codes.
    """
    owner = await _owner(work, address)
    if owner is not None:
        anothers = "{address} is another colleague's; an administrator can tell whose. Nothing was sent."
        said = "{address} is yours already. Nothing was sent." if owner == staff_id else anothers
        raise errors.Conflict(said, code="linked", address=address.value)
    await _must_be_few(work, staff_id, address)
    await work.change("UPDATE staff_codes SET used_at = ? WHERE staff_id = ? AND used_at IS NULL", work.now, staff_id)
    code, code_id = linking.new_code(), ids.new()
    new = {
        "id": code_id,
        "staff_id": staff_id,
        "scheme": address.scheme,
        "value": address.value,
        "digest": linking.digest(code_id, code),
        "tries": 0,
        "created_at": work.now,
        "expires_at": work.now + linking.VALID,
    }
    await work.insert(StaffCode, [new])
    return code


async def waiting(reader: Reader, staff_id: int) -> Address | None:
    """The address that a code went to which the colleague may still type."""
    row = await reader.one(
        "SELECT scheme, value FROM staff_codes WHERE staff_id = ? AND used_at IS NULL AND expires_at > ? AND tries < ?",
        staff_id,
        reader.now,
        linking.TRIES,
    )
    return Address(row["scheme"], row["value"]) if row else None


async def prove(work: Work, staff_id: int, code: str) -> Address | None:
    """Join the address that the colleague's open code went to; None if there is no open code or it is another.

    A wrong one is counted, so the caller must not roll back. Raises Conflict if a colleague has got the address since.
    """
    row = await work.one(
        "UPDATE staff_codes SET tries = tries + 1 WHERE staff_id = ? AND used_at IS NULL AND expires_at > ?"
        " AND tries < ? RETURNING id, scheme, value, digest",
        staff_id,
        work.now,
        linking.TRIES,
    )
    if row is None or not hmac.compare_digest(row["digest"], linking.digest(row["id"], code)):
        return None
    await work.change("UPDATE staff_codes SET used_at = ? WHERE id = ?", work.now, row["id"])
    tied = await work.insert(
        StaffIdentity,
        [{"id": ids.new(), "staff_id": staff_id, "scheme": row["scheme"], "value": row["value"]}],
        conflict="ON CONFLICT (scheme, value) DO NOTHING",
        returning="id",
    )
    if not tied:
        raise errors.Conflict(
            "{address} is another colleague's by now. Nothing was joined.", code="linked", address=row["value"]
        )
    return Address(row["scheme"], row["value"])


async def _owner(reader: Reader, address: Address) -> int | None:
    row = await reader.one(
        "SELECT staff_id FROM staff_identities WHERE scheme = ? AND value = ?", address.scheme, address.value
    )
    return row["staff_id"] if row else None


async def _must_be_few(reader: Reader, staff_id: int, address: Address) -> None:
    since = reader.now - timedelta(hours=1)
    there = await reader.one(
        "SELECT (SELECT count(*) FROM link_codes WHERE scheme = ? AND value = ? AND created_at > ?)"
        " + (SELECT count(*) FROM staff_codes WHERE scheme = ? AND value = ? AND created_at > ?) AS n",
        *(address.scheme, address.value, since) * 2,
    )
    his = await reader.one(
        "SELECT count(*) AS n FROM staff_codes WHERE staff_id = ? AND created_at > ?", staff_id, since
    )
    if there and there["n"] >= linking.AN_HOUR:
        text = "{address} had {most} codes within the hour. Try again later. Nothing was sent."
        raise errors.Conflict(text, code="codes", address=address.value, most=linking.AN_HOUR)
    if his and his["n"] >= linking.ASKED_AN_HOUR:
        his_own = "You had {most} codes within the hour. Try again later. Nothing was sent."
        raise errors.Conflict(his_own, code="codes", most=linking.ASKED_AN_HOUR)
