"""A customer's own cases as he himself may see them: number, subject, how each stands, and what he is promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from channels.contract import Address
from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader
from tickets import numbers, states
from tickets.states import Category

SHOWN = 5
_SUBJECT = 40  # characters


class Stand(StrEnum):
    RECEIVED = "received"  # nobody has looked at it yet
    WORKING = "working"
    WAITING = "waiting"  # for the customer
    SOLVED = "solved"
    CLOSED = "closed"


class Own(Struct, frozen=True):
    """A case of his. `promised_at`: by when a running clock wants an answer; None where none runs."""

    number: int
    subject: str
    stand: Stand
    queue: str
    promised_at: datetime | None

    @property
    def label(self) -> str:
        name, subject = numbers.written(self.number), " ".join(self.subject.split())
        short = subject if len(subject) <= _SUBJECT else f"{subject[: _SUBJECT - 1].rstrip()}…"
        return f"{name} ({short})" if short else name


async def listed(reader: Reader, contact_id: int, at: Address, *, proved: bool) -> tuple[list[Own], int]:
    """His cases that are not closed, the newest first, and how many there are in all.

    `at`: where he asks. Only if that address is `proved` to be his he is told of what he wrote from others.
    """
    where, values = _his(contact_id, at, proved=proved)
    where = f"{where} AND t.state <> 'closed'"
    found = await _read(reader, where, values, SHOWN)
    if len(found) < SHOWN:
        return found, len(found)
    row = await reader.one(f"SELECT count(*) AS n FROM tickets AS t WHERE {where}", *values)
    return found, int(row["n"]) if row else len(found)


async def named(reader: Reader, number: int, contact_id: int, at: Address, *, proved: bool) -> Own | None:
    """The case of that number if it is his, as in `listed`; closed ones too."""
    where, values = _his(contact_id, at, proved=proved)
    found = await _read(reader, f"{where} AND t.number = ?", (*values, number), 1)
    return found[0] if found else None


def _his(contact_id: int, at: Address, *, proved: bool) -> tuple[str, tuple[object, ...]]:
    if proved:
        return "t.contact_id = ?", (contact_id,)
    return "t.contact_id = ? AND t.scheme = ? AND t.address = ?", (contact_id, at.scheme, at.value)


async def _read(reader: Reader, where: str, values: Sequence[object], limit: int) -> list[Own]:
    found = await reader.fetch(
        "SELECT t.number, t.subject, t.state, t.queue, t.assignee_id, t.answered_at, (SELECT min(c.due_at)"
        " FROM clocks AS c WHERE c.ticket_id = t.id AND c.kind IN ('first_response', 'next_response')"
        " AND c.state = 'running' AND c.ended_at IS NULL) AS due_at"
        f" FROM tickets AS t WHERE {where} ORDER BY t.id DESC LIMIT ?",
        *values,
        limit,
    )
    return [
        Own(row["number"], row["subject"], _stand(row), row["queue"], rows.maybe_instant(row["due_at"]))
        for row in found
    ]


def _stand(row: Row) -> Stand:
    category = states.category(row["state"])
    if category is Category.CLOSED:
        return Stand.CLOSED
    if category is Category.SOLVED:
        return Stand.SOLVED
    if category is Category.WAITING_CUSTOMER:
        return Stand.WAITING
    is_seen = row["assignee_id"] is not None or row["answered_at"] is not None
    return Stand.WORKING if is_seen or category is Category.WAITING_US else Stand.RECEIVED
