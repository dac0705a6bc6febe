"""Sessions: opened at sign-in, looked up with every request and never remembered, ended here or everywhere."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from msgspec import Struct

from console.models import Session as SessionRow
from crmcore.access import Role, StaffId
from kernel import ids, rows
from kernel.unit import Reader, Work

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)  # a row is not written with every page
TOKEN_BYTES = 32
AGENT_SHOWN = 200


class Holder(Struct, frozen=True):
    """The colleague of a session, as he is at this moment."""

    staff_id: StaffId
    name: str
    role: Role
    zone: str
    language: str = ""  # as he chose; "" while he has not


class Session(Struct, frozen=True):
    """A session that holds. `pending`: the secret of a second factor that was shown and is not confirmed yet."""

    id: int
    csrf: str
    pending: str
    seen_at: datetime
    holder: Holder


class Seat(Struct, frozen=True):
    """One of a colleague's sessions, as his own page lists it."""

    id: int
    agent: str
    created_at: datetime
    seen_at: datetime


def digest(token: str) -> str:
    """What is kept of a token: it is 256 bits by chance, so a plain hash says nothing of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


async def open_one(work: Work, staff_id: int, *, agent: str, now: datetime) -> str:
    """A new session; returns the token that only the browser keeps."""
    new = token()
    row = {
        "id": ids.new(),
        "digest": digest(new),
        "staff_id": staff_id,
        "csrf": token(),
        "agent": "".join(char for char in agent if char.isprintable())[:AGENT_SHOWN],
        "created_at": now,
        "seen_at": now,
        "expires_at": now + LONGEST,
    }
    await work.insert(SessionRow, [row])
    await work.change("DELETE FROM sessions WHERE expires_at <= ? OR seen_at <= ?", now, now - IDLE)
    return new


async def find(reader: Reader, presented: str, *, now: datetime) -> Session | None:
    """The session of a token; None if there is none, it is over, or its colleague works here no more."""
    if not presented:
        return None
    row = await reader.one(
        "SELECT o.id, o.csrf, o.pending, o.seen_at, o.expires_at, o.staff_id, s.name, s.role, s.zone, s.language"
        " FROM sessions AS o JOIN staff AS s ON s.id = o.staff_id WHERE o.digest = ? AND s.active",
        digest(presented),
    )
    if row is None or not _holds(row, now):
        return None
    return Session(
        id=row["id"],
        csrf=row["csrf"],
        pending=row["pending"] or "",
        seen_at=rows.instant(row["seen_at"]),
        holder=_holder(row),
    )


async def standing(reader: Reader, session_ids: list[int], *, now: datetime) -> dict[int, Holder]:
    """Of these sessions those that hold, and whose they are."""
    found = await reader.fetch(
        "SELECT o.id, o.seen_at, o.expires_at, o.staff_id, s.name, s.role, s.zone, s.language FROM sessions AS o"
        f" JOIN staff AS s ON s.id = o.staff_id WHERE s.active AND o.id IN ({rows.marks(session_ids)})",
        *session_ids,
    )
    return {row["id"]: _holder(row) for row in found if _holds(row, now)}


async def seen(work: Work, session_id: int, *, now: datetime) -> None:
    await work.change("UPDATE sessions SET seen_at = ? WHERE id = ?", now, session_id)


async def pend(work: Work, session_id: int, secret: str | None) -> None:
    """Keep (or forget) the secret of a second factor that is shown and not confirmed yet."""
    await work.change("UPDATE sessions SET pending = ? WHERE id = ?", secret, session_id)


async def end(work: Work, presented: str) -> None:
    """Sign out here."""
    await work.change("DELETE FROM sessions WHERE digest = ?", digest(presented))


async def end_all(work: Work, staff_id: int, *, but: int = 0) -> int:
    """Sign out everywhere (`but`: save this session). Returns how many ended."""
    return await work.change("DELETE FROM sessions WHERE staff_id = ? AND id <> ?", staff_id, but)


async def of_staff(reader: Reader, staff_id: int, *, now: datetime) -> list[Seat]:
    """A colleague's sessions, the last used first (at most 50)."""
    found = await reader.fetch(
        "SELECT id, agent, created_at, seen_at, expires_at FROM sessions WHERE staff_id = ?"
        " ORDER BY seen_at DESC LIMIT 50",
        staff_id,
    )
    return [
        Seat(row["id"], row["agent"], rows.instant(row["created_at"]), rows.instant(row["seen_at"]))
        for row in found
        if _holds(row, now)
    ]


async def counts(reader: Reader, *, now: datetime) -> dict[int, int]:
    """How many sessions hold, by colleague; who has none is left out."""
    found = await reader.fetch(
        "SELECT staff_id, count(*) AS n FROM sessions WHERE expires_at > ? AND seen_at > ? GROUP BY staff_id",
        now,
        now - IDLE,
    )
    return {row["staff_id"]: row["n"] for row in found}


def _holder(row: rows.Row) -> Holder:
    return Holder(StaffId(row["staff_id"]), row["name"], Role(row["role"]), row["zone"], row["language"])


def _holds(row: rows.Row, now: datetime) -> bool:
    return rows.instant(row["expires_at"]) > now and rows.instant(row["seen_at"]) > now - IDLE
