"""What colleagues do to tickets, one verb a function. Every entrance calls these and nothing else writes tickets."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from channels import outbox, rendering
from channels.contract import Address, MessageId
from channels.lines import Line, Lines
from channels.outbox import Draft, Ref
from crmcore import access, timeline
from crmcore.access import Actor
from crmcore.staff import Colleague
from kernel import errors, ids, rows, sentences
from kernel.unit import Work
from tickets import changes, clocks, closing, collision, deliveries, enclosing, rewinding
from tickets.closing import FREE, Terms
from tickets.collision import ANYWAY, Seen
from tickets.enclosing import Enclosed
from tickets.envelopes import Envelope, envelope
from tickets.events import Change, TicketChanged
from tickets.models import AuthorKind, Entry, EntryKind
from tickets.tokens import Tokens
from tickets.visible import TicketView

TEXT_LIMIT = 20_000
LARGEST_SEGMENT = 160  # characters, on any channel that counts in segments


class Sending(Struct, frozen=True):
    """A reply on its way: its messages (a long text is several) and the line it takes."""

    message_ids: tuple[MessageId, ...]
    line: Line
    took: bool
    segments: int = 0  # that are paid for; 0 where the channel does not count so


async def take(work: Work, actor: Actor, ticket: TicketView) -> bool:
    """Make the ticket the actor's by one conditional update; False if it was his already.

    Raises Conflict if it is closed or somebody else was faster, Forbidden if it is another's and answered.
    """
    _must_be_open(ticket)
    if ticket.assignee_id == actor.id:
        return False
    if not access.may_take(actor, ticket.assignee_id, answered=ticket.answered_at is not None):
        raise errors.Forbidden(
            "{name} has {ticket} and has answered it. Ask a lead to move it.",
            name=ticket.assignee,
            ticket=ticket.name,
        )
    await _take(work, actor, ticket, _handed(ticket, actor.id))
    return True


async def assign(work: Work, actor: Actor, ticket: TicketView, colleague: Colleague | None) -> None:
    """Give the ticket to a colleague, or to nobody (None). Raises Forbidden, Conflict."""
    _must_be_open(ticket)
    if not access.may_assign(actor, ticket.assignee_id):
        raise errors.Forbidden(
            "{name} has {ticket}; only a lead can move it.", name=ticket.assignee, ticket=ticket.name
        )
    await _assign(work, ticket, colleague.id if colleague else None)
    to = colleague.name if colleague else sentences.line("nobody")
    handed = _handed(ticket, colleague.id if colleague else None)
    said = sentences.line("{name} gave the ticket to {other}", name=actor.name, other=to)
    await _did(work, ticket, actor, "assign", said, handed)
    work.say(TicketChanged(ticket.id, Change.ASSIGNED, actor.id, actor.name, ticket.assignee_id, said=said))


async def release(work: Work, staff_id: int) -> int:
    """A colleague has left: his open tickets are nobody's again, and their cards say so. Returns how many."""
    freed = await work.fetch(
        "UPDATE tickets SET assignee_id = NULL, version = version + 1, updated_at = ?"
        " WHERE assignee_id = ? AND state <> 'closed' RETURNING id",
        work.now,
        staff_id,
    )
    for row in freed:
        work.say(TicketChanged(row["id"], Change.ASSIGNED))
    return len(freed)


