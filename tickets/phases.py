"""The history of tickets' states, and the resolution clocks that follow from it: never a running total."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets import clocks, sla, states, terms
from tickets.calendar import Pause
from tickets.events import Change, TicketChanged
from tickets.models import ClockKind, State, StateChange, TicketClock
from tickets.sla import ClockState
from tickets.terms import Terms

Course = Sequence[tuple[datetime, str]]  # from when on which state, the oldest first
_LAST = "(SELECT s.state FROM state_changes AS s WHERE s.ticket_id = t.id ORDER BY s.id DESC LIMIT 1)"


async def followed(work: Work, events: Sequence[TicketChanged]) -> None:
    """Handler of all that may have moved a ticket to another state: noted, and its clocks follow.

    Whoever changes a state need not know of clocks: what is done has none, what is held stands still.
    """
    taken_back = {one.ticket_id for one in events if one.change is Change.UNANSWERED}
    await moved(work, list({event.ticket_id for event in events}), taken_back)


async def moved(work: Work, tickets: Sequence[int], taken_back: Collection[int] = ()) -> None:
    """Note where these tickets are now, if that is elsewhere than before; their clocks follow.

    `taken_back`: those whose end was none after all; their resolution runs on as if it had not been.
    """
    found = await _moved(work, tickets) if tickets else []
    if not found:
        return
    new = [{"id": ids.new(), "ticket_id": row["id"], "at": work.now, "state": row["state"]} for row in found]
    await work.insert(StateChange, new)
    done = [row["id"] for row in found if states.is_done(row["state"])]
    await clocks.closed(work, done)
    for row in found:
        if row["id"] in taken_back and states.is_done(row["last"]):
            await clocks.resume(work, row["id"], ClockKind.RESOLUTION)
    await recount(work, [row["id"] for row in found if row["id"] not in done])


async def recount(work: Work, tickets: Sequence[int]) -> None:
    """Work out anew when the resolution clocks of these tickets are due, from the history of their states."""
    if not tickets:
        return
    found = await work.fetch(
        "SELECT id, ticket_id, state, started_at, due_at, terms FROM clocks WHERE kind = 'resolution'"
        f" AND state IN ('running', 'paused') AND terms IS NOT NULL AND ticket_id IN ({rows.marks(tickets)})",
        *tickets,
    )
    if not found:
        return
    kept = await terms_of(work, {row["terms"] for row in found})
    known = await courses(work, [row["ticket_id"] for row in found])
    await work.update(
        TicketClock,
        [_counted(row, kept[row["terms"]], known.get(row["ticket_id"], ()), work.now) for row in found],
    )
    work.poke("timers")


async def courses(reader: Reader, tickets: Sequence[int]) -> dict[int, list[tuple[datetime, str]]]:
    """What state each ticket has been in since when; one that has only ever been open is left out."""
    if not tickets:
        return {}
    found: dict[int, list[tuple[datetime, str]]] = {}
    for row in await reader.fetch(
        f"SELECT ticket_id, at, state FROM state_changes WHERE ticket_id IN ({rows.marks(tickets)}) ORDER BY at, id",
        *tickets,
    ):
        found.setdefault(row["ticket_id"], []).append((rows.instant(row["at"]), row["state"]))
    return found


def pauses(found: Terms, kind: ClockKind, course: Course) -> tuple[Pause, ...]:
    """When the clock stood still. A customer who waits for a response waits in every state. Pure."""
    if kind is not ClockKind.RESOLUTION:
        return ()
    return sla.pauses([(at, states.category(state)) for at, state in course], found.policy.holds)


async def terms_of(reader: Reader, digests: Collection[str]) -> Mapping[str, Terms]:
    """Stored terms by digest."""
    if not digests:
        return {}
    wanted = sorted(digests)
    found = await reader.fetch(f"SELECT digest, body FROM terms WHERE digest IN ({rows.marks(wanted)})", *wanted)
    return {row["digest"]: terms.read(row["digest"], row["body"]) for row in found}


def _counted(row: Row, found: Terms, course: Iterable[tuple[datetime, str]], now: datetime) -> Row:
    """The clock's row as its history says; while it is paused the due time that it had stays, and says nothing."""
    held = pauses(found, ClockKind.RESOLUTION, list(course))
    times = terms.times(found, ClockKind.RESOLUTION, rows.instant(row["started_at"]), held, now)
    state = ClockState.PAUSED if times.due_at is None else ClockState.RUNNING
    return {
        "id": row["id"],
        "state": state.value,
        "due_at": times.due_at or rows.instant(row["due_at"]),
        "warn_at": times.warn_at,
        "warn_percent": times.warn_percent,
    }


async def _moved(work: Work, tickets: Sequence[int]) -> list[Row]:
    """Those of the tickets whose state is not the last one noted; a ticket begins open."""
    return await work.fetch(
        f"SELECT * FROM (SELECT t.id, t.state, COALESCE({_LAST}, '{State.OPEN}') AS last FROM tickets AS t"
        f" WHERE t.id IN ({rows.marks(tickets)})) AS seen WHERE state <> last",
        *tickets,
    )
