"""How reminders read in a chat. Pure: values in, text and buttons out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import codes, views
from bot.views import Reading
from channels.contract import Button, Buttons
from kernel import texts
from routing.models import ReminderKind, ReminderState
from routing.visible import ReminderView
from tickets import numbers
from tickets.visible import TicketView

_ENDS = {
    "again": "again at {time}",
    "done": "done by {name}",
    "dropped": "dropped by {name}",
}
_KINDS = {
    ReminderKind.CALL: "call",
    ReminderKind.VISIT: "visit",
    ReminderKind.MAIL: "mail",
}
LISTED = 60  # characters of a reminder's text in a list


def told(language: str, one: ReminderView, ticket: TicketView | None, *, own: bool, now: datetime) -> str:
    """What is said when its time has come. `own`: into the colleague's own chat; else it says whose it is."""
    head = _head(language, one, own=own)
    lines = [f"{head}: {one.text}" if one.text else head]
    if ticket is not None:
        about = (ticket.name, views.short(ticket.subject, views.SUBJECT_SHOWN), views.short(ticket.contact, 80))
        lines.append(" · ".join((*about, views.state(language, ticket), views.owner(language, ticket))))
    elif one.ticket is not None:
        lost = "It is about {ticket}, which is not yours to see any more."
        lines.append(texts.say(language, lost, ticket=numbers.written(one.ticket)))
    if one.late:
        at = views.moment(Reading(language, ZoneInfo(one.zone), now), one.due_at)
        lines.append(texts.say(language, "Late: this was due {at}.", at=at))
    return "\n".join(lines)


def brief(language: str, one: ReminderView, ticket: TicketView | None, *, own: bool) -> str:
    """In one line, where each character costs."""
    head = _head(language, one, own=own)
    head = f"{head}: {views.short(one.text, LISTED)}" if one.text else head
    return f"{head}; {ticket.name} {views.short(ticket.contact, 24)}" if ticket else head


def buttons(language: str, one: ReminderView, ticket: TicketView | None) -> Buttons:
    show = texts.say(language, "Show")
    shown = (Button(show, codes.write("sh", ticket.number, ticket.version)),) if ticket else ()
    done = Button(texts.say(language, "Done"), codes.write("rd", one.number))
    hour = Button("+1h", codes.write("rl", one.number))
    day = Button(texts.say(language, "Tomorrow"), codes.write("rt", one.number))
    return ((*shown, done, hour, day),)


def ended(language: str, one: ReminderView, how: str, by: str) -> str:
    """What a reminder that was told becomes: one line. `how`: "again", "done" or "dropped"."""
    at = texts.in_full(language, one.due_at, ZoneInfo(one.zone))
    about = f" · T{one.ticket}" if one.ticket is not None else ""
    text = f" · {views.short(one.text, LISTED)}" if one.text else ""
    return f"{one.name}{about}{text}: {texts.say(language, _ENDS[how], time=at, name=by)}"


def listing(reading: Reading, found: Sequence[ReminderView], total: int) -> str:
    """A colleague's open reminders, the earliest first, one a line."""
    language = reading.language
    lines = [texts.say(language, "Reminders: {count}", count=total)]
    for one in found:
        parts = [f"{one.name} {views.moment(reading, one.due_at)}"]
        parts += [texts.say(language, "told, not done")] if one.state is ReminderState.FIRED else []
        parts += [kind(language, one.kind)] if one.is_contact else []
        parts += [f"T{one.ticket}"] if one.ticket is not None else []
        parts += [views.short(one.text, LISTED)] if one.text else []
        lines.append(" · ".join(parts))
    if total > len(found):
        lines.append(texts.say(language, "… and {count} more", count=total - len(found)))
    lines.append(texts.say(language, "/done R3 when done, /remind R3 2h to move one, /drop R3 to forget it."))
    return "\n".join(lines)


def kind(language: str, kind: ReminderKind) -> str:
    """What is planned."""
    return texts.say(language, _KINDS[kind])


def _head(language: str, one: ReminderView, *, own: bool) -> str:
    planned = kind(language, one.kind) if one.is_contact else texts.say(language, "reminder")
    what = f"{planned[:1].upper()}{planned[1:]} {one.name}"
    if own:
        return what
    whose = "{what} for {name}" if one.is_here else "{what} of {name}, who has left"
    return texts.say(language, whose, what=what, name=one.who)
