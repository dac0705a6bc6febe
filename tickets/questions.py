"""Questions put to a customer about the empty fields of his ticket's kind, one at a time; as rows: none is lost.

One run a customer at a time. A run ends by its last answer, by the customer, by a colleague, with its ticket, or when
no answer has come for a day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from crmcore.access import Actor
from kernel import errors, ids, rows, sentences
from kernel.rows import Row
from kernel.timers import Source
from kernel.unit import Reader, Work
from tickets import entries, happenings, numbers
from tickets.claim_models import QuestionRun
from tickets.events import Change, TicketChanged
from tickets.kinds import Field, Kind
from tickets.models import AuthorKind
from tickets.visible import TicketView

WAITS = timedelta(hours=24)  # for an answer


class RunState(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"  # by the customer, or by a colleague
    HANDED = "handed"  # an answer was not understood twice: a person goes on
    EXPIRED = "expired"
    CLOSED = "closed"  # with its ticket


class Run(Struct, frozen=True):
    """Questions under way. `field`: the one asked now, by the message `question_id`; `is_second`: asked again."""

    id: int
    ticket_id: int
    field: str
    question_id: int
    is_second: bool
    skipped: frozenset[str]
    done: int
    total: int


class Put(Struct, frozen=True):
    """A question that goes out: of which field, by which message, from where to where."""

    field: str
    question_id: int
    account: str
    address: str


def wanted(kind: Kind, values: Mapping[str, str], skipped: Collection[str] = ()) -> list[Field]:
    """The fields a customer can be asked for now, those first that are required. Pure.

    They are empty, his to say, and wait for no other.
    """
    open_ = [one for one in kind.fields if one.asks and not values.get(one.name) and one.name not in skipped]
    return sorted((one for one in open_ if not one.after or values.get(one.after)), key=lambda one: not one.required)


async def begin(
    work: Work,
    actor: Actor,
    ticket: TicketView,
    put: Put,
    fields: Sequence[Field],
    *,
    author: AuthorKind = AuthorKind.STAFF,
) -> None:
    """Note that the first of `fields` is asked. Raises Conflict where this customer is being asked already.

    `author`: what the actor is.
    """
    await work.change("UPDATE contacts SET language = language WHERE id = ?", ticket.contact_id)  # one at a time
    running = await work.one(
        "SELECT t.number FROM question_runs AS r JOIN tickets AS t ON t.id = r.ticket_id"
        " WHERE r.state = 'running' AND (t.contact_id = ? OR (r.account = ? AND r.address = ?))",
        ticket.contact_id,
        put.account,
        put.address,
    )
    if running:
        about = numbers.written(running["number"])
        raise errors.Conflict(
            "{contact} is being asked about {about} already. Nothing was sent. /ask {about} off ends that.",
            code="asking",
            contact=ticket.contact,
            about=about,
        )
    row = {
        "id": ids.new(),
        "ticket_id": ticket.id,
        "account": put.account,
        "address": put.address,
        "state": RunState.RUNNING.value,
        "field": put.field,
        "question_id": put.question_id,
        "is_second": False,
        "skipped": "",
        "done": 0,
        "total": len(fields),
        "by_id": actor.id,
        "created_at": work.now,
        "due_at": work.now + WAITS,
        "ended_at": None,
    }
    await work.insert(QuestionRun, [row])
    names = ", ".join(one.name for one in fields)
    said = sentences.line("{name} asks the customer for {fields}", name=actor.name, fields=names)
    await entries.happened(work, [ticket.id], said, by=actor, author=author)
    work.say(TicketChanged(ticket.id, Change.EDITED, actor.id or None, actor.name))
    work.poke("timers")


async def running(reader: Reader, chats: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of these (account, address) those where questions are under way: one look at an index of those alone."""
    if not chats:
        return set()
    found = await reader.fetch(
        "SELECT account, address FROM question_runs WHERE state = 'running'"
        f" AND (account, address) {rows.among(2, len(chats))}",
        *(part for chat in chats for part in chat),
    )
    return {(row["account"], row["address"]) for row in found}


