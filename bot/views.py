"""How tickets, lists and alerts read in a chat. Pure: values in, text and buttons out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from bot import codes
from channels import rendering
from channels.contract import Button, Buttons
from crmcore.models.staff import Role
from kernel import texts
from kernel.durations import format_duration
from tickets.models import ClockKind
from tickets.states import States
from tickets.visible import EntryView, TicketView

SUBJECT_SHOWN = 80
WORDS_SHOWN = 1_000
SHIPPED = States()
_STATES = {
    "open": "open",
    "closed": "closed",
    "solved": "solved",
    "waiting": "answered",
    "withheld": "answer withheld",
    "dropped": "answer dropped",
    "waiting_us": "waiting for us",
}
_USUAL = ("question", "history")  # kinds that a card need not say
PIECES = 5  # messages that a customer's one long text becomes at most
LAST_WORDS = 200
MINUTE = timedelta(minutes=1)
_DELIVERY = {
    "queued": "on its way",
    "leased": "on its way",
    "sent": "✓ sent",
    "delivered": "✓✓ delivered",
    "maybe_sent": "? maybe sent",
    "failed": "✗ not sent",
    "cancelled": "taken back",
    "withheld": "✗ not sent: quiet mode",
}
_DOUBTS = {"none": "sender not proven", "fail": "sender forged? DMARC failed"}
_CLOCKS = {
    ClockKind.FIRST_RESPONSE: "first answer",
    ClockKind.NEXT_RESPONSE: "next answer",
    ClockKind.RESOLUTION: "resolution",
}
_UNREADABLE = "(a message that cannot be read; the original is kept)"
_NO_TEXT = "(no text)"


_ROLES = {
    Role.AGENT: "agent",
    Role.LEAD: "lead",
    Role.MANAGER: "manager",
    Role.ADMIN: "admin",
}


class Reading(Struct, frozen=True):
    """For whom something is put into words: his language, his clocks, and what time it is."""

    language: str
    zone: tzinfo
    now: datetime


def short(text: str, limit: int) -> str:
    """The text on one line, cut with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def moment(reading: Reading, at: datetime) -> str:
    """A time as staff read it: 14:20 CET, with the day when it is not today."""
    return texts.in_zone(reading.language, at, reading.zone, now=reading.now)


def state(language: str, ticket: TicketView, states: States = SHIPPED) -> str:
    """The house's own word for it, else ours."""
    if ticket.is_merged:
        return texts.say(language, "merged into {ticket}", ticket=ticket.merged_into)
    shown = states.shown(ticket.stands, ticket.own_state)
    return texts.say(language, _STATES[shown]) if shown in _STATES else shown


def word(language: str, label: str, name: str) -> str:
    """What a state is called that somebody has typed: the house's own label, else its name."""
    if label or name not in _STATES or language == "en":
        return label or name.replace("_", " ")
    return texts.say(language, _STATES[name])


def owner(language: str, ticket: TicketView) -> str:
    if not ticket.assignee:
        return texts.say(language, "nobody has it")
    return texts.say(language, "{name} has it", name=ticket.assignee)


def clock(language: str, kind: ClockKind) -> str:
    """What is to be done in time."""
    return texts.say(language, _CLOCKS[kind])


def role(language: str, role: Role) -> str:
    """What a colleague is."""
    return texts.say(language, _ROLES[role])


def due(reading: Reading, ticket: TicketView) -> str:
    """When what is most urgent is due; "" when no clock runs."""
    urgent = ticket.urgent
    if urgent is None:
        return ""
    at, what = moment(reading, urgent.due_at), clock(reading.language, urgent.kind)
    if urgent.is_breached:
        return texts.say(reading.language, "{what} was due {at}", what=what, at=at)
    return texts.say(reading.language, "{what} by {at}", what=what, at=at)


