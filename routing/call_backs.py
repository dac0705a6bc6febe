"""Call-backs as rows: wanted by a customer or left by a missed call, told when due, ended by what came of the tries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from crmcore import phone_calls
from crmcore.access import Actor
from crmcore.phone_calls import Direction, Said
from kernel import errors, ids, rows, sentences, times
from kernel.rows import Row
from kernel.timers import Source
from kernel.unit import Reader, Work
from routing import escalation
from routing.call_models import CallBack, CallState
from routing.call_windows import Window
from routing.events import CallDue
from tickets import entries, happenings
from tickets.visible import TicketView

MOST_TRIES = 3
AGAIN = timedelta(minutes=30)  # after nobody answered, unless the colleague says otherwise
ONE_CALL = timedelta(hours=1)  # within it a number that calls again is the same missed call
_STANDS = "('waiting', 'due')"


class CallView(Struct, frozen=True):
    """A call-back as it is told. `is_late`: its window is over and nobody has rung."""

    id: int
    ticket_id: int
    phone: str
    state: CallState
    window: Window
    zone: str
    tries: int
    is_missed: bool
    is_late: bool = False


class Wanted(Struct, frozen=True):
    """Whom to ring and when. `phone` "" while unknown."""

    ticket_id: int
    phone: str
    window: Window
    zone: str
    is_missed: bool = False


async def want(work: Work, wanted: Wanted) -> int:
    """Note it; one that stands for the same ticket is moved to the new window. The ticket tells of it."""
    moved = await work.one(
        f"UPDATE call_backs SET window_from = ?, window_until = ?, due_at = ?, state = 'waiting', zone = ?, phone = ?"
        f" WHERE ticket_id = ? AND state IN {_STANDS} RETURNING id",
        wanted.window.start_at,
        wanted.window.end_at,
        wanted.window.start_at,
        wanted.zone,
        wanted.phone,
        wanted.ticket_id,
    )
    call_id = int(moved["id"]) if moved else ids.new()
    if moved is None:
        await work.insert(CallBack, [_row(call_id, wanted, work.now)])
    else:
        await escalation.end_call(work, wanted.ticket_id, "moved")
    zone = ZoneInfo(wanted.zone)
    text = "missed call: {phone}, {between}" if wanted.is_missed else "wants to be called: {phone}, {between}"
    phone = wanted.phone or sentences.line("number unknown")
    ends = (wanted.window.start_at, wanted.window.end_at)
    between = sentences.joined(" – ", [times.written(at, zone) for at in ends])
    await happenings.told(work, wanted.ticket_id, sentences.line(text, phone=phone, between=between))
    work.poke("timers")
    return call_id


async def missed(reader: Reader, phone: str) -> CallView | None:
    """The call-back that another call of this number belongs to: one that stands, or of the last hour."""
    row = await reader.one(
        f"SELECT * FROM call_backs WHERE phone = ? AND (state IN {_STANDS} OR created_at > ?) ORDER BY id DESC LIMIT 1",
        phone,
        reader.now - ONE_CALL,
    )
    return _view(row) if row else None


async def standing(reader: Reader, ticket_id: int) -> CallView | None:
    """The call-back of a ticket that has not ended."""
    row = await reader.one(f"SELECT * FROM call_backs WHERE ticket_id = ? AND state IN {_STANDS}", ticket_id)
    return _view(row) if row else None


async def promised(reader: Reader, numbers: Sequence[int]) -> dict[int, CallView]:
    """ticket's number → its call-back that has not ended, where the customer still expects it."""
    if not numbers:
        return {}
    found = await reader.fetch(
        "SELECT c.*, t.number FROM call_backs AS c JOIN tickets AS t ON t.id = c.ticket_id"
        f" WHERE c.state IN {_STANDS} AND c.window_until > ? AND t.number IN ({rows.marks(numbers)})",
        reader.now,
        *numbers,
    )
    return {row["number"]: _view(row) for row in found}


async def by_ids(reader: Reader, call_ids: Sequence[int]) -> dict[int, CallView]:
    if not call_ids:
        return {}
    found = await reader.fetch(f"SELECT * FROM call_backs WHERE id IN ({rows.marks(call_ids)})", *call_ids)
    return {row["id"]: _view(row) for row in found}


