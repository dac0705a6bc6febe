"""How tickets, lists and alerts read in a chat. Pure: values in, text and buttons out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from bot import codes
from channels import rendering
from channels.contract import Button, Buttons
from kernel.durations import format_duration
from tickets.models import ClockKind
from tickets.states import States
from tickets.visible import EntryView, TicketView

SUBJECT_SHOWN = 80
WORDS_SHOWN = 1_000
SHIPPED = States()
_STATES = {
    "waiting": "answered",
    "withheld": "answer withheld",
    "dropped": "answer dropped",
    "waiting_us": "waiting for us",
}
_USUAL = ("question", "history")  # kinds that a card need not say
PIECES = 5  # messages that a customer's one long text becomes at most
LAST_WORDS = 200
MINUTE = timedelta(minutes=1)
DELIVERY = {
    "queued": "on its way",
    "leased": "on its way",
    "sent": "✓ sent",
    "delivered": "✓✓ delivered",
    "maybe_sent": "? maybe sent",
    "failed": "✗ not sent",
    "cancelled": "taken back",
    "withheld": "✗ not sent: quiet mode",
}
DOUBTS = {"none": "sender not proven", "fail": "sender forged? DMARC failed"}
CLOCKS = {
    ClockKind.FIRST_RESPONSE: "first answer",
    ClockKind.NEXT_RESPONSE: "next answer",
    ClockKind.RESOLUTION: "resolution",
}


def short(text: str, limit: int) -> str:
    """The text on one line, cut with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """A time as staff read it: 14:20 CET, with the day when it is not today."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    day = "" if local.date() == today else f"{local:%a %d %b} "
    return f"{day}{local:%H:%M} {local.tzname()}"


def state(ticket: TicketView, states: States = SHIPPED) -> str:
    """The house's own word for it, else ours."""
    if ticket.is_merged:
        return f"merged into {ticket.merged_into}"
    shown = states.shown(ticket.stands, ticket.own_state)
    return _STATES.get(shown, shown)


def owner(ticket: TicketView) -> str:
    return f"{ticket.assignee} has it" if ticket.assignee else "nobody has it"


def due(ticket: TicketView, zone: tzinfo, now: datetime) -> str:
    """When what is most urgent is due; "" when no clock runs."""
    urgent = ticket.urgent
    if urgent is None:
        return ""
    at, what = moment(urgent.due_at, zone, now), CLOCKS[urgent.kind]
    return f"{what} was due {at}" if urgent.is_breached else f"{what} by {at}"


def asleep(ticket: TicketView, zone: tzinfo, now: datetime) -> str:
    """Until when the ticket is put off; "" when it is awake."""
    return f"asleep until {moment(ticket.snoozed_until, zone, now)}" if ticket.snoozed_until else ""


def card(ticket: TicketView, channel: str, zone: tzinfo, now: datetime, states: States = SHIPPED) -> str:
    """The ticket's card: edited in place as things change, so it says no relative times."""
    asked = f"{ticket.asked} questions answered" if ticket.asked else ""
    parts = (state(ticket, states), owner(ticket), asleep(ticket, zone, now), due(ticket, zone, now), asked)
    status = " · ".join(part for part in parts if part)
    kind = f" · {ticket.kind}" if ticket.kind not in _USUAL else ""
    tags = f" · {', '.join(ticket.tags)}" if ticket.tags else ""
    was = f"\nwas {ticket.origin}" if ticket.origin else ""
    before = f"\ncontinues {ticket.continues}" if ticket.continues else ""
    return (
        f"{ticket.name} · {short(ticket.subject, SUBJECT_SHOWN)}\n"
        f"{short(ticket.contact, 80)} · {channel} · {ticket.queue} · P{ticket.priority}{kind}{tags}\n"
        f"{status}{was}{before}"
    )


def card_buttons(ticket: TicketView) -> Buttons:
    if ticket.is_closed:
        return ((_button("Reopen", "ro", ticket), _button("Show", "sh", ticket)),)
    return ((_button("Take", "tk", ticket), _button("Close", "cl", ticket), _button("Show", "sh", ticket)),)


def cause(reason: str) -> str:
    """The first word of a reason as it is stored: "refused: blocked by the user" → "refused"."""
    return reason.split(":")[0].split(",")[0]


def title(ticket: TicketView) -> str:
    """A topic's title (at most 128 characters on Telegram)."""
    return short(f"{ticket.name} · {ticket.contact} · P{ticket.priority} · {ticket.subject}", 128)


