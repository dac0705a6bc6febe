"""What has passed with a customer or a company as pages show it: when, which way, by whom, on what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from babel.dates import format_date, format_time
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from channels.lines import Lines
from console import clickable, company_form, timeleft
from console.company_form import Choices
from console.conversation import Reader
from crmcore.audit import Altered
from crmcore.phone_calls import CallView
from kernel import texts
from tickets.dealings import Dealing, Sort

_SORTS = {
    "in": "Message from the customer",
    "out": "Message to the customer",
    "call": "Phone call",
    "notice": "Notice",
    "plan": "Planned contact",
    "note": "Note",
    "event": "Event",
}
_EVENTS = {
    "linked": "address joined",
    "unlinked": "address parted",
    "not linked": "address not joined",
    "merged": "joined with another contact",
    "stop": "wants no messages by ourselves",
    "start": "wants our messages again",
    "help": "asked for help",
    "visit": "visit",
    "mail": "letter",
    "planned": "planned",
}
_WAYS = {"in": "called us", "out": "was called"}


class Line(Struct, frozen=True):
    """One line. `day`: the heading before it where a new day begins; `sort`: one of Sort, or change."""

    sort: str
    label: str
    at: datetime
    time: str
    day: str
    text: Markup
    channel: str = ""
    channel_label: str = ""
    ticket: str = ""
    author: str = ""
    delivery: str = ""
    detail: str = ""
    who: str = ""
    message_id: int | None = None


def sorts(language: str) -> list[tuple[str, str]]:
    """What the line of time can be narrowed to."""
    return [(one.value, texts.say(language, _SORTS[one.value])) for one in Sort]


def of_contact(found: Sequence[Dealing], known: Lines, reader: Reader) -> list[Line]:
    """A page of a customer's line of time, newest first, a heading for every day."""
    return _dated([_line(one, known, reader) for one in found], reader)


def of_company(
    calls: Iterable[CallView],
    changes: Iterable[Altered],
    past: Iterable[tuple[str, Dealing]],
    known: Lines,
    reader: Reader,
    words: Choices,
) -> list[Line]:
    """A company's history over all its people, newest first. `past`: what has passed, each with its person's name.

    `words`: what the codes of its fields are called.
    """
    language = reader.language
    lines = [replace(_line(one, known, reader), who=name) for name, one in past]
    lines += [_call(one, reader) for one in calls]
    lines += [
        Line(
            "change",
            company_form.label(language, one.field),
            one.at,
            "",
            "",
            clickable.words(
                " → ".join(words.shown(one.field, value or "") or "–" for value in (one.before, one.after))
            ),
            author=one.by,
        )
        for one in changes
        if one.after or one.before
    ]
    return _dated(sorted(lines, key=lambda one: one.at, reverse=True), reader)


def _line(one: Dealing, known: Lines, reader: Reader) -> Line:
    language = reader.language
    detail = texts.say(language, _EVENTS[one.kind]) if one.kind in _EVENTS else ""
    if one.sort is Sort.CALL:
        detail = _called(language, one.way, one.minutes)
    return Line(
        sort=one.sort.value,
        label=texts.say(language, _SORTS[one.sort.value]),
        at=one.at,
        time="",
        day="",
        text=clickable.words(one.text),
        channel=one.channel,
        channel_label=known.label(one.channel) if one.channel else "",
        ticket=one.ticket,
        author=one.author,
        delivery=timeleft.delivery(language, one.delivery) if one.delivery else "",
        detail=detail,
        message_id=one.message_id,
    )


def _call(one: CallView, reader: Reader) -> Line:
    detail = _called(reader.language, one.direction, one.minutes)
    return Line(
        "call",
        texts.say(reader.language, _SORTS["call"]),
        one.at,
        "",
        "",
        clickable.words(one.text),
        author=one.who,
        detail=", ".join(part for part in (one.contact, detail) if part),
    )


def _called(language: str, way: str, minutes: int | None) -> str:
    said = texts.say(language, _WAYS[way]) if way in _WAYS else ""
    long = texts.say(language, "{count} min", count=minutes) if minutes is not None else ""
    return ", ".join(part for part in (said, long) if part)


def _dated(lines: Sequence[Line], reader: Reader) -> list[Line]:
    found, last, locale = [], None, texts.locale(reader.language)
    for one in lines:
        local = one.at.astimezone(reader.zone)
        day = format_date(local.date(), "full", locale=locale) if local.date() != last else ""
        found.append(replace(one, time=format_time(local, "short", locale=locale), day=day))
        last = local.date()
    return found