async def reply(  # noqa: PLR0913 - what a colleague sends, and the ways it may go: each by its name
    work: Work,
    actor: Actor,
    ticket: TicketView,
    text: str,
    *,
    lines: Lines,
    tokens: Tokens,
    hold: timedelta = timedelta(),
    seen: Seen = ANYWAY,
    enclosed: Enclosed = enclosing.NOTHING,
) -> Sending:
    """Answer the customer where he last wrote; takes the ticket if it is free; meets the response clocks.

    Raises Invalid for a text that is empty (and no file with it) or too long for the channel, and for files that it
    does not carry, Conflict if the ticket is closed, was taken or answered meanwhile, NotFound if no line of ours
    reaches the customer's address. Nothing has happened then.
    """
    files = enclosed.files
    text = text.strip() if files and not text.strip() else _worded(text, "reply")
    _must_be_open(ticket)
    await collision.check(work, actor, ticket, seen)
    line = _line(ticket, lines)
    enclosing.check(files, line.capabilities)
    segments = _segments(text, line)
    took = ticket.assignee_id is None
    if took:  # part of the answer, and no act of its own: what has left leaves nothing to take back
        await _take(work, actor, ticket, None)
    around = await envelope(work, ticket, line, tokens)
    parts = enclosing.parts(text, files, line.capabilities)
    drafts = [
        replace(_draft(ticket, line, part, around, hold), files=some, files_from=enclosed.account)
        for part, some in parts
    ]
    message_ids = await outbox.enqueue(work, drafts)
    for message_id in message_ids:
        await _add_entry(work, ticket, actor, EntryKind.MESSAGE, message_id=message_id, channel=line.channel)
    changed = await work.change(
        "UPDATE tickets SET answered_at = COALESCE(answered_at, ?), state = 'waiting', own_state = NULL,"
        " closed_at = NULL, version = version + 1, updated_at = ? WHERE id = ? AND state <> 'closed'",
        work.now,
        work.now,
        ticket.id,
    )
    if not changed:
        raise errors.Conflict("{ticket} was closed meanwhile. Nothing was sent.", code="closed", ticket=ticket.name)
    await clocks.answered(work, ticket.id)
    await timeline.add(work, [_line_of(ticket, "reply", message_id, line.channel) for message_id in message_ids])
    work.say(
        TicketChanged(
            ticket.id, Change.ANSWERED, actor.id, actor.name, said=sentences.line("{name} answered", name=actor.name)
        )
    )
    return Sending(tuple(message_ids), line, took, segments)


async def take_back(work: Work, actor: Actor, ticket: TicketView, message_ids: tuple[int, ...]) -> bool:
    """Undo a reply that is still held: it never leaves, and the clock runs on. False if it has left."""
    cancelled = [await outbox.cancel(work, message_id) for message_id in message_ids]
    if not any(cancelled):
        return False
    if not await deliveries.unanswer(work, ticket.id):
        await _bump(work, ticket)
    said = sentences.line("{name} took the reply back before it was sent", name=actor.name)
    await _note_event(work, ticket, actor, said)
    work.say(TicketChanged(ticket.id, Change.UNANSWERED, actor.id, actor.name, said=said))
    return True


async def note(work: Work, actor: Actor, ticket: TicketView, text: str) -> None:
    """Write an internal note; the customer never sees it. Raises Invalid for an empty text."""
    text = _worded(text, "note")
    await _add_entry(work, ticket, actor, EntryKind.NOTE, text=text)
    await _bump(work, ticket)
    work.say(TicketChanged(ticket.id, Change.NOTED, actor.id, actor.name))


async def close(
    work: Work, actor: Actor, ticket: TicketView, *, reason: str = "", seen: int | None = None, terms: Terms = FREE,
    silent: bool = False,
) -> None:  # fmt: skip
    """Close the ticket; its clocks end. `seen`: the version the actor decided by; `terms`: what its kind asks for.
    `silent`: the customer is asked nothing about it.

    Raises Conflict if it is closed already, or has changed since he saw it; Invalid if the terms are not met.
    """
    if ticket.is_closed:
        raise errors.Conflict(
            "{ticket} is closed already. /reopen {ticket} opens it again.", code="closed", ticket=ticket.name
        )
    code = await closing.meet(work, ticket, terms, reason)
    changed = await work.change(
        "UPDATE tickets SET state = 'closed', own_state = NULL, close_reason = ?, closed_at = ?, updated_at = ?,"
        " version = version + 1, snoozed_until = NULL WHERE id = ? AND state <> 'closed' AND version = ?",
        code,
        work.now,
        work.now,
        ticket.id,
        ticket.version if seen is None else seen,
    )
    if not changed:
        raise errors.Conflict(
            "{ticket} has changed since this card. Nothing was done.", code="stale", ticket=ticket.name
        )
    held = await rewinding.kept(work, ticket.id)
    await clocks.closed(work, [ticket.id])
    text = "{name} closed the ticket: {reason}" if reason else "{name} closed the ticket"
    said = sentences.line(text, name=actor.name, reason=reason)
    inverse = changes.column(
        state=(ticket.state, "closed"), own_state=(ticket.own_state, None), closed_at=(ticket.closed_at, work.now),
        close_reason=(ticket.close_reason, code), snoozed_until=(ticket.snoozed_until, None),
    )  # fmt: skip
    await _did(work, ticket, actor, "close", said, inverse | {"clocks": held})
    await timeline.add(
        work, [timeline.Line(ticket.contact_id, "closed", ref_kind="ticket", ref_id=ticket.id, text=reason)]
    )
    work.say(TicketChanged(ticket.id, Change.CLOSED, actor.id, actor.name, silent=silent, said=said))


