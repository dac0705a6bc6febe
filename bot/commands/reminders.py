"""Verbs of the diary: remind, plan, reminders, done, drop; and the buttons under a reminder that was told."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot import codes, diary, grammar
from bot.calls import Answer, Call
from bot.commands import when, work
from bot.grammar import Verb
from channels.contract import Button
from kernel import errors, texts
from kernel.times import Spoken
from routing import reminders, visible
from routing.models import ReminderKind
from routing.reminders import Wanted
from routing.visible import ReminderView
from tickets import visible as tickets
from tickets.visible import TicketView

_NUMBER = re.compile(r"\s*#?[Rr][\s-]?([0-9]{1,12})(?!\w)[ \t:,]*")
_KIND = re.compile(r"\s*([a-z]+)\b[ \t:,]*", re.IGNORECASE)
_KINDS = {
    "call": ReminderKind.CALL,
    "visit": ReminderKind.VISIT,
    "meeting": ReminderKind.VISIT,
    "mail": ReminderKind.MAIL,
    "letter": ReminderKind.MAIL,
}
_SET_ABOUT = {
    ReminderKind.REMINDER: "{reminder}: I remind you about {ticket} {time}.",
    ReminderKind.CALL: "{reminder}: Call planned, I remind you about {ticket} {time}.",
    ReminderKind.VISIT: "{reminder}: Visit planned, I remind you about {ticket} {time}.",
    ReminderKind.MAIL: "{reminder}: Mail planned, I remind you about {ticket} {time}.",
}


async def remind(call: Call) -> Answer:
    """Tell me then; with a reminder's number instead of a ticket's, tell me that one then."""
    number, rest = _leading(call.rest)
    if number is not None:
        return await _moved(call, await _reminder(call, number), when.read(call, rest))
    spoken = when.read(call, call.rest)
    number = await reminders.remind(call.work, call.actor, Wanted(spoken.at, spoken.rest, call.ticket))
    return await _set(call, number, spoken)


async def plan(call: Call) -> Answer:
    """A call, visit or letter to the customer: reminded of when due, and its outcome kept in his history."""
    kind, rest = _kind(call.rest)
    spoken = when.read(call, rest)
    text = spoken.rest
    if kind is None:
        kind, text = _kind(text)
    if kind is None:
        raise errors.Invalid(
            "What is planned? Write call, visit or mail: /plan {ticket} tomorrow 10:00 call about the"
            " card. Nothing was done.",
            ticket=call.the_ticket.name,
        )
    wanted = Wanted(spoken.at, text, call.the_ticket, kind)
    number = await reminders.remind(call.work, call.actor, wanted)
    return await _set(call, number, spoken, kind)


async def listed(call: Call) -> Answer:
    """Mine, the earliest first."""
    found, total = await visible.mine(call.work, call.actor.id)
    if not total:
        return Answer(texts.say(call.language, "Nothing to remind you of. /remind tomorrow 9:00 call the bank"))
    return Answer(diary.listing(call.reading, found, total))


async def done(call: Call) -> Answer:
    """A reminder is done, with what came of it; with a ticket's number the ticket is closed."""
    number, rest = _leading(call.rest)
    if not call.is_press and (_names_ticket(call) or (number is None and not _answers_reminder(call))):
        return await work.close(call)
    reminder = await _meant(call, number)
    outcome = "" if call.is_press else rest
    ticket = await _ticket(call, reminder)
    await reminders.finish(call.work, call.actor, reminder, outcome, ticket=ticket)
    if not reminder.is_contact or outcome.strip():
        return Answer(texts.say(call.language, "{reminder} done.", reminder=reminder.name))
    return Answer(
        texts.say(call.language, "{reminder} done. What came of it: /done {reminder} …", reminder=reminder.name)
    )


async def drop(call: Call) -> Answer:
    """Not needed any more."""
    number, _ = _leading(call.rest)
    reminder = await _meant(call, number)
    await reminders.drop(call.work, call.actor, reminder, ticket=await _ticket(call, reminder))
    return Answer(texts.say(call.language, "{reminder} dropped.", reminder=reminder.name))


async def later(call: Call) -> Answer:
    """[+1h]: an hour from now."""
    reminder = await _meant(call, None)
    return await _moved(call, reminder, Spoken(call.work.now + timedelta(hours=1), ""))


