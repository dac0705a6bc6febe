"""Tickets as people may see them: every read of an entrance comes through here and carries a Scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from crmcore.access import Scope
from kernel import rows, sentences
from kernel.unit import Reader
from tickets import clocks, numbers, states
from tickets.models import ClockKind
from tickets.states import Category

PAGE = 8
AWAKE = "t.state <> 'closed' AND t.state <> 'solved' AND t.snoozed_until IS NULL"
# The newest answer, where quiet mode kept it from leaving: withheld, or cancelled once somebody has dropped it.
_UNSENT = """(
SELECT max(w.state) FROM messages AS w WHERE w.ref_kind = 'ticket' AND w.ref_id = t.id AND w.purpose = 'reply'
 AND w.reason = 'quiet' AND w.state IN ('withheld', 'cancelled') AND NOT EXISTS (
 SELECT 1 FROM messages AS o WHERE o.ref_kind = 'ticket' AND o.ref_id = t.id AND o.purpose = 'reply' AND o.id > w.id
 AND o.state IN ('queued', 'leased', 'sent', 'delivered', 'maybe_sent')))"""
_SELECT = f"""
SELECT t.*, c.name AS contact, c.language AS language, s.name AS assignee, k.due_at AS due_at, k.state AS clock,
       k.ended_at AS clock_ended_at, u.due_at AS urgent_at, u.kind AS urgent_kind,
       u.state AS urgent_state, o.system AS own_system, o.number AS own_number,
       b.system AS before_system, b.number AS before_number, i.number AS merged_number, {_UNSENT} AS unsent,
       (SELECT q.done || '/' || q.total FROM question_runs AS q
        WHERE q.ticket_id = t.id AND q.state = 'running') AS asked
FROM tickets AS t JOIN contacts AS c ON c.id = t.contact_id LEFT JOIN staff AS s ON s.id = t.assignee_id
LEFT JOIN clocks AS k ON k.ticket_id = t.id AND k.kind = 'first_response'
LEFT JOIN clocks AS u ON u.ended_at IS NULL AND u.id = ({clocks.MOST_URGENT})
LEFT JOIN foreign_records AS o ON o.ticket_id = t.id AND o.kind = 'ticket'
LEFT JOIN foreign_records AS b ON b.ticket_id = t.previous_id AND b.kind = 'ticket'
LEFT JOIN tickets AS i ON i.id = t.merged_into_id
"""


class Urgent(Struct, frozen=True):
    """The clock of a ticket that is due first."""

    kind: ClockKind
    due_at: datetime
    is_breached: bool = False


class TicketView(Struct, frozen=True):
    """A ticket as it is read. `first_response_due` is None once answered, closed, or where no target is set.

    `soonest`: its most urgent clock of whatever kind; None where nothing is due.
    """

    id: int
    number: int
    subject: str
    state: str
    queue: str
    priority: int
    tags: tuple[str, ...]
    assignee_id: int | None
    assignee: str | None
    contact_id: int
    contact: str
    language: str
    channel: str
    account: str
    scheme: str
    address: str
    version: int
    answered_at: datetime | None
    created_at: datetime
    updated_at: datetime
    first_response_due: datetime | None
    is_breached: bool
    snoozed_until: datetime | None = None
    origin: str = ""  # its name in the help desk that it came from: "Zammad 12345"
    continues: str = ""  # the same of the ticket that it goes on with
    source: str = ""
    kind: str = "question"
    own_state: str | None = None  # the house's own word for its state
    close_reason: str | None = None
    closed_at: datetime | None = None
    merged_into: str = ""  # the ticket that its words stand on now
    unsent: str = ""  # its newest answer, kept by quiet mode: withheld, or cancelled once somebody has dropped it
    soonest: Urgent | None = None
    asked: str = ""  # how far the questions to its customer are: "1/3"; "" while none are put

    @property
    def urgent(self) -> Urgent | None:
        if self.soonest is None and self.first_response_due is not None:
            return Urgent(ClockKind.FIRST_RESPONSE, self.first_response_due, self.is_breached)
        return self.soonest

    @property
    def name(self) -> str:
        return numbers.written(self.number)

    @property
    def stands(self) -> str:
        """Its state; where it waits for the customer, withheld or dropped if the answer never left."""
        if self.state != "waiting":
            return self.state
        return {"withheld": "withheld", "cancelled": "dropped"}.get(self.unsent, self.state)

    @property
    def is_closed(self) -> bool:
        return states.category(self.state) is Category.CLOSED

    @property
    def is_done(self) -> bool:
        """Solved or closed."""
        return states.is_done(self.state)

    @property
    def is_merged(self) -> bool:
        return bool(self.merged_into)


class EntryView(Struct, frozen=True):
    """One line of a ticket as it is read; `delivery` is an outbound message's state."""

    at: datetime
    kind: str
    author_kind: str
    author: str
    channel: str | None
    text: str
    delivery: str | None
    reason: str | None
    message_id: int | None
    author_id: int | None = None
    id: int = 0
    dmarc: str | None = None  # of a mail that came in, where a server of ours was asked: see contract.Dmarc
    said: sentences.Kept | None = None  # of an event: what `texts.told` puts into the reader's language


