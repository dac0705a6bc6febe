"""Verbs that speak: reply to the customer, note among ourselves, and take a held reply back."""

from __future__ import annotations

from bot import codes, views
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels import rendering
from channels.contract import Button
from channels.outbox import Ref
from kernel import errors, rows, texts
from tickets import actions, changes, collision, undoing, visible
from tickets.changes import Done
from tickets.collision import Seen
from tickets.enclosing import NOTHING, Enclosed

_SENDING_FILE = "{ticket} sending {count} file to {contact} by {label}"
_SENDING_FILES = "{ticket} sending {count} files to {contact} by {label}"


async def reply(call: Call) -> Answer:
    """To the customer, where he last wrote; held for a moment in which it can be taken back."""
    return await send(call, call.rest, enclosed(call))


def enclosed(call: Call) -> Enclosed:
    """The files of what a colleague has sent, without the pictures of his signature.

    Raises Invalid for what stands in a message and is no file.
    """
    inbound = call.arrived.inbound
    if inbound.attachments and not inbound.files:
        raise errors.Invalid(
            "A {kind} cannot be sent on. Nothing was sent. Answer in words.", kind=inbound.attachments[0]
        )
    return Enclosed(tuple(file for file in inbound.files if not file.in_place), call.arrived.account)


async def send(call: Call, text: str, files: Enclosed = NOTHING, *, anyway: bool = False) -> Answer:
    """Answer the customer with `text`; the answer's own message later shows how the delivery went.

    If a colleague has answered unseen, the text is kept as a note, with a button that sends it nevertheless.
    """
    ticket = call.the_ticket
    house = call.house
    seen = Seen(call.seen or (call.known.id if call.known else 0), anyway)
    try:
        sending = await actions.reply(
            call.work,
            call.actor,
            ticket,
            text,
            lines=house.lines,
            tokens=house.desk.tokens,
            hold=house.hold,
            seen=seen,
            enclosed=files,
        )
    except errors.Conflict as error:
        if error.code != collision.CODE:
            raise
        return await _kept(call, text, texts.refusal(call.language, error), has_files=bool(files.files))
    undo = Button(texts.say(call.language, "Undo"), codes.write("un", sending.message_ids[0]))
    ref = Ref("message", sending.message_ids[-1])
    said = _sending(call, sending, len(files.files))
    return Answer(said, ((undo,),) if house.hold else (), purpose="progress", ref=ref)


def _sending(call: Call, sending: actions.Sending, files: int) -> str:
    """To whom, by what, how long it is and when; and whose the ticket is."""
    ticket, language, hold_s = call.the_ticket, call.language, call.house.hold.total_seconds()
    size = f" ({_size(language, sending)})" if sending.segments > 1 else ""
    when = f" {texts.say(language, 'in {seconds} s', seconds=f'{hold_s:g}')}" if hold_s else ""
    known = {"ticket": ticket.name, "contact": ticket.contact, "label": sending.line.capabilities.label}
    said = texts.say(language, "{ticket} sending to {contact} by {label}", **known)
    if files:
        said = texts.say_many(language, _SENDING_FILE, _SENDING_FILES, files, **known)
    said = f"{said}{size}{when}."
    if sending.took:
        said += f" {texts.say(language, '{ticket} is yours now.', ticket=ticket.name)}"
    if ticket.assignee_id not in (None, call.actor.id):
        whose = texts.say(language, "{ticket} is {name}'s.", ticket=ticket.name, name=ticket.assignee)
        said += f" {whose}"
    return said


async def _kept(call: Call, text: str, why: str, *, has_files: bool) -> Answer:
    """The words as a note; files are no part of one, and he is told so."""
    if not text.strip():
        raise errors.Conflict(
            "{ticket}: {why} Files alone are not kept as a note. Look at the ticket, and send them again.",
            code=collision.CODE,
            ticket=call.the_ticket.name,
            why=why,
        )
    await actions.note(call.work, call.actor, call.the_ticket, text)
    row = await call.work.one("SELECT max(id) AS id FROM entries WHERE ticket_id = ?", call.the_ticket.id)
    anyway = Button(texts.say(call.language, "Send anyway"), codes.write("sn", row["id"] if row else 0))
    lost = texts.say(call.language, "Your files were not kept: send them again with an answer.") if has_files else ""
    kept = texts.say(call.language, "{ticket}: {why} It is kept as a note.", ticket=call.the_ticket.name, why=why)
    return Answer(f"{kept} {lost}".rstrip(), ((anyway,),))