async def tomorrow(call: Call) -> Answer:
    """[Tomorrow], at the hour it was due."""
    reminder = await _meant(call, None)
    local = reminder.due_at.astimezone(ZoneInfo(call.actor.zone))
    return await _moved(call, reminder, when.read(call, f"tomorrow {local:%H:%M}"))


# -- steps --------------------------------------------------------------------------------------------------------


async def _set(call: Call, number: int, spoken: Spoken, kind: ReminderKind = ReminderKind.REMINDER) -> Answer:
    known = {
        "reminder": f"R{number}",
        "time": when.said(call, spoken),
        "ticket": call.ticket.name if call.ticket else "",
    }
    text = texts.say(call.language, _SET_ABOUT[kind] if call.ticket else "{reminder}: I remind you {time}.", **known)
    unwanted = Button(texts.say(call.language, "Drop"), codes.write("rx", number))
    return Answer(text + await when.hint(call), ((unwanted,),))


async def _moved(call: Call, reminder: ReminderView, spoken: Spoken) -> Answer:
    await reminders.move(call.work, call.actor, reminder, spoken.at)
    return Answer(
        texts.say(call.language, "{reminder} again {at}.", reminder=reminder.name, at=when.said(call, spoken))
    )


async def _meant(call: Call, number: int | None) -> ReminderView:
    """The reminder of the button, of the number, or of the message replied to."""
    if call.is_press:
        return await _reminder(call, call.number)
    if number is not None:
        return await _reminder(call, number)
    if call.known and call.known.ref and _answers_reminder(call):
        found = (await visible.by_ids(call.work, [call.known.ref.id])).get(call.known.ref.id)
        return await _reminder(call, found.number if found else 0)
    raise errors.Invalid("Which reminder? Write its number, for example R3; /reminders lists yours. Nothing was done.")


async def _reminder(call: Call, number: int) -> ReminderView:
    found = await visible.by_number(call.work, number, call.actor)
    if found is None:
        is_there = await call.work.one("SELECT 1 AS one FROM reminders WHERE number = ?", number) is not None
        raise errors.NotFound(
            "There is no R{number}, or it is not yours. /reminders lists yours. Nothing was done.",
            code=errors.HIDDEN if is_there else "",
            number=number,
        )
    return found


async def _ticket(call: Call, reminder: ReminderView) -> TicketView | None:
    """What the reminder is about, whoever may see it now: its outcome is written there, nothing of it is shown."""
    return await tickets.by_id(call.work, reminder.ticket_id) if reminder.ticket_id else None


def _leading(text: str) -> tuple[int | None, str]:
    """A reminder's number at the start of `text`, and the rest: "R3 called" → (3, "called")."""
    found = _NUMBER.match(text)
    return (int(found[1]), text[found.end() :]) if found else (None, text)


def _kind(text: str) -> tuple[ReminderKind | None, str]:
    """The kind of contact a text begins with, and the rest."""
    found = _KIND.match(text)
    kind = _KINDS.get(found[1].lower()) if found else None
    return (kind, text[found.end() :]) if found and kind else (None, text)


def _names_ticket(call: Call) -> bool:
    """A ticket's number was written, not only implied by where the command stands."""
    return grammar.read(call.arrived.inbound.text).number is not None


def _answers_reminder(call: Call) -> bool:
    return call.known is not None and call.known.ref is not None and call.known.ref.kind == "reminder"


VERBS = (
    Verb(
        "remind",
        remind,
        "tell me then; about a ticket or not; /remind R3 moves one",
        "/remind T12 tomorrow 9:00 call him",
        ("rem",),
        needs_ticket=False,
        takes_ticket=True,
        takes_text=True,
    ),
    Verb("reminders", listed, "what I shall remind you of", "/reminders", needs_ticket=False, reads=True),
    Verb(
        "plan",
        plan,
        "plan a call, visit or mail to the customer",
        "/plan T12 monday 10:00 call about the card",
        takes_text=True,
    ),
    Verb(
        "done",
        done,
        "a reminder is done, with what came of it; of a ticket the same as /close",
        "/done R3 reached him, pays on Friday",
        (),
        "rd",
        needs_ticket=False,
        takes_ticket=True,
        takes_text=True,
        takes_one=True,
    ),
    Verb("drop", drop, "a reminder is not needed", "/drop R3", (), "rx", needs_ticket=False),
    Verb("later", later, "an hour later", "(a button)", (), "rl", needs_ticket=False),
    Verb("tomorrow", tomorrow, "tomorrow at that hour", "(a button)", (), "rt", needs_ticket=False),
)