class QueueCount(Struct, frozen=True):
    """How many tickets of a queue are open and awake, how many of them nobody has, and how many are late."""

    queue: str
    open: int
    free: int
    late: int


class PastView(Struct, frozen=True):
    """A line of a contact's history that belongs to a ticket."""

    at: datetime
    kind: str
    ticket: str
    text: str


async def by_number(reader: Reader, number: int, scope: Scope | None = None) -> TicketView | None:
    """The ticket of that number, or None if there is none or it is outside `scope`; None scope: the operator."""
    return await _seen(reader, "t.number = ?", number, scope)


async def by_id(reader: Reader, ticket_id: int, scope: Scope | None = None) -> TicketView | None:
    return await _seen(reader, "t.id = ?", ticket_id, scope)


async def by_ids(reader: Reader, ticket_ids: Sequence[int]) -> dict[int, TicketView]:
    """Tickets by id, for the house's own notices, which choose by themselves who may read them."""
    if not ticket_ids:
        return {}
    found = await reader.fetch(f"{_SELECT} WHERE t.id IN ({rows.marks(ticket_ids)})", *ticket_ids)
    return {row["id"]: _view(row) for row in found}


async def assigned(reader: Reader, staff_id: int, *, limit: int = PAGE) -> tuple[list[TicketView], int]:
    """A colleague's open tickets that are awake, most urgent first, and how many there are in all."""
    return await _page(reader, f"{AWAKE} AND t.assignee_id = ?", (staff_id,), limit)


async def asleep(reader: Reader, staff_id: int, *, limit: int = PAGE) -> list[TicketView]:
    """A colleague's tickets that are put off, the first to wake first."""
    found = await reader.fetch(
        f"{_SELECT} WHERE t.assignee_id = ? AND t.snoozed_until IS NOT NULL ORDER BY t.snoozed_until LIMIT ?",
        staff_id,
        limit,
    )
    return [_view(row) for row in found]


async def queued(
    reader: Reader, scope: Scope, queue: str | None = None, *, limit: int = PAGE
) -> tuple[list[TicketView], int]:
    """Open tickets nobody has and that are awake, most urgent first, in a queue or all in scope; how many in all."""
    where, values = _within(scope, queue)
    return await _page(reader, f"{AWAKE} AND t.assignee_id IS NULL AND {where}", values, limit)


async def in_queue(reader: Reader, scope: Scope, queue: str, *, limit: int = PAGE) -> tuple[list[TicketView], int]:
    """All open tickets of a queue that are awake, whoever has them, most urgent first; how many in all."""
    where, values = _within(scope, queue)
    return await _page(reader, f"{AWAKE} AND {where}", values, limit)


