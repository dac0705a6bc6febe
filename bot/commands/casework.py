"""Verbs about what a ticket is: its state, priority, tags, queue, kind and the fields of it, and who watches it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import codes, views
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button, Buttons
from kernel import errors
from tickets import casework, changes, kinds, values
from tickets.models import State

OFF = ("off", "none", "end")
KEEP = ("keep", "watch")


async def state(call: Call) -> Answer:
    """Any state of the house that neither closes nor opens a closed one; behind a solved one the reason."""
    return await _state(call, call.rest.strip())


async def wait(call: Call) -> Answer:
    """The next word is the customer's."""
    return await _state(call, State.WAITING)


async def _state(call: Call, written: str) -> Answer:
    ticket, states = call.the_ticket, call.house.desk.states
    if not written:
        known = ", ".join(one.name for one in states.words())
        raise errors.Invalid(f"Which state? One of {known}: /state {ticket.name} waiting_us. Nothing was done.")
    word, reason = states.begun(written)
    terms = call.house.desk.terms(ticket)
    fresh = await casework.set_state(call.work, call.actor, ticket, word, reason=reason, terms=terms)
    return await _said(call, f"state {word.label or word.name.replace('_', ' ')}", fresh)


async def prio(call: Call) -> Answer:
    """1 is the highest."""
    written = call.rest.strip().upper().removeprefix("P")
    number = int(written) if written in ("1", "2", "3", "4") else 0
    fresh = await casework.set_priority(call.work, call.actor, call.the_ticket, number)
    return await _timed(call, f"P{number}", fresh)


async def tag(call: Call) -> Answer:
    """Words that are added, with a minus taken away."""
    ticket, words = call.the_ticket, call.rest.replace(",", " ").split()
    if not words:
        raise errors.Invalid(f"Which tag? /tag {ticket.name} vip, or -vip takes it away. Nothing was done.")
    gone = {word[1:].casefold() for word in words if word.startswith("-")}
    come = [word.removeprefix("+") for word in words if not word.startswith("-")]
    wanted = [one for one in ticket.tags if one.casefold() not in gone] + come
    fresh = await casework.set_tags(call.work, call.actor, ticket, wanted)
    shown = ", ".join((await call.again()).tags)
    return await _said(call, f"tags {shown}" if shown else "no tags", fresh)


async def move(call: Call) -> Answer:
    """To another queue, where nobody has it; with "keep" those of this queue still see it."""
    ticket, words = call.the_ticket, call.rest.split()
    queues = call.house.desk.queues
    if not words or words[0] not in queues:
        raise errors.Invalid(
            f"To which queue? There are: {', '.join(queues)}. /move {ticket.name} {next(iter(queues))};"
            " with keep behind it, those of this queue still see it. Nothing was done."
        )
    keep = len(words) > 1 and words[1].casefold() in KEEP
    fresh = await casework.move(call.work, call.actor, ticket, words[0], keep=keep)
    kept = f"; {ticket.queue} keeps watching" if keep and fresh else ""
    return await _timed(call, f"{words[0]}{kept}", fresh)


async def kind(call: Call) -> Answer:
    """Question, order, complaint …: each has fields of its own."""
    wanted = call.house.desk.kinds.chosen(call.rest)
    fresh = await casework.set_kind(call.work, call.actor, call.the_ticket, wanted)
    needed = [one.name for one in wanted.fields if one.required]
    more = f" Needed before it is closed: {', '.join(needed)}." if needed else ""
    said = await _said(call, wanted.label or wanted.name, fresh)
    return Answer(said.text + more, said.buttons)


async def fill(call: Call) -> Answer:
    """A field and its value; without them all fields are shown."""
    ticket = call.the_ticket
    wanted = call.house.desk.kinds.of(ticket.kind)
    name, _, value = call.rest.strip().partition(" ")
    if not name:
        held = await values.of(call.work, ticket.id)
        lines = [f"{one.name}: {held.get(one.name) or f'({kinds.expected(one)})'}" for one in wanted.fields]
        return Answer("\n".join([f"{ticket.name} is a {wanted.label or wanted.name}.", *lines]))
    field = wanted.field(name)
    if not value.strip():
        raise errors.Invalid(
            f"What is {field.name}? Expected {kinds.expected(field)}: /set {ticket.name} {field.name} …;"
            " - empties it. Nothing was done."
        )
    given = {field.name: "" if value.strip() == "-" else value}
    changed = await values.put(call.work, call.actor, ticket, wanted, given)
    return await _said(call, f"{field.name} {views.short(value, 60)}", bool(changed))


async def watch(call: Call) -> Answer:
    """Seen wherever it goes."""
    ticket = call.the_ticket
    if call.rest.strip().casefold() in OFF:
        gone = await casework.unwatch(call.work, call.actor, ticket)
        if not gone:
            return Answer(f"You did not watch {ticket.name}.")
        return Answer(f"{ticket.name}: you watch it no more.", await undo_button(call))
    fresh = await casework.watch(call.work, call.actor, ticket)
    return Answer(f"You watch {ticket.name}{'' if fresh else ' already'}. /watch {ticket.name} off ends it.")


async def _said(call: Call, what: str, fresh: bool) -> Answer:
    name = call.the_ticket.name
    return Answer(f"{name}: {what}.", await undo_button(call)) if fresh else Answer(f"{name}: {what} already.")


async def _timed(call: Call, what: str, fresh: bool) -> Answer:
    """With when what runs is due: it keeps the terms that it began with."""
    said = await _said(call, what, fresh)
    due = views.due(await call.again(), ZoneInfo(call.actor.zone), call.work.now) if fresh else ""
    return Answer(f"{said.text} The clock runs as before: {due}.", said.buttons) if due else said


async def undo_button(call: Call, *, both: bool = False) -> Buttons:
    """Takes back what the actor has just done; `both`: and what he did before it, where one command did two things."""
    done = await changes.last(call.work, call.actor.id)
    return ((Button("Undo", codes.write("ua", done.id, int(both))),),) if done else ()


VERBS = (
    Verb("state", state, "set its state", "/state T12 waiting_us", takes_one=True),
    Verb("wait", wait, "wait for the customer", "/wait T12", takes_one=True),
    Verb("prio", prio, "set its priority, 1 is the highest", "/prio T12 1", ("priority",), takes_one=True),
    Verb("tag", tag, "add a tag, or with a minus take it away", "/tag T12 vip", ("tags", "tg"), takes_one=True),
    Verb(
        "move",
        move,
        "hand it over to another queue; keep: yours still sees it",
        "/move T12 cards keep",
        ("mv",),
        takes_one=True,
    ),
    Verb("kind", kind, "say what it is: question, order, complaint …", "/kind T12 complaint", takes_one=True),
    Verb("set", fill, "fill in a field of its kind", "/set T12 cause card", ("field",), takes_text=True),
    Verb("watch", watch, "see it wherever it goes", "/watch T12", takes_one=True),
)
