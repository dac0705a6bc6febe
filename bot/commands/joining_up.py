"""Verbs that make one ticket of two, two of one, or tie them together; and those that keep a sender from calling us."""

from __future__ import annotations

from datetime import datetime

from bot import views
from bot.beforehand import Prospect
from bot.calls import Answer, Call, seen
from bot.commands import casework
from bot.commands.casework import undo_button
from bot.grammar import Verb
from crmcore.access import Role
from kernel import errors, texts
from kernel.durations import parse_duration
from tickets import actions, blocking, merging, moving, numbers
from tickets import casework as work
from tickets.visible import TicketView

INTO = ("into", "with", "to", "and")
SUBJECT = 30  # characters of a subject where two stand in one question

_MERGES = (
    "Merge {source} ({subject}) into {target} ({other})? {count} message or note of {contact} goes there, {source} is"
    " closed, and what comes late goes there, too."
)
_MERGES_MANY = (
    "Merge {source} ({subject}) into {target} ({other})? {count} messages and notes of {contact} go there, {source} is"
    " closed, and what comes late goes there, too."
)
_BANS = "Block {contact} ({label}) until /ban {ticket} off? What comes from there is kept and calls nobody."
_BANS_UNTIL = "Block {contact} ({label}) until {time}? What comes from there is kept and calls nobody."
_SPAMS = "Close {ticket} as spam and block {contact} ({label})? What comes from there is kept and calls nobody."
_BANNED = "{contact} is blocked until /ban {ticket} off: what comes is kept and calls nobody."
_BANNED_UNTIL = "{contact} is blocked until {time}: what comes is kept and calls nobody."


async def would_merge(call: Call) -> Prospect:
    """Which of the two goes where, and how much of it."""
    source, target = call.the_ticket, await _other(call, "merge")
    count = await merging.look(call.work, call.actor, source, target)
    known = {"source": source.name, "target": target.name, "contact": views.short(source.contact, 30)}
    shown = {"subject": views.short(source.subject, SUBJECT), "other": views.short(target.subject, SUBJECT)}
    return Prospect(texts.say_many(call.language, _MERGES, _MERGES_MANY, count, **known, **shown), (source, target))


async def merge(call: Call) -> Answer:
    """This one's words go to the other; it is closed."""
    source, target = call.the_ticket, await _other(call, "merge")
    await merging.merge(call.work, call.actor, source, target)
    return Answer(
        texts.say(
            call.language,
            "{source} merged into {target}. 15 minutes to take it back.",
            source=source.name,
            target=target.name,
        ),
        await undo_button(call),
    )


async def split(call: Call) -> Answer:
    """The customer's last messages, and what came after them, become a ticket of their own."""
    ticket = call.the_ticket
    count, _, subject = call.rest.strip().partition(" ")
    if not (count.isascii() and count.isdigit() and len(count) < 4 and int(count)):
        raise errors.Invalid(
            "How many of the customer's last messages? /split {ticket} 2 and, if you like, a subject."
            " Nothing was done.",
            ticket=ticket.name,
        )
    last = await call.work.fetch(
        "SELECT e.id FROM entries AS e JOIN messages AS m ON m.id = e.message_id WHERE e.ticket_id = ?"
        " AND m.direction = 'in' ORDER BY e.id DESC LIMIT ?",
        ticket.id,
        int(count),
    )
    first = min((row["id"] for row in last), default=0)
    chosen = [entry_id for entry_id in await moving.movable(call.work, ticket.id) if entry_id >= first]
    number = await merging.split(call.work, call.actor, ticket, chosen, subject=subject)
    return Answer(
        texts.say(call.language, "{ticket} taken out of {other}.", ticket=numbers.written(number), other=ticket.name),
        await undo_button(call),
    )


async def relate(call: Call) -> Answer:
    """Two matters that have to do with each other, of whatever customers."""
    other = await _other(call, "relate")
    fresh = await work.relate(call.work, call.actor, call.the_ticket, other)
    said = "{ticket} and {other} are tied together." if fresh else "{ticket} and {other} are tied together already."
    text = texts.say(call.language, said, ticket=call.the_ticket.name, other=other.name)
    return Answer(text, await undo_button(call) if fresh else ())