async def counts(reader: Reader, scope: Scope) -> list[QueueCount]:
    """The queues in scope that have open tickets, counted."""
    where, values = _within(scope, None)
    found = await reader.fetch(
        "SELECT t.queue, count(*) AS n, sum(CASE WHEN t.assignee_id IS NULL THEN 1 ELSE 0 END) AS free,"
        " sum(CASE WHEN k.state = 'breached' AND k.ended_at IS NULL THEN 1 ELSE 0 END) AS late"
        f" FROM tickets AS t LEFT JOIN clocks AS k ON k.ended_at IS NULL AND k.id = ({clocks.MOST_URGENT})"
        f" WHERE {AWAKE} AND {where} GROUP BY t.queue",
        *values,
    )
    return [QueueCount(row["queue"], row["n"], int(row["free"]), int(row["late"])) for row in found]


async def listed(reader: Reader, *, after: int = 0, limit: int = 500) -> list[TicketView]:
    """All tickets by number, a page after number `after`: the operator's listing."""
    found = await reader.fetch(f"{_SELECT} WHERE t.number > ? ORDER BY t.number LIMIT ?", after, limit)
    return [_view(row) for row in found]


async def of_contacts(
    reader: Reader, contact_ids: Sequence[int], scope: Scope, *, limit: int = PAGE
) -> tuple[list[TicketView], int]:
    """The open tickets of these people as far as the scope goes, most urgent first, and how many there are in all."""
    if not contact_ids:
        return [], 0
    where, values = seen_by(scope)
    of_them = f"t.state <> 'closed' AND t.contact_id IN ({rows.marks(contact_ids)})"
    return await _page(reader, f"{of_them} AND {where}", (*contact_ids, *values), limit)


async def past(reader: Reader, contact_ids: Sequence[int], scope: Scope, *, limit: int = PAGE) -> list[PastView]:
    """What passed with these people on tickets of the scope, newest first."""
    if not contact_ids:
        return []
    where, values = seen_by(scope)
    found = await reader.fetch(
        "SELECT l.at, l.kind, t.number, COALESCE(l.text, m.text, '') AS words FROM timeline AS l"
        " JOIN tickets AS t ON t.id = l.ref_id LEFT JOIN messages AS m ON m.id = l.message_id"
        f" WHERE l.ref_kind = 'ticket' AND l.contact_id IN ({rows.marks(contact_ids)}) AND {where}"
        " ORDER BY l.at DESC, l.id DESC LIMIT ?",
        *contact_ids,
        *values,
        limit,
    )
    return [
        PastView(rows.instant(row["at"]), row["kind"], numbers.written(row["number"]), row["words"]) for row in found
    ]


async def entries(reader: Reader, ticket_id: int, *, limit: int = 200) -> list[EntryView]:
    """The last `limit` entries of a ticket, oldest first. The caller has seen the ticket through a scope."""
    found = await reader.fetch(
        "SELECT e.*, COALESCE(e.text, m.text, '') AS words, m.direction, m.state AS message_state, m.reason, m.dmarc"
        " FROM entries AS e LEFT JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.ticket_id = ? ORDER BY e.id DESC LIMIT ?",
        ticket_id,
        limit,
    )
    return [_entry(row) for row in reversed(found)]


async def _page(reader: Reader, where: str, values: tuple[object, ...], limit: int) -> tuple[list[TicketView], int]:
    found = await reader.fetch(
        f"{_SELECT} WHERE {where} ORDER BY t.priority, COALESCE(u.due_at, t.created_at), t.id LIMIT ?", *values, limit
    )
    if len(found) < limit:
        return [_view(row) for row in found], len(found)
    total = await reader.one(f"SELECT count(*) AS n FROM tickets AS t WHERE {where}", *values)
    return [_view(row) for row in found], total["n"] if total else len(found)