def _size(language: str, sending: actions.Sending) -> str:
    count = len(sending.message_ids)
    size = texts.say_many(language, "{count} segment", "{count} segments", sending.segments)
    if count < 2:
        return size
    pieces = texts.say_many(language, "in {count} message", "in {count} messages", count)
    return f"{size} {pieces}"


async def note(call: Call) -> Answer:
    """Among ourselves; the customer never sees it."""
    await actions.note(call.work, call.actor, call.the_ticket, call.rest)
    return Answer(texts.say(call.language, "Note on {ticket}.", ticket=call.the_ticket.name))


async def undo(call: Call) -> Answer:
    """The last reply of mine that has not left, pressed under it or typed; else my last act that can be taken back."""
    message_ids = await _held(call)
    if not message_ids and not call.is_press:
        ticket_id = call.ticket.id if call.ticket else None
        done = await changes.last(call.work, call.actor.id, ticket_id=ticket_id)
        if done is not None:
            said = await undoing.undo(call.work, call.actor, done)
            return Answer(texts.say(call.language, "Taken back: {what}.", what=texts.into(call.language, said)))
    if not message_ids:
        raise errors.Conflict("Nothing of yours is held any more. What was sent cannot be unsent; send a correction.")
    row = await call.work.one("SELECT ticket_id FROM entries WHERE message_id = ?", message_ids[0])
    ticket = await visible.by_id(call.work, row["ticket_id"] if row else 0, call.scope)
    if ticket is None or not await actions.take_back(call.work, call.actor, ticket, message_ids):
        if await _is_retried(call, message_ids):
            raise errors.Conflict("It is being sent again and may be out already. Send a correction.", code="retried")
        raise errors.Conflict("It has left already and cannot be unsent. Send a correction.", code="left")
    if await _has_left(call, message_ids[0]):
        return Answer(
            texts.say(
                call.language,
                "{ticket}: the rest is taken back, but a part has left. Send a correction.",
                ticket=ticket.name,
            )
        )
    return Answer(
        texts.say(
            call.language,
            "{ticket}: taken back. {contact} saw nothing.",
            ticket=ticket.name,
            contact=views.short(ticket.contact, 24),
        )
    )


async def send_note(call: Call) -> Answer:
    """[Send it to the customer] under a note that was meant for him."""
    row = await call.work.one(
        "SELECT n.text, t.number FROM entries AS n JOIN tickets AS t ON t.id = n.ticket_id"
        " WHERE n.id = ? AND n.kind = 'note' AND n.author_id = ?",
        call.number,
        call.actor.id,
    )
    if row is None:
        raise errors.NotFound("That note is not yours to send.", code=errors.HIDDEN)
    call.ticket = await visible.by_number(call.work, row["number"], call.scope)
    if call.ticket is None:
        raise errors.NotFound("That note is not yours to send.", code=errors.HIDDEN)
    await call.work.change("UPDATE entries SET text = text WHERE id = ?", call.number)  # a second tap waits here
    if await _was_sent(call, row["text"]):
        raise errors.Conflict("That note was sent to the customer already.", code="sent")
    return await send(call, row["text"], anyway=True)


async def undo_act(call: Call) -> Answer:
    """The button under an act, or under two that were one command: then the later first."""
    done = await changes.by_id(call.work, call.number)
    if done is None:
        raise errors.Forbidden(undoing.NOT_YOURS)
    said = texts.into(call.language, await undoing.undo(call.work, call.actor, done))
    before = await _before(call, done) if call.version else None
    if before is not None:
        said += f"; {texts.into(call.language, await undoing.undo(call.work, call.actor, before))}"
    return Answer(texts.say(call.language, "Taken back: {what}.", what=said))