async def would_ban(call: Call) -> Prospect | None:
    """Who, and until when; letting in again asks nobody."""
    if _is_off(call):
        return None
    until, reason = _for_how_long(call)
    known = _known(call)
    if until:
        said = texts.say(call.language, _BANS_UNTIL, time=views.moment(call.reading, until), **known)
    else:
        said = texts.say(call.language, _BANS, **known)
    return await _blocking(call, said, reason)


async def would_spam(call: Call) -> Prospect:
    """Who, and that nothing ends it but a colleague."""
    return await _blocking(call, texts.say(call.language, _SPAMS, **_known(call)), "spam")


def _known(call: Call) -> dict[str, str]:
    ticket = call.the_ticket
    label = call.house.lines.label(ticket.channel)
    return {"ticket": ticket.name, "contact": views.short(ticket.contact, 40), "label": label}


async def _blocking(call: Call, said: str, reason: str) -> Prospect:
    ticket = call.the_ticket
    count = await blocking.look(call.work, ticket, reason=reason)
    open_ = texts.say_many(
        call.language, "{count} open ticket is from there.", "{count} open tickets are from there.", count
    )
    return Prospect(f"{said} {open_}", (ticket,))


async def ban(call: Call) -> Answer:
    """Kept and seen, and nobody is called; "off" lets him in again."""
    ticket = call.the_ticket
    if _is_off(call):
        gone = await blocking.unblock(call.work, call.actor, ticket)
        if not gone:
            return Answer(texts.say(call.language, "{contact} was not blocked.", contact=ticket.contact))
        return Answer(
            texts.say(call.language, "{contact} is let in again.", contact=ticket.contact), await undo_button(call)
        )
    until, reason = _for_how_long(call)
    await blocking.block(call.work, call.actor, ticket, until=until, reason=reason)
    known = {"contact": views.short(ticket.contact, 40), "ticket": ticket.name}
    if until:
        said, known["time"] = _BANNED_UNTIL, f"{until:%Y-%m-%d %H:%M} UTC"
    else:
        said = _BANNED
    return Answer(texts.say(call.language, said, **known), await undo_button(call))


async def spam(call: Call) -> Answer:
    """Closed and blocked at once, and taken back at once."""
    ticket = call.the_ticket
    await blocking.block(call.work, call.actor, ticket, reason="spam")
    if not ticket.is_closed:
        await actions.close(call.work, call.actor, await call.again(), reason="spam", silent=True)
    button = await undo_button(call, both=not ticket.is_closed)
    return Answer(
        texts.say(call.language, "{ticket} closed as spam; its sender calls nobody any more.", ticket=ticket.name),
        button,
    )


def _is_off(call: Call) -> bool:
    return call.rest.strip().partition(" ")[0].casefold() in casework.OFF


def _for_how_long(call: Call) -> tuple[datetime | None, str]:
    """Until when, None for until he is let in again; and why."""
    first, _, rest = call.rest.strip().partition(" ")
    try:
        return call.work.now + parse_duration(first), rest
    except (ValueError, OverflowError):
        return None, call.rest.strip()


async def _other(call: Call, verb: str) -> TicketView:
    """The second ticket that the words name, if the actor may see it."""
    rest = call.rest.strip()
    first, _, further = rest.partition(" ")
    number, _ = numbers.leading(further if first.casefold() in INTO else rest)
    if number is None:
        name = call.the_ticket.name
        raise errors.Invalid(
            "With which ticket? Write both: /{verb} {ticket} T10. Nothing was done.", verb=verb, ticket=name
        )
    return await seen(call, number)


VERBS = (
    Verb(
        "merge",
        merge,
        "put it into another ticket of the same customer",
        "/merge T12 into T10",
        ("mg",),
        asks=would_merge,
    ),
    Verb("split", split, "make a ticket of the customer's last messages", "/split T12 2 second matter"),
    Verb("relate", relate, "tie two tickets together", "/relate T12 T10", ("tie",)),
    Verb(
        "ban",
        ban,
        "block the sender: kept, and nobody is called",
        "/ban T12 7d insults",
        ("bn",),
        least=Role.LEAD,
        asks=would_ban,
    ),
    Verb(
        "spam",
        spam,
        "close it as spam and block the sender",
        "/spam T12",
        least=Role.LEAD,
        takes_one=True,
        asks=would_spam,
    ),
)