def copies(
    author: str, text: str, limit: int, *, unreadable: bool = False, edited: bool = False, dmarc: str | None = None
) -> list[str]:
    """A customer's message as staff see it, under his name: all of it, in as many messages as that takes."""
    words = text.strip() or ("(a message that cannot be read; the original is kept)" if unreadable else "(no text)")
    name = f"{short(author, 80)} (edited)" if edited else short(author, 80)
    name += _doubt(dmarc)
    room = limit - rendering.units(f"{name} (9):\n")
    found = rendering.pieces(words, room)
    if len(found) > PIECES:
        more = "… (there is more: the ticket's page has it)"
        found = [*found[: PIECES - 1], rendering.pieces(found[PIECES - 1], room - rendering.units(more))[0] + more]
    return [f"{name}{f' ({number})' if number > 1 else ''}:\n{piece}" for number, piece in enumerate(found, 1)]


def detail(
    ticket: TicketView, channel: str, entries: Sequence[EntryView], zone: tzinfo, now: datetime, *, limit: int
) -> str:
    """The card and as many of the last entries as one message takes."""
    head = card(ticket, channel, zone, now) + "\n"
    lines: list[str] = []
    left = limit - rendering.units(head)
    for one in reversed(entries):
        line = f"\n{entry(one, zone, now)}"
        left -= rendering.units(line)
        if left < 0:
            break
        lines.insert(0, line)
    return head + "".join(lines)


def entry(one: EntryView, zone: tzinfo, now: datetime) -> str:
    at = moment(one.at, zone, now).rsplit(" ", 1)[0]
    if one.kind == "event":
        return f"{at} · {one.text}"
    mark = " (note)" if one.kind == "note" else _doubt(one.dmarc)
    delivery = f" [{DELIVERY.get(one.delivery, one.delivery)}]" if one.delivery else ""
    return f"{at} {one.author}{mark}: {_cut(one.text, WORDS_SHOWN)}{delivery}"


def listing(head: str, found: Sequence[TicketView], total: int, zone: tzinfo, now: datetime) -> str:
    """A list, most urgent first, one ticket a line."""
    lines = [f"{head} {total}"]
    for ticket in found:
        when = due(ticket, zone, now)
        lines.append(f"{ticket.name} P{ticket.priority} {short(ticket.subject, 50)}" + (f" · {when}" if when else ""))
    if total > len(found):
        lines.append(f"… and {total - len(found)} more")
    return "\n".join(lines)


def list_buttons(found: Sequence[TicketView]) -> Buttons:
    """A button a ticket, four in a row."""
    buttons = [Button(ticket.name, codes.write("sh", ticket.number)) for ticket in found]
    return tuple(tuple(buttons[start : start + 4]) for start in range(0, len(buttons), 4))


class Cause(Struct, frozen=True):
    """Why an alert rings. `run`: which coming; `is_called`: a rule wants it; `reason`: a colleague does, in his words;
    `level`: how far it has climbed.
    """

    run: int
    is_called: bool = False
    reason: str = ""
    level: int = 0


def alert(ticket: TicketView, last: str, cause: Cause, zone: tzinfo, now: datetime) -> str:
    """What a manager reads first: how urgent, who, since when, and the customer's last words."""
    head = f"P{ticket.priority} · {ticket.name} · {short(ticket.contact, 40)} · {short(ticket.subject, 60)}"
    late = "The first answer is late"
    urgent = ticket.urgent
    if cause.reason:
        late = short(cause.reason, LAST_WORDS)
    elif cause.is_called and (urgent is None or urgent.due_at > now):
        late = "A rule wants this seen now"
    elif urgent is not None:
        over = now - urgent.due_at
        ago = f" ({format_duration(over - over % MINUTE)} ago)" if over >= MINUTE else ""
        late = f"{CLOCKS[urgent.kind].capitalize()} was due {moment(urgent.due_at, zone, now)}{ago}"
    again = f" · still unanswered, alert no. {cause.run}" if cause.run > 1 else ""
    again += f" · level {cause.level}" if cause.level > 1 else ""
    return f"{head}\n{late} · {owner(ticket)}{again}\n“{short(last, LAST_WORDS)}”"


def alert_buttons(ticket: TicketView, alert_id: int) -> Buttons:
    ack = Button("Ack", codes.write("ak", alert_id))
    return ((ack, _button("Take", "tk", ticket), _button("Show", "sh", ticket)),)


def _button(label: str, verb: str, ticket: TicketView) -> Button:
    return Button(label, codes.write(verb, ticket.number, ticket.version))


def _doubt(dmarc: str | None) -> str:
    """What stands behind the name of a letter's sender who was not proved."""
    return f" ({DOUBTS[dmarc]})" if dmarc in DOUBTS else ""


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
