"""Invitations: a secret link by which somebody who is nobody yet becomes a colleague, once. The token is never kept.

Whoever shows a token is told the same of every one that opens nothing: unknown, too old, used by another, taken back.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from msgspec import Struct

from channels.contract import Address
from crmcore import access, staff
from crmcore.access import Role, StaffId
from crmcore.models.staff import Invitation as InvitationRow
from crmcore.models.staff import WrongToken
from crmcore.staff import Colleague
from kernel import errors, folding, ids, rows
from kernel.errors import Problem
from kernel.phrases import Phrase
from kernel.rows import Row
from kernel.unit import Reader, Work

ADMINISTRATOR, COLLEAGUE = "administrator", "colleague"
WRONG_AN_HOUR = 5  # wrong tokens of one address; after that none of his opens anything for an hour
NAME_LIMIT = 120
_PREFIX = {ADMINISTRATOR: "a_", COLLEAGUE: "i_"}
_TOKEN = re.compile(r"\s*([ai]_[A-Za-z0-9_-]{43})\s*")  # 256 bits: fits any link that carries up to 64 characters
_KEPT = timedelta(days=1)  # wrong tokens, which nobody asks for after an hour


class Invitation(Struct, frozen=True):
    """One that was made. `name` is "" if the person brings his own."""

    id: int
    kind: str
    role: Role
    name: str
    queues: tuple[str, ...]
    by: StaffId | None
    expires_at: datetime


class Accepted(Struct, frozen=True):
    """Who came in. `again`: by this very invitation, before. `is_spared`: he was a colleague, it is still good."""

    invitation: Invitation
    colleague: Colleague
    again: bool = False
    is_spared: bool = False

    @property
    def is_new(self) -> bool:
        return not self.again and not self.is_spared


async def create(
    work: Work,
    *,
    kind: str,
    role: Role,
    name: str = "",
    queues: Sequence[str] = (),
    days: int = 7,
    by: StaffId | None = None,
) -> str:
    """A new invitation; returns its token (45 characters that a link may carry), which is stored nowhere.

    `kind`: "administrator" or "colleague". Raises Invalid for a name that is too long.
    """
    if len(name.strip()) > NAME_LIMIT:
        expected = Phrase("at most {limit} characters, for example Anna", limit=NAME_LIMIT)
        problem = Problem("name", expected, name[:40])
        raise errors.Invalid("nobody was invited", problems=(problem,))
    token = _PREFIX[kind] + secrets.token_urlsafe(32)
    new = {
        "id": ids.new(),
        "kind": kind,
        "role": role.value,
        "name": name.strip(),
        "queues": orjson.dumps(list(queues)).decode(),
        "digest": _digest(token),
        "created_by_id": by,
        "created_at": work.now,
        "expires_at": work.now + timedelta(days=days),
    }
    await work.insert(InvitationRow, [new])
    return token


def typed(text: str) -> str | None:
    """The token in a text that is nothing but one. Pure."""
    found = _TOKEN.fullmatch(text)
    return found[1] if found else None


async def accept(work: Work, token: str, sender: Address, name: str, *, zone: str = "UTC") -> Accepted | None:
    """Make `sender` a colleague, once; None if the token opens nothing (or he has shown too many such): it is counted.

    The same person who comes again is told the same again. Somebody who is a colleague already spends nothing, unless
    the invitation makes him an administrator. The caller has proof that the message is from `sender`, and no other
    person has seen it. Raises Conflict if two come in by one address at the same instant.
    """
    if await _wrong_of_late(work, sender) >= WRONG_AN_HOUR:
        await count_wrong(work, sender)
        return None
    row = await work.one("SELECT * FROM invitations WHERE digest = ?", _digest(token))
    known = (await staff.recognise(work, [sender])).get(sender)
    accepted = await _admit(work, row, known, sender, name, zone) if row else None
    if accepted is None:
        await count_wrong(work, sender)
    return accepted


async def spoil(work: Work, token: str) -> Invitation | None:
    """Others have seen the token: it opens nothing from now on. The invitation, if it was open."""
    row = await work.one(
        "UPDATE invitations SET used_at = ? WHERE digest = ? AND used_at IS NULL AND expires_at > ? RETURNING *",
        work.now,
        _digest(token),
        work.now,
    )
    return _invitation(row) if row else None


async def cancel(work: Work, invitation_id: int) -> Invitation | None:
    """Take an open invitation back; None if it is not open any more. The caller has checked who asks."""
    row = await work.one(
        "UPDATE invitations SET used_at = ? WHERE id = ? AND used_at IS NULL AND expires_at > ? RETURNING *",
        work.now,
        invitation_id,
        work.now,
    )
    return _invitation(row) if row else None


async def by_token(reader: Reader, token: str) -> Invitation | None:
    row = await reader.one("SELECT * FROM invitations WHERE digest = ?", _digest(token))
    return _invitation(row) if row else None


async def by_id(reader: Reader, invitation_id: int) -> Invitation | None:
    row = await reader.one("SELECT * FROM invitations WHERE id = ?", invitation_id)
    return _invitation(row) if row else None


async def open_ones(reader: Reader) -> list[Invitation]:
    """Invitations that still open something, the next to expire first (at most 200)."""
    found = await reader.fetch(
        "SELECT * FROM invitations WHERE used_at IS NULL AND expires_at > ? ORDER BY expires_at, id LIMIT 200",
        reader.now,
    )
    return [_invitation(row) for row in found]


async def count_wrong(work: Work, sender: Address) -> int:
    """Count a token that opened nothing; how many `sender` has shown within the hour."""
    await work.change("DELETE FROM wrong_tokens WHERE at < ?", work.now - _KEPT)
    await work.insert(WrongToken, [{"id": ids.new(), "scheme": sender.scheme, "value": sender.value, "at": work.now}])
    return await _wrong_of_late(work, sender)


async def may_be_told(reader: Reader, sender: Address) -> bool:
    """False for who has shown so many wrong tokens that he is not answered any more."""
    return await _wrong_of_late(reader, sender) <= WRONG_AN_HOUR


async def _admit(
    work: Work, row: Row, known: Colleague | None, sender: Address, name: str, zone: str
) -> Accepted | None:
    invitation = _invitation(row)
    if row["used_at"] is not None:
        is_his = known is not None and row["used_by_id"] == known.id
        return Accepted(invitation, known, again=True) if known and is_his else None
    if not await _stands(work, invitation):
        return None
    if known is not None and not _raises(invitation, known):
        return Accepted(invitation, known, is_spared=True)
    if not await cancel(work, invitation.id):
        return None  # another was quicker
    if known is None:
        called = await _free_name(work, invitation.name or name)
        staff_id = await staff.add(work, called, invitation.role, [sender], zone=zone)
    else:
        staff_id = known.id
        await work.change("UPDATE staff SET role = ? WHERE id = ?", invitation.role.value, staff_id)
    await work.change("UPDATE invitations SET used_by_id = ? WHERE id = ?", staff_id, invitation.id)
    return Accepted(invitation, (await staff.by_ids(work, [staff_id]))[staff_id])


def _raises(invitation: Invitation, known: Colleague) -> bool:
    """Who has a link that makes anybody an administrator may as well be one himself."""
    return invitation.kind == ADMINISTRATOR and known.role is not Role.ADMIN


async def _stands(reader: Reader, invitation: Invitation) -> bool:
    """Not too old, and whoever made it may still bring in such people: who has left, or is less now, brings nobody."""
    if invitation.expires_at <= reader.now:
        return False
    if invitation.by is None:
        return True
    inviter = (await staff.by_ids(reader, [invitation.by])).get(invitation.by)
    return inviter is not None and inviter.active and access.may_invite(inviter.role, invitation.role)


async def _free_name(reader: Reader, wanted: str) -> str:
    """The name, with a number after it if a colleague is called so already."""
    name = " ".join(wanted.split())[: NAME_LIMIT - 6] or "Colleague"
    taken = {folding.fold(one.name) for one in await staff.listed(reader)}
    number, free = 2, name
    while folding.fold(free) in taken:
        number, free = number + 1, f"{name} {number}"
    return free


async def _wrong_of_late(reader: Reader, sender: Address) -> int:
    row = await reader.one(
        "SELECT count(*) AS n FROM wrong_tokens WHERE scheme = ? AND value = ? AND at > ?",
        sender.scheme,
        sender.value,
        reader.now - timedelta(hours=1),
    )
    return int(row["n"]) if row else 0


def _invitation(row: Row) -> Invitation:
    by = StaffId(row["created_by_id"]) if row["created_by_id"] else None
    queues = tuple(orjson.loads(row["queues"]))
    return Invitation(
        row["id"], row["kind"], Role(row["role"]), row["name"], queues, by, rows.instant(row["expires_at"])
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