async def at(work: Work, account: str, address: str) -> Run | None:
    """The run at this address, held until the unit ends; None if there is none, or its time is over."""
    row = await work.one(
        "UPDATE question_runs SET state = state WHERE account = ? AND address = ? AND state = 'running'"
        " AND due_at > ? RETURNING *",
        account,
        address,
        work.now,
    )
    return _run(row) if row else None


async def go_on(work: Work, run: Run, put: Put, *, skipped: Collection[str], total: int) -> None:
    """The next question is out."""
    await work.change(
        "UPDATE question_runs SET field = ?, question_id = ?, is_second = ?, skipped = ?, done = ?, total = ?,"
        " due_at = ? WHERE id = ?",
        put.field,
        put.question_id,
        False,
        " ".join(sorted(skipped)),
        run.done + 1,
        total,
        work.now + WAITS,
        run.id,
    )
    work.poke("timers")


async def repeat(work: Work, run: Run, question_id: int) -> None:
    """The same question is out again."""
    await work.change(
        "UPDATE question_runs SET question_id = ?, is_second = ?, due_at = ? WHERE id = ?",
        question_id,
        True,
        work.now + WAITS,
        run.id,
    )
    work.poke("timers")


async def end(work: Work, run: Run, state: RunState, said: str) -> None:
    """It is over, and the ticket says why."""
    await work.change(
        "UPDATE question_runs SET state = ?, due_at = NULL, ended_at = ? WHERE id = ? AND state = 'running'",
        state.value,
        work.now,
        run.id,
    )
    await happenings.told(work, run.ticket_id, said)


async def undelivered(work: Work, question_ids: Sequence[int]) -> None:
    """These questions did not arrive: nobody waits for answers, and their tickets say so."""
    ended = await work.fetch(
        "UPDATE question_runs SET state = ?, due_at = NULL, ended_at = ?"
        f" WHERE state = 'running' AND question_id IN ({rows.marks(question_ids)}) RETURNING ticket_id, field",
        RunState.HANDED.value,
        work.now,
        *question_ids,
    )
    for row in ended:
        said = sentences.line("questions ended: the one about {field} did not reach the customer", field=row["field"])
        await happenings.told(work, row["ticket_id"], said)


async def stop(work: Work, actor: Actor, ticket: TicketView) -> bool:
    """A colleague ends it; False if nothing is being asked."""
    ended = await work.change(
        "UPDATE question_runs SET state = ?, due_at = NULL, ended_at = ? WHERE ticket_id = ? AND state = 'running'",
        RunState.STOPPED.value,
        work.now,
        ticket.id,
    )
    if ended:
        await entries.happened(
            work, [ticket.id], sentences.line("{name} ended the questions", name=actor.name), by=actor
        )
        work.say(TicketChanged(ticket.id, Change.EDITED, actor.id, actor.name))
    return bool(ended)


async def closed(work: Work, ticket_ids: Sequence[int]) -> None:
    """These tickets are over: nothing more is asked about them."""
    if ticket_ids:
        await work.change(
            f"UPDATE question_runs SET state = ?, due_at = NULL, ended_at = ?"
            f" WHERE ticket_id IN ({rows.marks(ticket_ids)}) AND state = 'running'",
            RunState.CLOSED.value,
            work.now,
            *ticket_ids,
        )


async def fire(work: Work, runs: Sequence[int]) -> int:
    """End those that nobody has answered for a day; the customer is not asked again."""
    ended = await work.fetch(
        "UPDATE question_runs SET state = 'expired', due_at = NULL, ended_at = ?"
        f" WHERE due_at <= ? AND state = 'running' AND id IN ({rows.marks(runs)}) RETURNING ticket_id, field",
        work.now,
        work.now,
        *runs,
    )
    for row in ended:
        said = sentences.line("questions ended: no answer about {field} for 24 hours", field=row["field"])
        await happenings.told(work, row["ticket_id"], said)
    return len(ended)


SOURCE = Source("questions", "SELECT id, due_at FROM question_runs WHERE due_at IS NOT NULL", fire)


def _run(row: Row) -> Run:
    return Run(
        row["id"],
        row["ticket_id"],
        row["field"],
        row["question_id"],
        bool(row["is_second"]),
        frozenset(row["skipped"].split()),
        row["done"],
        row["total"],
    )
