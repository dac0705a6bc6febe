"""Settings as they are: queues and calendars, with what each does; and the frame that rules share with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from aiohttp import web
from babel.dates import format_date, get_day_names
from markupsafe import Markup

from console import desk, edits, frame, gate, spoken
from crmcore import audit, staff
from kernel import errors, texts
from kernel.durations import format_duration
from kernel.errors import Problem
from routing import assign
from tickets import calendar, calendar_facts, overview
from tickets.calendar import WEEKDAYS, Calendar
from tickets.overview import Slice

AUDITED = audit.SETTINGS


def routes() -> list[web.RouteDef]:
    return [
        web.get("/settings/queues", gate.staff(show_queues)),
        web.get("/settings/calendars", gate.staff(show_calendars)),
    ]


async def show_queues(request: web.Request) -> web.Response:
    """Each with who works it, by which hours, and how many wait."""
    own, language = gate.office(request), frame.language(request)
    reader = own.store.reading()
    members = await assign.of_queues(reader, own.desk, set(own.desk.queues))
    people = await staff.by_ids(reader, sorted({one for some in members.values() for one in some}))
    counted = (await overview.counted(reader, gate.visitor(request).scope)).queues
    shown = [
        {
            "queue": one,
            "members": [people[member].name for member in members.get(one.name, ())],
            "calendar": _called(own.book.calendars(), one.calendar, language),
            "capacity": edits.written_as("capacity", one.giving.capacity.total or one.giving.capacity.by_channel),
            "target": format_duration(one.first_response) if one.first_response else "",
            "open": counted.get(one.name, {}).get(Slice.OPEN, 0),
            "free": counted.get(one.name, {}).get(Slice.FREE, 0),
        }
        for one in own.desk.queues.values()
    ]
    return await page(request, "settings_queues.html", shown=shown, written=own.book.written().get("queues", {}))


async def show_calendars(request: web.Request) -> web.Response:
    """Hours as a week, what changes later, special days and holidays, and whether one is open at an instant."""
    own, language = gate.office(request), frame.language(request)
    now, asked = own.store.clock.now(), request.query
    shown = [
        {
            "calendar": one,
            "name": name,
            "week": _week(calendar.applies(one, today := now.astimezone(one.zone).date()), language),
            "later": [
                (_day(version.since, language), _week(version, language))
                for version in one.later
                if version.since > today
            ],
            "special": [
                (_day(day, language), list(map(str, hours)))
                for day, hours in sorted(one.special.items())
                if day >= today
            ],
            "holidays": [
                (_day(holiday.day, language), holiday.name)
                for year in (now.year, now.year + 1)
                for holiday in calendar_facts.holidays(one, year)
            ],
            "look": _look(request, one, asked["at"]) if asked.get("calendar") == name and "at" in asked else None,
        }
        for name, one in own.book.calendars().items()
    ]
    local = now.astimezone(gate.visitor(request).zone)
    at = asked.get("at", "") or f"{local:%Y-%m-%dT%H:%M}"
    return await page(request, "settings_calendars.html", shown=shown, at=at)


def _week(version: calendar.Version, language: str) -> list[tuple[str, list[str]]]:
    names = get_day_names("abbreviated", locale=texts.locale(language))
    return [(names[day], list(map(str, version.week[day]))) for day in range(len(WEEKDAYS))]


def _day(day: date, language: str) -> str:
    return format_date(day, "full", locale=texts.locale(language))


async def page(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page of the settings, with what was changed of late and what waits for a restart."""
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    lines = await audit.of(own.store.reading(), AUDITED, 0, limit=10)
    changes = [{"line": one, "at": texts.dated(language, one.at, who.zone)} for one in lines]
    return await desk.page(
        request,
        template,
        status=status,
        changes=changes,
        waiting=list(own.book.waiting()),
        may_edit=own.book.is_open() and who.ranks("admin"),
        may_arrange=own.book.is_open() and who.ranks("lead"),
        saved="saved" in request.query,
        **context,
    )


def _called(known: Mapping[str, Calendar], wanted: Calendar, language: str) -> str:
    found = next((name for name, one in known.items() if one is wanted), "")
    return found or texts.say(language, "always open")


def elsewhere(language: str, problems: Sequence[Problem]) -> list[str]:
    """What is wrong that belongs to no field of a form."""
    return [
        spoken.say(
            language,
            "{field}: expected {what}.",
            field=Markup("<code>{}</code>").format(one.field),
            what=spoken.phrase(language, one.expected),
        )
        for one in problems
    ]


def _look(request: web.Request, one: Calendar, written: str) -> dict[str, str | bool]:
    """Whether a calendar is open at a time as typed, read by the calendar's own clock, and why."""
    language = frame.language(request)
    try:
        at = datetime.fromisoformat(written[:16]).replace(tzinfo=one.zone)
        found = calendar_facts.look(one, at)
    except (ValueError, OverflowError) as error:
        why = texts.say(language, "Write the time as 2026-03-10 09:30. Nothing was looked up.")
        raise errors.Invalid(why, language=language) from error
    hours = ", ".join(map(str, found.hours)) or texts.say(language, "closed all day")
    day = _day(found.local.date(), language)
    opens = texts.dated(language, found.next_open, one.zone) if found.next_open and not found.is_open else ""
    return {
        "is_open": found.is_open,
        "when": f"{day}, {found.local:%H:%M}",
        "hours": hours,
        "holiday": found.holiday,
        "opens": opens,
    }
