"""How long is left until what is most urgent is due, in words and in a tone; and the words of states. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from babel.units import format_unit
from msgspec import Struct

from kernel import texts
from tickets.visible import TicketView

SOON = timedelta(minutes=15)
DAY_S, HOUR_S, MINUTE_S = 86_400, 3_600, 60
_STATE = {
    "open": "open",
    "waiting": "answered",
    "waiting_us": "waiting for us",
    "solved": "solved",
    "closed": "closed",
    "withheld": "answer withheld",
    "dropped": "answer dropped",
}
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


class Left(Struct, frozen=True):
    """`tone`: late, soon, calm or none; the words say the same, for those who see no colours."""

    tone: str
    text: str
    due_at: datetime | None = None


def left(language: str, ticket: TicketView, now: datetime, zone: tzinfo) -> Left:
    """What a list says of a ticket's time."""
    if ticket.snoozed_until is not None and not ticket.is_closed:
        at = texts.moment(language, ticket.snoozed_until, zone, now=now)
        return Left("none", texts.say(language, "asleep until {time}", time=at))
    urgent = ticket.urgent
    if urgent is None:
        return Left("none", state(language, ticket.stands))
    due_at = urgent.due_at
    gap = due_at - now
    if gap <= timedelta():
        return Left("late", texts.say(language, "late by {time}", time=span(language, -gap)), due_at)
    said = texts.say(language, "{time} left", time=span(language, gap))
    return Left("soon" if gap <= SOON else "calm", said, due_at)


def span(language: str, length: timedelta) -> str:
    """A length of time as people say it: "2 h 5 min", "3 days"; under a minute it is one."""
    seconds = max(MINUTE_S, int(length.total_seconds()))
    days, hours, minutes = seconds // DAY_S, seconds % DAY_S // HOUR_S, seconds % HOUR_S // MINUTE_S
    parts = [("day", days), ("hour", hours)] if days else [("hour", hours), ("minute", minutes)]
    return " ".join(
        format_unit(count, f"duration-{unit}", length="short", locale=language) for unit, count in parts if count
    )


def state(language: str, state: str) -> str:
    """A state's shipped word in the reader's language; a house's own label as it is."""
    return texts.say(language, _STATE[state]) if state in _STATE else state


def delivery(language: str, state: str) -> str:
    return texts.say(language, _DELIVERY.get(state, "on its way"))
