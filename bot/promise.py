"""What a customer is promised while nobody has read his words yet: by when we answer, and when we open. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kernel import texts
from routing.call_windows import Window
from tickets import calendar
from tickets.calendar import Calendar

NEAR = timedelta(days=6)  # within these the name of a weekday says which one is meant


def acknowledged(
    language: str, number: str, due_at: datetime | None, hours: Calendar, now: datetime, *, emergency: str = ""
) -> str:
    """That his message is here under `number`, in his language.

    `due_at`: the running clock's, None where none runs; then no time of an answer is named. `hours`: the calendar that
    the clock goes by, or the queue's. `emergency`: what he may ring while that is closed.
    """
    said = _promised(language, number, due_at, hours, now)
    if not emergency or calendar.is_open(hours, now):
        return said
    return f"{said} {texts.say(language, 'In an emergency call {number}.', number=emergency)}"


def _promised(language: str, number: str, due_at: datetime | None, hours: Calendar, now: datetime) -> str:
    opens_at = calendar.next_open(hours, now)
    is_closed = opens_at is not None and opens_at > now
    promised = due_at if due_at is not None and due_at > now else None
    opens = on(language, opens_at, hours.zone, now=now) if opens_at and is_closed else ""
    if promised is None and not is_closed:
        return texts.say(language, "We have your message, number {number}. A colleague will answer.", number=number)
    if promised is None:
        return texts.say(
            language,
            "We have your message, number {number}. We are closed now and open: {opens}. A colleague will answer then.",
            number=number,
            opens=opens,
        )
    if not is_closed or opens_at is None:
        return texts.say(
            language,
            "We have your message, number {number}. A colleague will answer by {time}.",
            number=number,
            time=on(language, promised, hours.zone, now=now),
        )
    return texts.say(
        language,
        "We have your message, number {number}. We are closed now and open: {opens}."
        " A colleague will answer by {time}.",
        number=number,
        opens=opens,
        time=on(language, promised, hours.zone, now=opens_at),
    )


def called(language: str, window: Window, zone: ZoneInfo, *, now: datetime) -> str:
    """Between when he is rung, on his own clock."""
    start, end = on(language, window.start_at, zone, now=now), on(language, window.end_at, zone, now=window.start_at)
    return texts.say(language, "We will call you: {start} – {end}.", start=start, end=end)


def on(language: str, at: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """The time alone on the day of `now`; the weekday with it in the days after; else the date."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() != today.date() and timedelta() < local.date() - today.date() <= NEAR:
        return texts.on_weekday(language, at, zone)
    return texts.moment(language, at, zone, now=now)