def asleep(reading: Reading, ticket: TicketView) -> str:
    """Until when the ticket is put off; "" when it is awake."""
    if ticket.snoozed_until is None:
        return ""
    return texts.say(reading.language, "asleep until {time}", time=moment(reading, ticket.snoozed_until))


def card(reading: Reading, ticket: TicketView, channel: str, states: States = SHIPPED) -> str:
    """The ticket's card: edited in reading as things change, so it says no relative times."""
    language = reading.language
    asked = texts.say(language, "{asked} questions answered", asked=ticket.asked) if ticket.asked else ""
    parts = (
        state(language, ticket, states),
        owner(language, ticket),
        asleep(reading, ticket),
        due(reading, ticket),
        asked,
    )
    status = " · ".join(part for part in parts if part)
    kind = f" · {ticket.kind}" if ticket.kind not in _USUAL else ""
    tags = f" · {', '.join(ticket.tags)}" if ticket.tags else ""
    was = texts.say(language, "was {number}", number=ticket.origin) if ticket.origin else ""
    before = texts.say(language, "continues {ticket}", ticket=ticket.continues) if ticket.continues else ""
    return (
        f"{ticket.name} · {short(ticket.subject, SUBJECT_SHOWN)}\n"
        f"{short(ticket.contact, 80)} · {channel} · {ticket.queue} · P{ticket.priority}{kind}{tags}\n"
        + "\n".join(part for part in (status, was, before) if part)
    )


def card_buttons(language: str, ticket: TicketView) -> Buttons:
    show = _button(texts.say(language, "Show"), "sh", ticket)
    if ticket.is_closed:
        return ((_button(texts.say(language, "Reopen"), "ro", ticket), show),)
    take, close = texts.say(language, "Take"), texts.say(language, "Close")
    return ((_button(take, "tk", ticket), _button(close, "cl", ticket), show),)


def cause(reason: str) -> str:
    """The first word of a reason as it is stored: "refused: blocked by the user" → "refused"."""
    return reason.split(":")[0].split(",")[0]


def title(ticket: TicketView) -> str:
    """A topic's title (at most 128 characters on Telegram)."""
    return short(f"{ticket.name} · {ticket.contact} · P{ticket.priority} · {ticket.subject}", 128)


def copies(
    language: str,
    author: str,
    text: str,
    limit: int,
    *,
    unreadable: bool = False,
    edited: bool = False,
    dmarc: str | None = None,
) -> list[str]:
    """A customer's message as staff see it, under his name: all of it, in as many messages as that takes."""
    words = text.strip() or texts.say(language, _UNREADABLE if unreadable else _NO_TEXT)
    name = texts.say(language, "{name} (edited)", name=short(author, 80)) if edited else short(author, 80)
    name += _doubt(language, dmarc)
    room = limit - rendering.units(f"{name} (9):\n")
    found = rendering.pieces(words, room)
    if len(found) > PIECES:
        more = texts.say(language, "… (there is more: the ticket's page has it)")
        found = [*found[: PIECES - 1], rendering.pieces(found[PIECES - 1], room - rendering.units(more))[0] + more]
    return [f"{name}{f' ({number})' if number > 1 else ''}:\n{piece}" for number, piece in enumerate(found, 1)]


def detail(reading: Reading, ticket: TicketView, channel: str, entries: Sequence[EntryView], *, limit: int) -> str:
    """The card and as many of the last entries as one message takes."""
    head = card(reading, ticket, channel) + "\n"
    lines: list[str] = []
    left = limit - rendering.units(head)
    for one in reversed(entries):
        line = f"\n{entry(reading, one)}"
        left -= rendering.units(line)
        if left < 0:
            break
        lines.insert(0, line)
    return head + "".join(lines)