async def reached(work: Work, actor: Actor, ticket: TicketView, said: str = "") -> None:
    """The call took place. Raises NotFound if none is wanted."""
    call = await _needed(work, ticket)
    await _end(work, call, CallState.REACHED, said)
    await escalation.end_call(work, ticket.id, "rung")
    await phone_calls.note(work, actor, Said(said or "reached", contact_id=ticket.contact_id, direction=Direction.OUT))
    text = "{name} rang: reached, {words}" if said else "{name} rang: reached"
    await entries.happened(work, [ticket.id], sentences.line(text, name=actor.name, words=said), by=actor)


async def unanswered(work: Work, actor: Actor, ticket: TicketView, again_at: datetime | None = None) -> CallView:
    """Nobody took it: once more at `again_at`, at most three tries in all. Raises NotFound if none is wanted."""
    call = await _needed(work, ticket)
    tries = call.tries + 1
    told = sentences.line("{name} rang: no answer ({tries} of {most})", name=actor.name, tries=tries, most=MOST_TRIES)
    await entries.happened(work, [ticket.id], told, by=actor)
    await escalation.end_call(work, ticket.id, "tried")
    if tries >= MOST_TRIES:
        await _end(work, call, CallState.GIVEN_UP, f"no answer, {tries} times")
        return CallView(
            call.id, call.ticket_id, call.phone, CallState.GIVEN_UP, call.window, call.zone, tries, call.is_missed
        )
    start_at = again_at or work.now + AGAIN
    await work.change(
        f"UPDATE call_backs SET tries = ?, state = 'waiting', due_at = ?, window_from = ?, window_until = ?"
        f" WHERE id = ? AND state IN {_STANDS}",
        tries,
        start_at,
        start_at,
        start_at + ONE_CALL,
        call.id,
    )
    work.poke("timers")
    window = Window(start_at, start_at + ONE_CALL)
    return CallView(call.id, call.ticket_id, call.phone, CallState.WAITING, window, call.zone, tries, call.is_missed)


async def closed(work: Work, ticket_ids: Sequence[int]) -> None:
    """Their tickets are closed: nobody has to ring any more."""
    if ticket_ids:
        await work.change(
            "UPDATE call_backs SET state = 'given_up', due_at = NULL, ended_at = ?, result = 'ticket closed'"
            f" WHERE ticket_id IN ({rows.marks(ticket_ids)}) AND state IN {_STANDS}",
            work.now,
            *ticket_ids,
        )


async def fire(work: Work, calls: Sequence[int]) -> int:
    """Tell those whose window begins, and those whose window is over: each once."""
    fired = await work.fetch(
        "UPDATE call_backs SET due_at = CASE WHEN state = 'waiting' THEN window_until END, state = 'due'"
        f" WHERE due_at <= ? AND state IN {_STANDS} AND id IN ({rows.marks(calls)})"
        " RETURNING id, ticket_id, due_at",
        work.now,
        *calls,
    )
    for row in fired:
        work.say(CallDue(row["id"], row["ticket_id"], is_late=row["due_at"] is None))
    return len(fired)


_WAITING = f"SELECT id, due_at FROM call_backs WHERE state IN {_STANDS} AND due_at IS NOT NULL"
SOURCE = Source("call_backs", _WAITING, fire)


async def _needed(work: Work, ticket: TicketView) -> CallView:
    found = await standing(work, ticket.id)
    if found is None:
        raise errors.NotFound(
            "No call-back is wanted on {ticket}. /call {ticket} writes a call down. Nothing was done.",
            code="no_call",
            ticket=ticket.name,
        )
    return found


async def _end(work: Work, call: CallView, state: CallState, result: str) -> None:
    await work.change(
        f"UPDATE call_backs SET state = ?, due_at = NULL, ended_at = ?, result = ?, tries = tries + 1"
        f" WHERE id = ? AND state IN {_STANDS}",
        state.value,
        work.now,
        result,
        call.id,
    )


def _row(call_id: int, wanted: Wanted, now: datetime) -> Row:
    return {
        "id": call_id,
        "ticket_id": wanted.ticket_id,
        "phone": wanted.phone,
        "state": CallState.WAITING.value,
        "due_at": wanted.window.start_at,
        "window_from": wanted.window.start_at,
        "window_until": wanted.window.end_at,
        "zone": wanted.zone,
        "tries": 0,
        "missed": wanted.is_missed,
        "created_at": now,
    }


def _view(row: Row) -> CallView:
    window = Window(rows.instant(row["window_from"]), rows.instant(row["window_until"]))
    return CallView(
        row["id"],
        row["ticket_id"],
        row["phone"],
        CallState(row["state"]),
        window,
        row["zone"],
        row["tries"],
        bool(row["missed"]),
        row["state"] == CallState.DUE and row["due_at"] is None,
    )
