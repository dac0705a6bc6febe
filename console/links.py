"""Links that sign a colleague in: one at a time, soon over, spent by a press and never by a preview."""

from __future__ import annotations

from datetime import datetime, timedelta

from console import session
from console.models import SignInLink
from crmcore.access import StaffId
from kernel import ids
from kernel.unit import Reader, Work

LASTS = timedelta(minutes=5)
PATH = "/sign-in/link/"


async def issue(work: Work, staff_id: int, *, now: datetime) -> str:
    """The path of a new link. Those he was given before end: only the last one counts.

    `now`: the machine's clock.
    """
    await work.change("DELETE FROM sign_in_links WHERE staff_id = ? OR expires_at <= ?", staff_id, now)
    token = session.token()
    row = {
        "id": ids.new(),
        "digest": session.digest(token),
        "staff_id": staff_id,
        "created_at": now,
        "expires_at": now + LASTS,
    }
    await work.insert(SignInLink, [row])
    return f"{PATH}{token}"


async def look(reader: Reader, token: str, *, now: datetime) -> str | None:
    """Whose link it is, by name; None if it was used, is over, or never was. Spends nothing."""
    row = await reader.one(
        "SELECT s.name FROM sign_in_links AS l JOIN staff AS s ON s.id = l.staff_id"
        " WHERE l.digest = ? AND l.used_at IS NULL AND l.expires_at > ? AND s.active",
        session.digest(token),
        now,
    )
    return row["name"] if row else None


async def spend(work: Work, token: str, *, now: datetime) -> StaffId | None:
    """Whom the link signs in, once; None as `look`."""
    row = await work.one(
        "UPDATE sign_in_links SET used_at = ? WHERE digest = ? AND used_at IS NULL AND expires_at > ?"
        " AND staff_id IN (SELECT id FROM staff WHERE active) RETURNING staff_id",
        now,
        session.digest(token),
        now,
    )
    return StaffId(row["staff_id"]) if row else None
