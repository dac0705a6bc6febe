"""A ticket's entries as its page shows them: who, when, on which channel, how the delivery went. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from babel.dates import format_date, format_time
from markupsafe import Markup
from msgspec import Struct

from channels.contract import Dmarc
from channels.lines import Lines
from console import clickable, timeleft
from console.commands import Choice
from kernel import texts
from kernel.texts import told
from tickets.visible import EntryView

_DOUBTS = {Dmarc.NONE.value: "sender not proven", Dmarc.FAIL.value: "sender forged? DMARC failed"}


class Reader(Struct, frozen=True):
    """Who reads: his language, his zone, himself, and when."""

    language: str
    zone: tzinfo
    staff_id: int
    now: datetime


class Line(Struct, frozen=True):
    """An entry. `day`: the heading before it where a new day begins; `kind`: customer, ours, note or event."""

    kind: str
    author: str
    at: datetime
    time: str
    day: str
    text: Markup
    channel: str
    delivery: str
    is_failed: bool
    undo: Choice | None
    message_id: int | None
    doubt: str = ""  # about the sender of a letter, in words
    is_forged: bool = False


def lines(entries: Sequence[EntryView], known: Lines, reader: Reader, undo: Callable[[int], Choice]) -> list[Line]:
    """All entries, oldest first, with a heading for every day."""
    found, last = [], None
    for entry in entries:
        local = entry.at.astimezone(reader.zone)
        found.append(_line(entry, known, reader, undo, is_new_day=local.date() != last))
        last = local.date()
    return found


def _line(entry: EntryView, known: Lines, reader: Reader, undo: Callable[[int], Choice], *, is_new_day: bool) -> Line:
    local = entry.at.astimezone(reader.zone)
    is_held = entry.delivery == "queued" and entry.author_id == reader.staff_id and entry.message_id is not None
    return Line(
        kind=_kind(entry),
        author=entry.author,
        at=entry.at,
        time=format_time(local, "short", locale=texts.locale(reader.language)),
        day=format_date(local.date(), "full", locale=texts.locale(reader.language)) if is_new_day else "",
        text=clickable.words(told(reader.language, entry.text, entry.said)),
        channel=known.label(entry.channel) if entry.channel else "",
        delivery=timeleft.delivery(reader.language, entry.delivery) if entry.delivery else "",
        is_failed=entry.delivery in ("failed", "maybe_sent"),
        undo=undo(entry.message_id) if is_held and entry.message_id is not None else None,
        message_id=entry.message_id,
        doubt=texts.say(reader.language, _DOUBTS[entry.dmarc]) if entry.dmarc in _DOUBTS else "",
        is_forged=entry.dmarc == Dmarc.FAIL,
    )


def _kind(entry: EntryView) -> str:
    if entry.kind != "message":
        return entry.kind
    return "customer" if entry.author_kind == "customer" else "ours"
