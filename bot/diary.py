"""How reminders read in a chat. Pure: values in, text and buttons out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from bot import codes, views
from channels.contract import Button, Buttons
from routing.models import ReminderState
from routing.visible import ReminderView
from tickets.visible import TicketView

LISTED = 60  # characters of a reminder's text in a list


def told(one: ReminderView, ticket: TicketView | None, *, own: bool, now: datetime) -> str:
    """What is said when its time has come. `own`: into the colleague's own chat; else it says whose it is."""
    lines = [f"{_head(one, own=own)}: {one.text}" if one.text else _head(one, own=own)]
    if ticket is not None:
        about = (ticket.name, views.short(ticket.subject, views.SUBJECT_SHOWN), views.short(ticket.contact, 80))
        lines.append(" · ".join((*about, views.state(ticket), views.owner(ticket))))
    elif one.ticket is not None:
        lines.append(f"It is about T{one.ticket}, which is not yours to see any more.")
    if one.late:
        lines.append(f"Late: this was due {views.moment(one.due_at, ZoneInfo(one.zone), now)}.")
    return "\n".join(lines)


def brief(one: ReminderView, ticket: TicketView | None, *, own: bool) -> str:
    """In one line, where each character costs."""
    head = f"{_head(one, own=own)}: {views.short(one.text, LISTED)}" if one.text else _head(one, own=own)
    return f"{head}; {ticket.name} {views.short(ticket.contact, 24)}" if ticket else head


def buttons(one: ReminderView, ticket: TicketView | None) -> Buttons:
    shown = (Button("Open", codes.write("sh", ticket.number, ticket.version)),) if ticket else ()
    done = Button("Done", codes.write("rd", one.number))
    hour = Button("+1h", codes.write("rl", one.number))
    day = Button("Tomorrow", codes.write("rt", one.number))
    return ((*shown, done, hour, day),)


def ended(one: ReminderView, how: str) -> str:
    """What a reminder that was told becomes: one line."""
    about = f" · T{one.ticket}" if one.ticket is not None else ""
    text = f" · {views.short(one.text, LISTED)}" if one.text else ""
    return f"{one.name}{about}{text}: {how}"


def listing(found: Sequence[ReminderView], total: int, zone: tzinfo, now: datetime) -> str:
    """A colleague's open reminders, the earliest first, one a line."""
    lines = [f"Reminders: {total}"]
    for one in found:
        parts = [f"{one.name} {views.moment(one.due_at, zone, now)}"]
        parts += ["told, not done"] if one.state is ReminderState.FIRED else []
        parts += [one.kind.value] if one.is_contact else []
        parts += [f"T{one.ticket}"] if one.ticket is not None else []
        parts += [views.short(one.text, LISTED)] if one.text else []
        lines.append(" · ".join(parts))
    if total > len(found):
        lines.append(f"… and {total - len(found)} more")
    lines.append("/done R3 when done, /remind R3 2h to move one, /drop R3 to forget it.")
    return "\n".join(lines)


def _head(one: ReminderView, *, own: bool) -> str:
    what = f"{one.kind.value.capitalize()} {one.name}" if one.is_contact else f"Reminder {one.name}"
    if own:
        return what
    return f"{what} for {one.who}" if one.is_here else f"{what} of {one.who}, who has left"
