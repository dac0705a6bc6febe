"""What a ticket owes its customer, and how another ticket comes to owe it: when two are made one."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets import clocks, states
from tickets.clocks import Start
from tickets.events import Change
from tickets.models import ClockKind, State

OWING = (State.OPEN, State.WAITING_US)


class Debt(Struct, frozen=True):
    """The state in which a ticket waits for us, and by when its customer was promised an answer, if he was."""

    state: str
    own_state: str | None
    due_at: datetime | None


async def debt(reader: Reader, ticket_id: int, state: str, own_state: str | None) -> Debt | None:
    """What the ticket owes; None where the next word is not ours. A resolution is no answer."""
    if state not in OWING:
        return None
    running = await _running(reader, ticket_id)
    return Debt(state, own_state, rows.instant(running["due_at"]) if running else None)


async def take_over(work: Work, ticket_id: int, state: str, owed: Debt) -> Change | None:
    """The ticket, in `state`, owes that from now on, by the earlier of two times.

    Returns how its state has changed, None if it waits for us as it did: its row is not touched then.
    """
    change = None
    if _waits_more(state, owed.state):
        change = Change.UNANSWERED if states.is_done(state) else Change.EDITED
        await work.change(
            "UPDATE tickets SET state = ?, own_state = ?, closed_at = NULL, version = version + 1, updated_at = ?,"
            f" answered_at = {'NULL' if _is_unanswered(owed) else 'answered_at'} WHERE id = ?",
            owed.state,
            owed.own_state,
            work.now,
            ticket_id,
        )
    if owed.due_at is not None:
        await _by(work, ticket_id, owed.due_at)
    return change


def _waits_more(state: str, other: str) -> bool:
    """Whether a ticket in `state` has to go to the `other` to say that the customer waits for us. Pure."""
    return state != State.OPEN and (other == State.OPEN or state not in OWING)


def _is_unanswered(owed: Debt) -> bool:
    return owed.state == State.OPEN or owed.due_at is not None


async def _by(work: Work, ticket_id: int, due_at: datetime) -> None:
    """An answer is due then, if none was due before. Of a time that came from elsewhere no terms tell."""
    own = await _running(work, ticket_id)
    if own is None:
        await clocks.start(work, [Start(ticket_id, ClockKind.FIRST_RESPONSE, due_at)])
    elif due_at < rows.instant(own["due_at"]):
        await work.change(
            "UPDATE clocks SET due_at = ?, terms = NULL, warn_at = NULL WHERE id = ? AND state = 'running'",
            due_at,
            own["id"],
        )
        work.poke("timers")


async def _running(reader: Reader, ticket_id: int) -> Row | None:
    """The earliest clock by which the customer waits for an answer."""
    return await reader.one(
        f"SELECT id, due_at FROM clocks WHERE ticket_id = ? AND kind IN ({rows.marks(clocks.RESPONSES)})"
        " AND ended_at IS NULL ORDER BY due_at, id LIMIT 1",
        ticket_id,
        *(kind.value for kind in clocks.RESPONSES),
    )