async def _before(call: Call, done: Done) -> Done | None:
    """What the same colleague did to the same ticket before it."""
    row = await call.work.one(
        "SELECT max(id) AS id FROM ticket_changes WHERE ticket_id = ? AND actor_id = ? AND id < ?",
        done.ticket_id,
        done.actor_id,
        done.id,
    )
    return await changes.by_id(call.work, row["id"]) if row and row["id"] else None


async def _has_left(call: Call, message_id: int) -> bool:
    """Of a long reply an earlier part was out already."""
    row = await call.work.one(
        "SELECT count(*) AS n FROM entries AS own JOIN entries AS e ON e.ticket_id = own.ticket_id AND e.at = own.at"
        " AND e.author_id = own.author_id JOIN messages AS m ON m.id = e.message_id"
        " WHERE own.message_id = ? AND m.state <> 'cancelled'",
        message_id,
    )
    return bool(row and row["n"])


async def _was_sent(call: Call, text: str) -> bool:
    """The button under a note was pressed before, and a part of what it sent is out or on its way."""
    found = await call.work.fetch(
        "SELECT m.account, m.text FROM entries AS e JOIN messages AS m ON m.id = e.message_id WHERE e.ticket_id = ?"
        " AND e.author_id = ? AND e.id > ? AND m.purpose = 'reply'"
        " AND m.state NOT IN ('cancelled', 'failed', 'withheld')",
        call.the_ticket.id,
        call.actor.id,
        call.number,
    )
    return any(row["text"] in _pieces(call, row["account"], text) for row in found)


def _pieces(call: Call, account: str, text: str) -> list[str]:
    """The messages that a line makes of a text."""
    line = call.house.lines.by_account(account)
    return rendering.messages(text, line.capabilities) if line else [text]


async def _is_retried(call: Call, message_ids: tuple[int, ...]) -> bool:
    """It waits for its next try: the last one failed, or nobody knows how it ended."""
    row = await call.work.one(
        f"SELECT count(*) AS n FROM messages WHERE id IN ({rows.marks(message_ids)}) AND state = 'queued'", *message_ids
    )
    return bool(row and row["n"])


async def _held(call: Call) -> tuple[int, ...]:
    """The parts of the actor's newest reply that has not left (of the ticket he names), or of the one pressed."""
    newest = await call.work.fetch(
        "SELECT e.ticket_id, e.at, m.id FROM entries AS e JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.author_kind = 'staff' AND e.author_id = ? AND m.state = 'queued' AND m.purpose = 'reply'"
        f"{' AND e.ticket_id = ?' if call.ticket else ''} ORDER BY m.id DESC LIMIT 20",
        call.actor.id,
        *((call.ticket.id,) if call.ticket else ()),
    )
    chosen = newest[0] if newest else None
    if call.is_press:  # its first part may have left while others are held
        chosen = await call.work.one(
            "SELECT ticket_id, at FROM entries WHERE message_id = ? AND author_id = ?", call.number, call.actor.id
        )
    if chosen is None:
        return ()
    same = (chosen["ticket_id"], chosen["at"])
    return tuple(row["id"] for row in newest if (row["ticket_id"], row["at"]) == same)


VERBS = (
    Verb(
        "reply",
        reply,
        "answer the customer where he last wrote",
        "/reply T12 Your card works again.",
        ("r", "answer"),
        takes_text=True,
        takes_files=True,
    ),
    Verb("note", note, "write a note that only colleagues see", "/note T12 He called twice.", ("n",), takes_text=True),
    Verb(
        "undo",
        undo,
        "take your last reply back while it is held, or your last act on a ticket for 15 minutes",
        "/undo",
        ("u",),
        "un",
        needs_ticket=False,
        takes_ticket=True,
    ),
    Verb("undoact", undo_act, "take an act back", "(a button)", (), "ua", needs_ticket=False),
    Verb("sendnote", send_note, "send your last note to the customer", "(a button)", (), "sn", needs_ticket=False),
)
