"""Verbs about what a ticket is: its state, priority, tags, queue, kind and the fields of it, and who watches it."""

from __future__ import annotations

from bot import codes, views
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button, Buttons
from kernel import errors, texts
from routing import asking_again
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
        raise errors.Invalid(
            "Which state? One of {known}: /state {ticket} waiting_us. Nothing was done.",
            known=known,
            ticket=ticket.name,
        )
    word, reason = states.begun(written)
    terms = call.house.desk.terms(ticket)
    fresh = await casework.set_state(call.work, call.actor, ticket, word, reason=reason, terms=terms)
    return await _said(
        call, texts.say(call.language, "state {name}", name=views.word(call.language, word.label, word.name)), fresh
    )


async def prio(call: Call) -> Answer:
    """1 is the highest."""
    written = call.rest.strip().upper().removeprefix("P")
    number = int(written) if written in ("1", "2", "3", "4") else 0
    fresh = await casework.set_priority(call.work, call.actor, call.the_ticket, number)
    return await _ruled(call, await _timed(call, f"P{number}", fresh), fresh)


async def tag(call: Call) -> Answer:
    """Words that are added, with a minus taken away."""
    ticket, words = call.the_ticket, call.rest.replace(",", " ").split()
    if not words:
        raise errors.Invalid(
            "Which tag? /tag {ticket} vip, or -vip takes it away. Nothing was done.", ticket=ticket.name
        )
    gone = {word[1:].casefold() for word in words if word.startswith("-")}
    come = [word.removeprefix("+") for word in words if not word.startswith("-")]
    wanted = [one for one in ticket.tags if one.casefold() not in gone] + come
    fresh = await casework.set_tags(call.work, call.actor, ticket, wanted)
    shown = ", ".join((await call.again()).tags)
    said = "tags {names}" if shown else "no tags"
    return await _said(call, texts.say(call.language, said, names=shown), fresh)


async def move(call: Call) -> Answer:
    """To another queue, where nobody has it; with "keep" those of this queue still see it."""
    ticket, words = call.the_ticket, call.rest.split()
    queues = call.house.desk.queues
    if not words or words[0] not in queues:
        raise errors.Invalid(
            "To which queue? There are: {names}. /move {ticket} {queue}; with keep behind it, those of"
            " this queue still see it. Nothing was done.",
            names=", ".join(queues),
            ticket=ticket.name,
            queue=next(iter(queues)),
        )
    keep = len(words) > 1 and words[1].casefold() in KEEP
    fresh = await casework.move(call.work, call.actor, ticket, words[0], keep=keep)
    if keep and fresh:
        kept = texts.say(call.language, "{queue}; {other} keeps watching", queue=words[0], other=ticket.queue)
        return await _ruled(call, await _timed(call, kept, fresh), fresh)
    return await _ruled(call, await _timed(call, words[0], fresh), fresh)


async def kind(call: Call) -> Answer:
    """Question, order, complaint …: each has fields of its own."""
    wanted = call.house.desk.kinds.chosen(call.rest)
    fresh = await casework.set_kind(call.work, call.actor, call.the_ticket, wanted)
    needed = [one.name for one in wanted.fields if one.required]
    said = await _said(call, wanted.label or wanted.name, fresh)
    if not needed:
        return said
    more = texts.say(call.language, "Needed before it is closed: {names}.", names=", ".join(needed))
    return Answer(f"{said.text} {more}", said.buttons)


async def fill(call: Call) -> Answer:
    """A field and its value; without them all fields are shown."""
    ticket = call.the_ticket
    wanted = call.house.desk.kinds.of(ticket.kind)
    name, _, value = call.rest.strip().partition(" ")
    if not name:
        held = await values.of(call.work, ticket.id)
        lines = [
            f"{one.name}: {held.get(one.name) or f'({texts.phrase(call.language, kinds.expected(one))})'}"
            for one in wanted.fields
        ]
        head = texts.say(call.language, "{ticket} is a {kind}.", ticket=ticket.name, kind=wanted.label or wanted.name)
        return Answer("\n".join([head, *lines]))
    field = wanted.field(name)
    if not value.strip():
        raise errors.Invalid(
            "What is {field}? Expected {expected}: /set {ticket} {field} …; - empties it. Nothing was done.",
            field=field.name,
            expected=texts.phrase(call.language, kinds.expected(field)),
            ticket=ticket.name,
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
            return Answer(texts.say(call.language, "You did not watch {ticket}.", ticket=ticket.name))
        return Answer(
            texts.say(call.language, "{ticket}: you watch it no more.", ticket=ticket.name), await undo_button(call)
        )
    fresh = await casework.watch(call.work, call.actor, ticket)
    said = "You watch {ticket}." if fresh else "You watch {ticket} already."
    ends = texts.say(call.language, "/watch {ticket} off ends it.", ticket=ticket.name)
    return Answer(f"{texts.say(call.language, said, ticket=ticket.name)} {ends}")


async def _said(call: Call, what: str, fresh: bool) -> Answer:
    name = call.the_ticket.name
    if not fresh:
        return Answer(texts.say(call.language, "{ticket}: {what} already.", ticket=name, what=what))
    return Answer(f"{name}: {what}.", await undo_button(call))


async def _timed(call: Call, what: str, fresh: bool) -> Answer:
    """With when what runs is due: it keeps the terms that it began with."""
    said = await _said(call, what, fresh)
    due = views.due(call.reading, await call.again()) if fresh else ""
    if not due:
        return said
    runs = texts.say(call.language, "The clock runs as before: {due}.", due=due)
    return Answer(f"{said.text} {runs}", said.buttons)


async def _ruled(call: Call, said: Answer, fresh: bool) -> Answer:
    """With what the rules, asked once more, have added."""
    if not fresh:
        return said
    lines = await asking_again.again(call.work, call.house.desk, call.the_ticket.id)
    told = [texts.into(call.language, one.sentence) for one in lines]
    return Answer("\n".join([said.text, *told]), said.buttons)


async def undo_button(call: Call, *, both: bool = False) -> Buttons:
    """Takes back what the actor has just done; `both`: and what he did before it, where one command did two things."""
    done = await changes.last(call.work, call.actor.id)
    return ((Button(texts.say(call.language, "Undo"), codes.write("ua", done.id, int(both))),),) if done else ()


VERBS = (
    Verb("state", state, "set its state", "/state T12 waiting_us", takes_many=True),
    Verb("wait", wait, "wait for the customer", "/wait T12", takes_many=True),
    Verb("prio", prio, "set its priority, 1 is the highest", "/prio T12 1", ("priority",), takes_many=True),
    Verb("tag", tag, "add a tag, or with a minus take it away", "/tag T12 vip", ("tags", "tg"), takes_many=True),
    Verb(
        "move",
        move,
        "hand it over to another queue; keep: yours still sees it",
        "/move T12 cards keep",
        ("mv",),
        takes_many=True,
    ),
    Verb("kind", kind, "say what it is: question, order, complaint …", "/kind T12 complaint", takes_many=True),
    Verb("set", fill, "fill in a field of its kind", "/set T12 cause card", ("field",), takes_text=True),
    Verb("watch", watch, "see it wherever it goes", "/watch T12", takes_many=True),
)
