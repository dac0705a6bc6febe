"""Targets: by when a ticket has to be answered and resolved, by the policies of the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from crmcore import customers
from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from routing.desk import Desk
from tickets import clocks, policies, terms
from tickets.clocks import Start
from tickets.events import Change, TicketChanged
from tickets.models import ClockKind, State
from tickets.policies import Case
from tickets.terms import Terms, Times

BEGINS = (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)
_BEGUN = (Change.REOPENED, Change.SPLIT)
CASES = "SELECT id, contact_id, channel, queue, kind, priority, state, answered_at FROM tickets"


class Wanted(Struct, frozen=True):
    """A clock that a ticket should have from now on, if a policy has a target for it."""

    ticket_id: int
    contact_id: int
    case: Case
    kind: ClockKind


class Targets(Struct, frozen=True):
    """Handler that starts clocks anew."""

    desk: Desk

    async def reopened(self, work: Work, changes: Sequence[TicketChanged]) -> None:
        """A ticket is open again, or made of another: the customer waits anew, and new clocks run."""
        ids = [change.ticket_id for change in changes if change.change in _BEGUN]
        if not ids:
            return
        found = await work.fetch(f"{CASES} WHERE id IN ({rows.marks(ids)})", *ids)
        await begin(
            work,
            self.desk,
            [Wanted(row["id"], row["contact_id"], case_of(row), kind) for row in found for kind in _begins(row)],
        )


def _begins(row: Row) -> Sequence[ClockKind]:
    """Whoever has his answer and waits for no other is owed an end alone. Pure."""
    is_answered = row["answered_at"] is not None and row["state"] != State.OPEN
    return (ClockKind.RESOLUTION,) if is_answered else BEGINS


async def again(work: Work, desk: Desk, tickets: Sequence[int]) -> None:
    """Tickets that nothing else answers for any more have their own clocks again, from now."""
    if not tickets:
        return
    found = await work.fetch(
        f"SELECT id, contact_id, channel, queue, kind, priority, answered_at FROM tickets WHERE id IN"
        f" ({rows.marks(tickets)})",
        *tickets,
    )
    wanted = [
        Wanted(row["id"], row["contact_id"], case_of(row), kind)
        for row in found
        for kind in BEGINS
        if kind is ClockKind.RESOLUTION or row["answered_at"] is None
    ]
    await begin(work, desk, wanted)


async def begin(work: Work, desk: Desk, wanted: Sequence[Wanted]) -> None:
    """Start the clocks that have a target, all at `work.now`: a query or two, however many."""
    companies = await of_companies(work, desk, [one.contact_id for one in wanted])
    memory: dict[tuple[object, ...], tuple[Terms, Times] | None] = {}
    starts = []
    for one in wanted:
        own = companies.get(one.contact_id, {})
        key = (one.kind, *one.case.values(), *own.values())
        if key not in memory:
            memory[key] = timed(desk, {**one.case, **own}, one.kind, work.now)
        found = memory[key]
        if found is not None and (due_at := found[1].due_at) is not None:
            held, times = found
            starts.append(Start(one.ticket_id, one.kind, due_at, held, times.warn_at, times.warn_percent))
    if starts:
        await clocks.start(work, starts)


def kinds(desk: Desk) -> frozenset[ClockKind]:
    """Of which clocks anything is promised to anybody. Pure."""
    own = [policy for queue in desk.queues.values() for policy in queue.policies]
    return frozenset(kind for policy in (*desk.policies, *own) for kind in policy.targets)


def promised(desk: Desk, case: Case, kind: ClockKind, at: datetime) -> Terms | None:
    """The terms of a clock: of the most specific policy, at last of the queue's own target. Pure."""
    queue = desk.queue(case["queue"][0])
    zone = queue.calendar.zone
    policy = policies.choose(desk.policies, case, kind, at, zone) or policies.choose(
        queue.policies, case, kind, at, zone
    )
    return terms.of(policy, queue.calendar) if policy else None


def timed(desk: Desk, case: Case, kind: ClockKind, now: datetime) -> tuple[Terms, Times] | None:
    """By what terms, and when, a clock that begins now is due; None where nothing is promised. Pure."""
    found = promised(desk, case, kind, now)
    return (found, terms.times(found, kind, now, (), now)) if found else None


def case_of(row: Row) -> Case:
    """What policies ask of a ticket's row, but for the companies of its contact. Pure."""
    return {
        "channel": (row["channel"],),
        "queue": (row["queue"],),
        "kind": (row["kind"],),
        "priority": (str(row["priority"]),),
    }


async def of_companies(reader: Reader, desk: Desk, contacts: Sequence[int]) -> Mapping[int, Case]:
    """What policies ask of customers' companies; nothing is read where no policy asks."""
    if not contacts or not policies.asks_companies(desk.policies):
        return {}
    return await customers.belonging(reader, sorted(set(contacts)))