def entry(reading: Reading, one: EntryView) -> str:
    """What happened is said in the reader's language, as far as it was written down so that it can be."""
    at = moment(reading, one.at).rsplit(" ", 1)[0]
    if one.kind == "event":
        return f"{at} · {texts.told(reading.language, one.text, one.said)}"
    mark = f" ({texts.say(reading.language, 'note')})" if one.kind == "note" else _doubt(reading.language, one.dmarc)
    delivery = f" [{delivered(reading.language, one.delivery)}]" if one.delivery else ""
    return f"{at} {one.author}{mark}: {_cut(one.text, WORDS_SHOWN)}{delivery}"


def delivered(language: str, state: str) -> str:
    """How a message went."""
    return texts.say(language, _DELIVERY[state]) if state in _DELIVERY else state


def listing(reading: Reading, head: str, found: Sequence[TicketView], total: int) -> str:
    """A list, most urgent first, one ticket a line."""
    lines = [f"{head} {total}"]
    for ticket in found:
        when = due(reading, ticket)
        lines.append(f"{ticket.name} P{ticket.priority} {short(ticket.subject, 50)}" + (f" · {when}" if when else ""))
    if total > len(found):
        lines.append(texts.say(reading.language, "… and {count} more", count=total - len(found)))
    return "\n".join(lines)


def list_buttons(found: Sequence[TicketView]) -> Buttons:
    """A button a ticket, four in a row."""
    buttons = [Button(ticket.name, codes.write("sh", ticket.number)) for ticket in found]
    return tuple(tuple(buttons[start : start + 4]) for start in range(0, len(buttons), 4))


class Cause(Struct, frozen=True):
    """Why an alert rings. `run`: which coming; `is_called`: a rule wants it; `reason`: a colleague does, in his words;
    `level`: how far it has climbed; `is_call`: a promised call is late.
    """

    run: int
    is_called: bool = False
    reason: str = ""
    level: int = 0
    is_call: bool = False


def late_call(language: str) -> str:
    return texts.say(language, "A call we promised is late: nobody has rung")


def alert(reading: Reading, ticket: TicketView, last: str, cause: Cause) -> str:
    """What a manager reads first: how urgent, who, since when, and the customer's last words."""
    language, now = reading.language, reading.now
    head = f"P{ticket.priority} · {ticket.name} · {short(ticket.contact, 40)} · {short(ticket.subject, 60)}"
    late = texts.say(language, "The first answer is late")
    urgent = ticket.urgent
    if cause.reason:
        late = short(cause.reason, LAST_WORDS)
    elif cause.is_call:
        late = late_call(language)
    elif cause.is_called and (urgent is None or urgent.due_at > now):
        late = texts.say(language, "A rule wants this seen now")
    elif urgent is not None:
        over = now - urgent.due_at
        what, at = clock(language, urgent.kind), moment(reading, urgent.due_at)
        late = texts.say(language, "{what} was due {at}", what=f"{what[:1].upper()}{what[1:]}", at=at)
        if over >= MINUTE:
            ago = format_duration(over - over % MINUTE)
            late = f"{late} ({texts.say(language, '{time} ago', time=ago)})"
    parts = [late, owner(language, ticket)]
    if cause.run > 1:
        parts.append(texts.say(language, "still unanswered, alert no. {number}", number=cause.run))
    if cause.level > 1:
        parts.append(texts.say(language, "level {level}", level=cause.level))
    return f"{head}\n{' · '.join(parts)}\n“{short(last, LAST_WORDS)}”"


def alert_buttons(language: str, ticket: TicketView, alert_id: int) -> Buttons:
    ack = Button(texts.say(language, "Ack"), codes.write("ak", alert_id))
    take, show = texts.say(language, "Take"), texts.say(language, "Show")
    return ((ack, _button(take, "tk", ticket), _button(show, "sh", ticket)),)


def _button(label: str, verb: str, ticket: TicketView) -> Button:
    return Button(label, codes.write(verb, ticket.number, ticket.version))


def _doubt(language: str, dmarc: str | None) -> str:
    """What stands behind the name of a letter's sender who was not proved."""
    return f" ({texts.say(language, _DOUBTS[dmarc])})" if dmarc in _DOUBTS else ""


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
