"""Verbs that speak: reply to the customer, note among ourselves, and take a held reply back."""

from __future__ import annotations

from bot import codes
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button
from channels.outbox import Ref
from kernel import errors
from tickets import actions, visible


async def reply(call: Call) -> Answer:
    """To the customer, where he last wrote; held for a moment in which it can be taken back."""
    return await send(call, call.rest)


async def send(call: Call, text: str) -> Answer:
    """Answer the customer with `text`; the answer's own message later shows how the delivery went."""
    ticket = call.the_ticket
    sending = await actions.reply(call.work, call.actor, ticket, text, lines=call.house.lines, hold=call.house.hold)
    label = sending.line.capabilities.label
    hold_s = call.house.hold.total_seconds()
    when = f" in {hold_s:g} s" if hold_s else ""
    whose = f" {ticket.name} is {ticket.assignee}'s." if ticket.assignee_id not in (None, call.actor.id) else ""
    took = f" {ticket.name} is yours now." if sending.took else ""
    first = sending.message_ids[0]
    undo = ((Button("Undo", codes.write("un", first)),),) if hold_s else ()
    text = f"{ticket.name} sending to {ticket.contact} by {label}{when}.{took}{whose}"
    return Answer(text, undo, purpose="progress", ref=Ref("message", sending.message_ids[-1]))


async def note(call: Call) -> Answer:
    """Among ourselves; the customer never sees it."""
    await actions.note(call.work, call.actor, call.the_ticket, call.rest)
    return Answer(f"Note on {call.the_ticket.name}.")


async def undo(call: Call) -> Answer:
    """The last reply of mine that has not left: pressed under it, or typed."""
    message_ids = await _held(call)
    if not message_ids:
        raise errors.Conflict("Nothing of yours is held any more. What was sent cannot be unsent; send a correction.")
    row = await call.work.one("SELECT ticket_id FROM entries WHERE message_id = ?", message_ids[0])
    ticket = await visible.by_id(call.work, row["ticket_id"] if row else 0, call.scope)
    if ticket is None or not await actions.take_back(call.work, call.actor, ticket, message_ids):
        raise errors.Conflict("It has left already and cannot be unsent. Send a correction.", code="left")
    return Answer(f"{ticket.name}: taken back. {ticket.contact} saw nothing."[:60])


async def send_note(call: Call) -> Answer:
    """[Send it to the customer] under a note that was meant for him."""
    row = await call.work.one(
        "SELECT n.text, t.number FROM entries AS n JOIN tickets AS t ON t.id = n.ticket_id"
        " WHERE n.id = ? AND n.kind = 'note' AND n.author_id = ?",
        call.number,
        call.actor.id,
    )
    if row is None:
        raise errors.NotFound("That note is not yours to send.")
    call.ticket = await visible.by_number(call.work, row["number"], call.scope)
    return await send(call, row["text"])


async def _held(call: Call) -> tuple[int, ...]:
    """The parts of the actor's newest reply that has not left, or of the one whose button was pressed."""
    newest = await call.work.fetch(
        "SELECT e.ticket_id, e.at, m.id FROM entries AS e JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.author_kind = 'staff' AND e.author_id = ? AND m.state = 'queued' AND m.purpose = 'reply'"
        " ORDER BY m.id DESC LIMIT 20",
        call.actor.id,
    )
    chosen = [row for row in newest if row["id"] == call.number] if call.is_press else newest[:1]
    if not chosen:
        return ()
    same = (chosen[0]["ticket_id"], chosen[0]["at"])
    return tuple(row["id"] for row in newest if (row["ticket_id"], row["at"]) == same)


VERBS = (
    Verb(
        "reply",
        reply,
        "answer the customer where he last wrote",
        "/reply T12 Your card works again.",
        ("r", "answer"),
        takes_text=True,
    ),
    Verb("note", note, "write a note that only colleagues see", "/note T12 He called twice.", ("n",), takes_text=True),
    Verb("undo", undo, "take your last reply back while it is held", "/undo", ("u",), "un", needs_ticket=False),
    Verb("sendnote", send_note, "send your last note to the customer", "(a button)", (), "sn", needs_ticket=False),
)
