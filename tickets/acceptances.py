"""Whether customers find their cases solved: asked once a ticket that a person has ended, answered once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from channels import outbox
from crmcore import access
from crmcore.access import Actor, Role
from kernel import ids, rows, sentences
from kernel.unit import Reader, Work
from tickets import changes, entries
from tickets.askable import ANSWERED, IDLE, WAITS
from tickets.events import Change, TicketChanged
from tickets.models import AuthorKind
from tickets.survey_models import Acceptance
from tickets.visible import TicketView

HEARD_FOR = timedelta(days=7)  # a bare word answers the question; a button, which names it, does for ever


class Answer(StrEnum):
    YES = "yes"
    NOT_YET = "not_yet"


class Asked(Struct, frozen=True):
    """A question that was put, by the message `message_id`."""

    id: int
    ticket_id: int
    message_id: int


async def due(work: Work, ticket_ids: Sequence[int]) -> set[int]:
    """Of tickets that were just ended those whose customer may be asked.

    A person has answered him, he was not asked about this ticket before, and nothing else that we have asked him waits.
    """
    if not ticket_ids:
        return set()
    found = await work.fetch(
        f"SELECT t.id FROM tickets AS t WHERE t.state IN ('closed', 'solved') AND t.id IN ({rows.marks(ticket_ids)})"
        f" AND {ANSWERED} AND NOT EXISTS (SELECT 1 FROM acceptances AS a WHERE a.ticket_id = t.id)"
        f" AND NOT EXISTS (SELECT 1 FROM surveys AS s WHERE s.ticket_id = t.id) AND {IDLE}",
        *ticket_ids,
        work.now - WAITS,
        work.now - WAITS,
    )
    return {row["id"] for row in found}


async def asked(work: Work, ticket_id: int, message_id: int, account: str, address: str) -> bool:
    """Note the question; False if somebody else has asked it meanwhile."""
    new = {
        "id": ids.new(),
        "ticket_id": ticket_id,
        "message_id": message_id,
        "account": account,
        "address": address,
        "asked_at": work.now,
    }
    return bool(await work.insert(Acceptance, [new], conflict="ON CONFLICT (ticket_id) DO NOTHING", returning="id"))


async def withdraw(work: Work, ticket_ids: Sequence[int]) -> None:
    """These tickets are open again: a question that has not left was never asked."""
    if not ticket_ids:
        return
    found = await work.fetch(
        "SELECT a.id, a.message_id FROM acceptances AS a JOIN messages AS m ON m.id = a.message_id"
        f" WHERE m.state = 'queued' AND a.answer IS NULL AND a.ticket_id IN ({rows.marks(ticket_ids)})",
        *ticket_ids,
    )
    for row in found:
        if await outbox.cancel(work, row["message_id"]):
            await work.change("DELETE FROM acceptances WHERE id = ?", row["id"])


async def by_message(reader: Reader, message_id: int) -> Asked | None:
    """The question that this message of ours put."""
    return await _one(reader, "a.message_id = ?", message_id)


async def waiting(reader: Reader, account: str, address: str, number: int | None = None) -> Asked | None:
    """The question that a word from there answers: about that ticket, else the newest while nothing of his is open."""
    idle = (
        "NOT EXISTS (SELECT 1 FROM tickets AS o WHERE o.contact_id = t.contact_id"
        " AND o.state NOT IN ('closed', 'solved'))"
    )
    return await _one(
        reader,
        f"a.account = ? AND a.address = ? AND a.asked_at > ? AND a.answer IS NULL"
        f" AND {idle if number is None else 't.number = ?'}",
        account,
        address,
        reader.now - HEARD_FOR,
        *(() if number is None else (number,)),
    )


async def answer(work: Work, one: Asked, said: Answer, *, source_id: int) -> bool:
    """Take an answer; False if there is one already: the first stands."""
    changed = await work.change(
        "UPDATE acceptances SET answer = ?, answered_at = ?, source_id = ? WHERE id = ? AND answer IS NULL",
        said.value,
        work.now,
        source_id,
        one.id,
    )
    return changed == 1


async def record(work: Work, ticket: TicketView, said: Answer, *, proof: str) -> None:
    """His word on the ticket, as an act of his own. `proof`: the channel that he said it by."""
    customer = Actor(access.StaffId(0), ticket.contact, Role.AGENT, "UTC", frozenset(), proof=proof)
    if said is Answer.YES:
        verb, line = "accept", sentences.line("{name} says that it is solved", name=ticket.contact)
    else:
        verb, line = "refuse", sentences.line("{name} says that it is not solved yet", name=ticket.contact)
    await entries.happened(work, [ticket.id], line, by=customer, author=AuthorKind.CUSTOMER)
    await changes.note(work, customer, ticket.id, verb, line)
    work.say(TicketChanged(ticket.id, Change.NOTED, None, ticket.contact, said=line))


async def _one(reader: Reader, where: str, *values: object) -> Asked | None:
    row = await reader.one(
        "SELECT a.id, a.ticket_id, a.message_id FROM acceptances AS a JOIN tickets AS t ON t.id = a.ticket_id"
        f" WHERE {where} ORDER BY a.id DESC LIMIT 1",
        *values,
    )
    return Asked(row["id"], row["ticket_id"], row["message_id"]) if row else None
