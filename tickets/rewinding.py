"""A ticket's clocks as they were before an act: kept in its inverse, and put back when the act is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets.clocks import RESPONSES
from tickets.events import ClockBreached
from tickets.models import TicketClock
from tickets.sla import ClockState

_TIMES = ("started_at", "due_at", "ended_at", "warn_at")
_PLAIN = ("id", "ticket_id", "kind", "state", "terms", "warn_percent")


async def kept(reader: Reader, ticket_id: int) -> list[dict[str, Any]]:
    """The clocks of a ticket as JSON keeps them; asked before the act ends or starts any."""
    found = await reader.fetch("SELECT * FROM clocks WHERE ticket_id = ? ORDER BY id", ticket_id)
    return [_plain(row) for row in found]


async def put_back(work: Work, clocks: Sequence[dict[str, Any]]) -> None:
    """Each clock is as it was, due when it was: what was due meanwhile fires now.

    The close ended the alerts of what was late already; that is told anew.
    """
    await work.update(TicketClock, [_typed(clock) for clock in clocks])
    for clock in clocks:
        if clock["state"] == ClockState.BREACHED and clock["ended_at"] is None:
            work.say(ClockBreached(clock["ticket_id"], clock["kind"]))
    work.poke("timers")


async def still_waiting(reader: Reader, ticket_id: int, clocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of kept clocks those for an answer that has not come since."""
    found = await reader.fetch(
        f"SELECT id FROM clocks WHERE ticket_id = ? AND ended_at IS NULL AND kind IN ({rows.marks(RESPONSES)})",
        ticket_id,
        *(kind.value for kind in RESPONSES),
    )
    waiting = {row["id"] for row in found}
    return [clock for clock in clocks if clock["id"] in waiting and clock["ended_at"] is None]


def _plain(row: Row) -> dict[str, Any]:
    times: dict[str, datetime | None] = {name: rows.maybe_instant(row[name]) for name in _TIMES}
    return {name: row[name] for name in _PLAIN} | {name: at.isoformat() if at else None for name, at in times.items()}


def _typed(clock: dict[str, Any]) -> Row:
    return clock | {name: datetime.fromisoformat(clock[name]) if clock[name] else None for name in _TIMES}
