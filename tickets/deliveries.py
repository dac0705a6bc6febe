"""What a delivery means for a ticket: a failed answer goes on to the next address, or the ticket waits again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from channels import attachments, outbox
from channels.contract import MessageId
from channels.errors import Reason
from channels.events import MessageSettled
from channels.lines import Lines
from channels.models import MessageState
from channels.outbox import Draft, Ref
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets import clocks, routes, visible
from tickets.envelopes import envelope
from tickets.events import AnswerRerouted, Change, TicketChanged
from tickets.models import ClockKind, Entry, EntryKind
from tickets.routes import Way
from tickets.tokens import Tokens

# What another address may do better. Too late is too late everywhere; a hub that is set up wrongly has to be mended.
_ELSEWHERE = (Reason.REFUSED, Reason.OPTED_OUT, Reason.INVALID, Reason.GONE, Reason.UNREACHABLE)
_OUT = (MessageState.SENT, MessageState.DELIVERED)

# The answers that stand, of the matter as it is now: reopening forgets answered_at, the next answer sets it anew.
# An answer that was retried and left later counts from when it left.
_ANSWERS = (
    "SELECT 1 FROM entries AS e JOIN messages AS m ON m.id = e.message_id WHERE e.ticket_id = tickets.id"
    " AND e.author_kind = 'staff' AND m.direction = 'out' AND m.state NOT IN ('cancelled', 'failed')"
    " AND (e.at >= tickets.answered_at OR m.settled_at >= tickets.answered_at)"
)
# When the customer himself wrote last: a machine's answer asks nothing.
_LAST_WORDS = (
    "(SELECT COALESCE(max(w.at), tickets.created_at) FROM entries AS w JOIN messages AS i ON i.id = w.message_id"
    " WHERE w.ticket_id = tickets.id AND i.direction = 'in' AND NOT i.automatic)"
)


class Deliveries(Struct, frozen=True):
    """Handler of MessageSettled for the answers of colleagues."""

    lines: Lines
    tokens: Tokens

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """A failed answer goes on by the contact's next address; where there is none, the ticket waits for us again.

        One that failed and left after all, put back in line by an operator, is an answer like any other.
        """
        for event in events:
            if event.purpose != "reply" or event.ref_id is None:
                continue
            if event.state in _OUT:
                await answer(work, event.ref_id, event.id)
            if event.state is MessageState.WITHHELD:
                work.say(TicketChanged(event.ref_id, Change.WITHHELD))
            if event.state is not MessageState.FAILED:
                continue
            if await self._send_on(work, event):
                continue
            if await unanswer(work, event.ref_id):
                work.say(TicketChanged(event.ref_id, Change.UNANSWERED))

    async def _send_on(self, work: Work, event: MessageSettled) -> bool:
        if not (event.reason or "").startswith(_ELSEWHERE) or event.ref_id is None:
            return False
        ticket = await visible.by_id(work, event.ref_id)
        failed = await work.one("SELECT id, text, created_at, stale_at, enclosed FROM messages WHERE id = ?", event.id)
        entry = await work.one("SELECT author_id, author FROM entries WHERE message_id = ?", event.id)
        if ticket is None or failed is None or entry is None or ticket.is_closed:
            return False
        files = await attachments.again(work, event.id) if failed["enclosed"] else ()
        way = await self._next(work, ticket.id, ticket.contact_id, failed)
        if way is None or len(files) < failed["enclosed"]:
            return False
        around = await envelope(work, ticket, way.line, self.tokens)
        draft = Draft(
            way.line.channel,
            way.line.account,
            way.address,
            "reply",
            failed["text"],
            ref=Ref("ticket", ticket.id),
            subject=around.subject,
            token=around.token,
            references=around.references,
            automatic=False,
            priority=outbox.URGENT,
            stale_after=way.line.capabilities.stale_after,
            files=files,
        )
        await outbox.enqueue(work, [draft])
        await work.insert(Entry, [_entry(ticket.id, entry, way, draft.id, work.now)])
        work.say(AnswerRerouted(ticket.id, event.id, draft.id, way.label, event.reason or ""))
        return True

    async def _next(self, reader: Reader, ticket_id: int, contact_id: int, failed: Row) -> Way | None:
        """The best way that this very text has not been tried by."""
        tried = await reader.fetch(
            "SELECT m.address FROM messages AS m WHERE m.ref_kind = 'ticket' AND m.ref_id = ? AND m.purpose = 'reply'"
            " AND m.text = ? AND (m.enclosed = 0 OR EXISTS (SELECT 1 FROM attachments AS a JOIN attachments AS b"
            " ON b.file = a.file WHERE a.message_id = m.id AND b.message_id = ?))",
            ticket_id,
            failed["text"],
            failed["id"],
        )
        been = {row["address"] for row in tried}
        found = await routes.ways(reader, contact_id, self.lines)
        able = [way for way in found if way.line.capabilities.files >= failed["enclosed"]]
        return next((way for way in able if way.address.value not in been), None)


async def answer(work: Work, ticket_id: int, message_id: int) -> None:
    """An answer is out: a ticket that still waits for one has it, and its clock ends.

    Not one whose clock was started anew since: a closed ticket to which the customer came back wants a new answer.
    """
    changed = await work.change(
        "UPDATE tickets SET answered_at = ?, state = 'waiting', own_state = NULL, closed_at = NULL,"
        " version = version + 1, updated_at = ?"
        " WHERE id = ? AND answered_at IS NULL AND state <> 'closed' AND NOT EXISTS ("
        "SELECT 1 FROM clocks AS c JOIN messages AS m ON m.id = ? WHERE c.ticket_id = tickets.id AND c.kind = ?"
        " AND c.started_at > m.created_at)",
        work.now,
        work.now,
        ticket_id,
        message_id,
        ClockKind.FIRST_RESPONSE.value,
    )
    if changed:
        await clocks.answered(work, ticket_id)
        work.say(TicketChanged(ticket_id, Change.ANSWERED))
    else:
        await clocks.left_later(work, ticket_id, message_id)


async def unanswer(work: Work, ticket_id: int) -> bool:
    """The ticket waits for us again, if no answer to the customer's last words is out, on its way or maybe out.

    Its clock runs on if nothing has answered the matter since it began (again); a due time that has passed meanwhile
    fires at once. False if an answer stands.
    """
    row = await work.one(
        f"UPDATE tickets SET answered_at = CASE WHEN EXISTS ({_ANSWERS}) THEN answered_at END, state = 'open',"
        " own_state = NULL, closed_at = NULL, version = version + 1, updated_at = ?"
        f" WHERE id = ? AND merged_into_id IS NULL AND"
        f" NOT EXISTS ({_ANSWERS} AND (e.at >= {_LAST_WORDS} OR m.settled_at >= {_LAST_WORDS}))"
        " RETURNING answered_at",
        work.now,
        ticket_id,
    )
    if row is None:
        return False
    kind = ClockKind.NEXT_RESPONSE if row["answered_at"] else ClockKind.FIRST_RESPONSE
    await clocks.resume(work, ticket_id, kind)
    return True


def _entry(ticket_id: int, failed: Row, way: Way, message_id: MessageId, now: datetime) -> rows.Row:
    return {
        "id": ids.new(),
        "ticket_id": ticket_id,
        "at": now,
        "kind": EntryKind.MESSAGE.value,
        "author_kind": "staff",
        "author_id": failed["author_id"],
        "author": failed["author"],
        "channel": way.line.channel,
        "message_id": message_id,
    }