async def reopen(work: Work, actor: Actor, ticket: TicketView) -> None:
    """Open a closed ticket again; that of a colleague who has left is nobody's. Raises Conflict if it is open."""
    if ticket.is_merged:
        raise errors.Conflict(_MERGED, code="merged", ticket=ticket.name, other=ticket.merged_into)
    changed = await work.change(
        "UPDATE tickets SET state = 'open', own_state = NULL, closed_at = NULL, answered_at = NULL, updated_at = ?,"
        " version = version + 1, snoozed_until = NULL,"
        " assignee_id = CASE WHEN assignee_id IN (SELECT id FROM staff WHERE active) THEN assignee_id END"
        " WHERE id = ? AND state IN ('closed', 'solved') AND merged_into_id IS NULL",
        work.now,
        ticket.id,
    )
    if not changed:
        raise errors.Conflict("{ticket} is open already.", code="open", ticket=ticket.name)
    inverse = changes.column(
        state=(ticket.state, "open"), own_state=(ticket.own_state, None), closed_at=(ticket.closed_at, None),
        answered_at=(ticket.answered_at, None), snoozed_until=(ticket.snoozed_until, None),
    )  # fmt: skip
    inverse["clocks"] = await rewinding.kept(work, ticket.id)
    said = sentences.line("{name} opened the ticket again", name=actor.name)
    await _did(work, ticket, actor, "reopen", said, inverse)
    work.say(TicketChanged(ticket.id, Change.REOPENED, actor.id, actor.name, said=said))


# -- steps ---------------------------------------------------------------------------------------------------------


_MERGED = "{ticket} was merged into {other}. Nothing was done. Write {other} instead."


def _must_be_open(ticket: TicketView) -> None:
    if ticket.is_merged:
        raise errors.Conflict(_MERGED, code="merged", ticket=ticket.name, other=ticket.merged_into)
    if ticket.is_closed:
        raise errors.Conflict(
            "{ticket} is closed. Nothing was done. /reopen {ticket} opens it again.", code="closed", ticket=ticket.name
        )


def _worded(text: str, verb: str) -> str:
    text = text.strip()
    if not text:
        raise errors.Invalid(
            "There is no text. Nothing was sent. Write it after the command: /{verb} T12 your text", verb=verb
        )
    if len(text) > TEXT_LIMIT:
        raise errors.Invalid(
            "The text has {count} characters; at most {most} go. Nothing was sent.",
            count=len(text),
            most=TEXT_LIMIT,
        )
    return text


def _segments(text: str, line: Line) -> int:
    """What the answer costs. Raises Invalid if that is more than the channel puts up with."""
    can = line.capabilities
    if can.segments is None:
        return 0
    at_least = len(text) // LARGEST_SEGMENT  # a very long text need not be measured
    count = at_least if at_least > can.answer_limit else sum(map(can.segments, rendering.messages(text, can)))
    if count > can.answer_limit:
        raise errors.Invalid(
            "The text takes {count} {label} segments or more; at most {most} go in one answer."
            " Nothing was sent. Make it shorter, or answer another way: /via",
            code="too_long",
            count=count,
            label=can.label,
            most=can.answer_limit,
        )
    return count


def _line(ticket: TicketView, lines: Lines) -> Line:
    line = lines.to(ticket.scheme, account=ticket.account)
    if line is None:
        raise errors.NotFound(_NO_LINE.get(ticket.scheme, _NO_ADDRESS), code="no_line", contact=ticket.contact)
    return line