def _within(scope: Scope, queue: str | None) -> tuple[str, tuple[object, ...]]:
    if queue is not None:
        return ("t.queue = ?", (queue,)) if scope.covers(queue, None) else ("1 = 0", ())
    if scope.everything:
        return "1 = 1", ()
    queues = sorted(scope.queues)
    return f"t.queue IN ({rows.marks(queues)})", tuple(queues)


def seen_by(scope: Scope) -> tuple[str, tuple[object, ...]]:
    """As `Scope.covers` says, of a row: his queues, what is his wherever it stands, and what he or they watch."""
    where, values = _within(scope, None)
    if scope.everything:
        return where, values
    watched, watching = _watched(scope)
    return f"({where} OR t.assignee_id = ? OR {watched})", (*values, scope.staff_id, *watching)


def _watched(scope: Scope) -> tuple[str, tuple[object, ...]]:
    queues = sorted(scope.queues)
    return (
        "EXISTS (SELECT 1 FROM ticket_watchers AS w WHERE w.ticket_id = t.id"
        f" AND ((w.queue = '' AND w.staff_id = ?) OR w.queue IN ({rows.marks(queues)})))",
        (scope.staff_id, *queues),
    )


async def _seen(reader: Reader, which: str, key: int, scope: Scope | None) -> TicketView | None:
    where, values = seen_by(scope) if scope is not None else ("1 = 1", ())
    row = await reader.one(f"{_SELECT} WHERE {which} AND {where}", key, *values)
    return _view(row) if row else None


def _view(row: rows.Row) -> TicketView:
    is_running = row["due_at"] is not None and row["clock_ended_at"] is None
    return TicketView(
        id=row["id"],
        number=row["number"],
        subject=row["subject"],
        state=row["state"],
        queue=row["queue"],
        priority=row["priority"],
        tags=tuple(rows.json(row["tags"]) or ()),
        assignee_id=row["assignee_id"],
        assignee=row["assignee"],
        contact_id=row["contact_id"],
        contact=row["contact"],
        language=row["language"],
        channel=row["channel"],
        account=row["account"],
        scheme=row["scheme"],
        address=row["address"],
        version=row["version"],
        answered_at=rows.maybe_instant(row["answered_at"]),
        created_at=rows.instant(row["created_at"]),
        updated_at=rows.instant(row["updated_at"]),
        first_response_due=rows.maybe_instant(row["due_at"]) if is_running else None,
        is_breached=row["clock"] == "breached",
        snoozed_until=rows.maybe_instant(row["snoozed_until"]),
        origin=_foreign(row["own_system"], row["own_number"]),
        continues=_foreign(row["before_system"], row["before_number"]),
        source=row["source"],
        kind=row["kind"],
        own_state=row["own_state"],
        close_reason=row["close_reason"],
        closed_at=rows.maybe_instant(row["closed_at"]),
        merged_into=numbers.written(row["merged_number"]) if row["merged_number"] is not None else "",
        unsent=row["unsent"] or "",
        soonest=_urgent(row),
        asked=row["asked"] or "",
    )


def _urgent(row: rows.Row) -> Urgent | None:
    if row["urgent_at"] is None:
        return None
    return Urgent(ClockKind(row["urgent_kind"]), rows.instant(row["urgent_at"]), row["urgent_state"] == "breached")


def _foreign(system: str | None, number: str | None) -> str:
    """A ticket of another desk as people there called it."""
    return " ".join(part for part in ((system or "").capitalize(), number) if part)


def _entry(row: rows.Row) -> EntryView:
    is_out = row["direction"] == "out"
    return EntryView(
        at=rows.instant(row["at"]),
        kind=row["kind"],
        author_kind=row["author_kind"],
        author=row["author"],
        channel=row["channel"],
        text=row["words"],
        delivery=row["message_state"] if is_out else None,
        reason=row["reason"] if is_out else None,
        message_id=row["message_id"],
        author_id=row["author_id"] if row["author_kind"] == "staff" else None,
        id=row["id"],
        dmarc=row["dmarc"],
        said=rows.json(row["said"]),
    )
