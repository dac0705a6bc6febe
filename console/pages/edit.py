"""Settings changed: a form, then what it would change in the file, then written and taken up; each with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from babel.dates import get_day_names

from console import edits, frame, gate, spoken
from console.edits import FIELDS, PARTS, Field
from console.pages import settings
from crmcore import audit
from kernel import errors, texts
from kernel.errors import Problem
from tickets.calendar import WEEKDAYS

PATH = "/settings/edit/{kind}"
_NAME_LIMIT = 40  # of a changed field's name, as its line keeps it
_TO = {
    "queue": "/settings/queues",
    "calendar": "/settings/calendars",
    "rule": "/settings/rules",
    "policy": "/settings/policies",
}


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show)), web.post(PATH, gate.staff(take))]


async def show(request: web.Request) -> web.Response:
    """The form of one queue, calendar or rule (`?name=`), or of a new one."""
    kind, key, have = _asked(request, request.query.get("name", ""))
    return await _form(request, kind, key, {**edits.shown(kind, have), "stamp": request.query.get("stamp", "")})


async def take(request: web.Request) -> web.Response:
    """First what it would change, to look at; with the second press it is written and taken up."""
    own, who, sent = gate.office(request), gate.visitor(request), await request.post()
    given = {name: str(value) for name, value in sent.items() if isinstance(value, str)}
    kind, key, have = _asked(request, given.get("of", ""))
    try:
        changes = edits.changes(kind, _key(request, kind, key, given), have, given, is_new=not key)
        if not changes:
            return gate.to(_TO[kind])
        draft = await own.book.draft(changes)
        is_old = draft.stamp != given.get("stamp", draft.stamp)
        if given.get("step") != "save" or draft.stamp != given.get("stamp"):
            lines = [{"text": line, "sign": line[0]} for line in draft.lines]
            return await settings.page(
                request, "settings_draft.html", kind=kind, key=key, given=_kept(kind, given), lines=lines,
                overridden=next(filter(None, map(own.book.overridden, changes)), ""),
                stamp=draft.stamp, is_again=is_old or given.get("step") == "save", up=_TO[kind],
            )  # fmt: skip
        await own.book.save(changes, draft.stamp)
    except errors.Invalid as error:
        return await _form(request, kind, key, given, wrong=error.problems, status=400)
    async with own.store.unit() as work:
        await audit.note(work, settings.AUDITED, 0, _before(kind, have, changes), _after(changes), by=who.actor.id)
    return gate.to(f"{_TO[kind]}?saved=1#saved")


def _asked(request: web.Request, name: str) -> tuple[str, str, Mapping[str, Any]]:
    """The kind, the key ("" for a new one) and what stands in the file. Raises NotFound."""
    kind = request.match_info["kind"]
    if kind not in PARTS or not gate.office(request).book.is_open():
        raise errors.NotFound
    if not name:
        return kind, "", {}
    written = gate.office(request).book.written().get(PARTS[kind], {})
    if kind in edits.LISTED:
        place = int(name) if name.isascii() and name.isdigit() and len(name) < 5 else len(written)
        if place >= len(written):
            raise errors.NotFound
        return kind, name, written[place]
    if name not in written and not (kind == "queue" and name in gate.office(request).desk.queues):
        raise errors.NotFound
    return kind, name, written.get(name, {})


def _key(request: web.Request, kind: str, key: str, given: Mapping[str, str]) -> str:
    """Where it stands in the file; a new rule stands last."""
    if key:
        return key
    written = gate.office(request).book.written().get(PARTS[kind], {})
    if kind in edits.LISTED:
        return str(len(written))
    name = given.get("name", "").strip()
    if name in written:
        problem = Problem("name", "a name that is not taken", name)
        raise errors.Invalid("nothing was changed", problems=(problem,))
    return name


async def _form(
    request: web.Request,
    kind: str,
    key: str,
    values: Mapping[str, str],
    *,
    wrong: Sequence[Problem] = (),
    status: int = 200,
) -> web.Response:
    language = frame.language(request)
    names = get_day_names("wide", locale=texts.locale(language))
    days = {day: names[place] for place, day in enumerate(WEEKDAYS)}
    order = FIELDS[kind] if key or kind in edits.LISTED else ("name", *FIELDS[kind])
    beside = {edits.field_of(one, kind): spoken.phrase(language, one.expected) for one in wrong}
    fields = [
        Field(
            name,
            edits.labelled(language, kind, name, days),
            values.get(name, ""),
            _options(request, kind, name),
            is_long=name in edits.LONG,
            wrong=beside.get(name, ""),
            over=gate.office(request).book.overridden(_placed(kind, key, name)) if key else "",
        )
        for name in order
    ]
    elsewhere = settings.elsewhere(language, [one for one in wrong if edits.field_of(one, kind) not in order])
    stamp = values.get("stamp") or gate.office(request).book.stamp()  # as the reader first had it
    return await settings.page(
        request, "settings_form.html", status=status, kind=kind, key=key, fields=fields, wrong=elsewhere, stamp=stamp,
        up=_TO[kind],
    )  # fmt: skip


def _placed(kind: str, key: str, name: str) -> str:
    """The dotted key of a field in the file."""
    return f"{PARTS[kind]}.{key}.hours.{name}" if name in WEEKDAYS else f"{PARTS[kind]}.{key}.{name}"


def _options(request: web.Request, kind: str, name: str) -> tuple[tuple[str, str], ...]:
    own, language = gate.office(request), frame.language(request)
    if name == "calendar":
        otherwise, always = texts.say(language, "that of the queue"), texts.say(language, "always open")
        usual = otherwise if kind == "policy" else always
        return (("", usual), *((one, one) for one in own.book.calendars()))
    if kind == "policy":
        return ()
    if name == "queue":
        return (("", "–"), *((one, one) for one in own.desk.queues))
    if name == "priority":
        return (("", "–"), *((str(one), f"P{one}") for one in range(1, 5)))
    if name == "assign" and kind == "queue":
        least, nobody = texts.say(language, "who has the fewest"), texts.say(language, "nobody, they are taken")
        turns = texts.say(language, "each member in turn")
        knows = texts.say(language, "who last had a ticket of the customer")
        able = texts.say(language, "who knows the matter or the language")
        return (("", least), ("round-robin", turns), ("sticky", knows), ("skills", able), ("none", nobody))
    if name in ("stop", "escalate", "ask"):
        return (("", texts.say(language, "no")), ("yes", texts.say(language, "yes")))
    return ()


def _kept(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    return {name: given.get(name, "") for name in ("name", *FIELDS[kind])}


def _before(kind: str, have: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, object]:
    old = edits.shown(kind, have)
    return {_named(place): old.get(place.split(".")[-1], "") for place in changes}


def _after(changes: Mapping[str, object]) -> dict[str, object]:
    return {
        _named(place): edits.written_as(place.split(".")[-1], value) if isinstance(value, (list, dict)) else value
        for place, value in changes.items()
    }


def _named(place: str) -> str:
    return place if len(place) <= _NAME_LIMIT else f"…{place[1 - _NAME_LIMIT :]}"