_NO_LINE = {
    "mailto": "{contact} gave an e-mail address, and e-mail is not set up here ([channels.email]). Nothing was sent.",
    "tel": "{contact} gave a phone number, and SMS is not set up here ([channels.sms]). Nothing was sent.",
}
_NO_ADDRESS = (
    "{contact} wrote through another system and left no e-mail address or phone number to answer to. "
    "Nothing was sent. Answer in that system, or add a note."
)


def _draft(ticket: TicketView, line: Line, text: str, around: Envelope, hold: timedelta) -> Draft:
    return Draft(
        channel=line.channel,
        account=line.account,
        address=Address(ticket.scheme, ticket.address),
        purpose="reply",
        automatic=False,
        subject=around.subject,
        token=around.token,
        references=around.references,
        text=text,
        ref=Ref("ticket", ticket.id),
        priority=outbox.URGENT,
        hold=hold,
        stale_after=line.capabilities.stale_after,
    )


async def _take(work: Work, actor: Actor, ticket: TicketView, inverse: changes.Inverse | None) -> None:
    await _assign(work, ticket, actor.id)
    said = sentences.line("{name} took the ticket", name=actor.name)
    await _did(work, ticket, actor, "take", said, inverse)
    work.say(TicketChanged(ticket.id, Change.TAKEN, actor.id, actor.name, ticket.assignee_id, said=said))


async def _assign(work: Work, ticket: TicketView, staff_id: int | None) -> None:
    """One atomic claim: it holds only if the ticket is still whose it was when the actor looked."""
    changed = await work.change(
        "UPDATE tickets SET assignee_id = ?, version = version + 1, updated_at = ? WHERE id = ? AND state <> 'closed'"
        f" AND assignee_id {'IS NULL' if ticket.assignee_id is None else '= ?'}",
        *(value for value in (staff_id, work.now, ticket.id)),
        *(() if ticket.assignee_id is None else (ticket.assignee_id,)),
    )
    if not changed:
        raise errors.Conflict(
            "Somebody was faster with {ticket}. Nothing was done. /show {ticket}", code="lost", ticket=ticket.name
        )


async def _bump(work: Work, ticket: TicketView) -> None:
    await _touch(work, ticket.id)


async def _touch(work: Work, ticket_id: int) -> None:
    """Whoever decides by what he saw before finds it changed."""
    await work.change("UPDATE tickets SET version = version + 1, updated_at = ? WHERE id = ?", work.now, ticket_id)


def _handed(ticket: TicketView, staff_id: int | None) -> changes.Inverse:
    return changes.column(assignee_id=(ticket.assignee_id, staff_id))


async def _did(
    work: Work, ticket: TicketView, actor: Actor, verb: str, text: str, inverse: changes.Inverse | None = None
) -> None:
    """The act among the ticket's entries, and as a change that can be taken back."""
    await _note_event(work, ticket, actor, text)
    await changes.note(work, actor, ticket.id, verb, text, inverse=inverse)


async def _note_event(work: Work, ticket: TicketView, actor: Actor, text: str) -> None:
    await _add_entry(work, ticket, actor, EntryKind.EVENT, text=text)


async def _add_entry(
    work: Work,
    ticket: TicketView,
    actor: Actor,
    kind: EntryKind,
    *,
    text: str | None = None,
    message_id: int | None = None,
    channel: str | None = None,
) -> None:
    entry: rows.Row = {
        "id": ids.new(),
        "ticket_id": ticket.id,
        "at": work.now,
        "kind": kind.value,
        "author_kind": AuthorKind.STAFF.value,
        "author_id": actor.id,
        "author": actor.name,
        "channel": channel,
        "message_id": message_id,
        "text": text,
        "said": sentences.kept(text),
    }
    await work.insert(Entry, [entry])


def _line_of(ticket: TicketView, kind: str, message_id: int, channel: str) -> timeline.Line:
    return timeline.Line(ticket.contact_id, kind, channel, message_id, "ticket", ticket.id)
