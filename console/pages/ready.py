"""Ready-made rules: a sentence is chosen, its blanks are filled, tried on last month, and saved as a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from console import frame, gate, ready_words
from console.pages import policies as policies_page
from console.pages import rules as rules_page
from console.pages import settings
from console.ready_words import Part
from crmcore import audit, staff
from kernel import errors, texts
from kernel.errors import Problem
from routing import past, ready, rules

PATH = "/settings/rules/ready"
_UP = {"rules": rules_page.PATH, "policies": policies_page.PATH}
_NAME_LIMITS = {"rules": 120, "policies": 80}
_LANGUAGES = {"en": "English", "pl": "Polski", "sk": "Slovenčina", "hu": "Magyar", "ru": "Русский"}


class Blank(Struct, frozen=True):
    """A field of the sentence. `options`: of a choice, with what each is called; `wrong`: what was expected."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...] = ()
    wrong: str = ""


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show)), web.post(PATH, gate.staff(take))]


async def show(request: web.Request) -> web.Response:
    """The sentences to choose from, or the form of one: a new rule (`?key=`), or one that is there (`?name=`)."""
    language = frame.language(request)
    if "key" not in request.query and "name" not in request.query:
        choices = [(key, ready_words.plain(language, key)) for key in ready.READY]
        return await settings.page(request, "settings_ready.html", choices=choices)
    of, part = request.query.get("name", ""), request.query.get("part", "rules")
    have = _written(request, of, part)
    key = ready.sentence_of(have) if have else request.query.get("key", "")
    if key not in ready.READY:
        raise errors.NotFound
    given = {**have.get("blanks", {}), "name": have.get("name", ""), "stop": "yes" if have.get("stop") else ""}
    given["stamp"] = request.query.get("stamp", "")  # of the list that led here: the rule is named by its place
    return await _form(request, key, of, given)


async def take(request: web.Request) -> web.Response:
    """What it would change, and on the second press what it would have done last month, or it is saved."""
    own, sent = gate.office(request), await request.post()
    given = {name: str(value).strip() for name, value in sent.items() if isinstance(value, str)}
    key, of = given.get("key", ""), given.get("of", "")
    if key not in ready.READY:
        raise errors.NotFound
    have = _written(request, of, ready.READY[key].part)
    if have and ready.sentence_of(have) != key:
        raise errors.NotFound
    known = {name: [value for value, _ in some] for name, some in (await _choices(request)).items()}
    wrong = ready.problems(key, given, known)
    name = given.get("name", "") or _name(request, key, given)
    if len(name) > _NAME_LIMITS[ready.READY[key].part]:
        wrong.append(Problem("name", "", name[:40]))
    if wrong:
        return await _form(request, key, of, given, wrong=wrong, status=400)
    given["name"] = name
    changes = _changes(request, key, of, have, given)
    if not changes:
        return gate.to(_UP[ready.READY[key].part])
    try:
        draft = await own.book.draft(changes)
    except errors.Invalid as error:
        return await _form(request, key, of, given, wrong=error.problems, status=400)
    if given.get("step") == "save" and draft.stamp == given.get("stamp"):
        return await _save(request, key, changes, draft.stamp, have, name)
    return await _draft(request, key, of, given, changes, draft)


async def _save(
    request: web.Request, key: str, changes: Mapping[str, object], stamp: str, have: Mapping[str, Any], name: str
) -> web.Response:
    own, who, part = gate.office(request), gate.visitor(request), ready.READY[key].part
    await own.book.save(changes, stamp)
    before = ready_words.filled("en", key, have["blanks"]) if have else None
    blanks = {**have.get("blanks", {}), **_blanks(changes)}
    async with own.store.unit() as work:
        field, after = f"{part}.{name}"[:40], ready_words.filled("en", key, blanks)
        await audit.note(work, settings.AUDITED, 0, {field: before}, {field: after}, by=who.actor.id)
    return gate.to(f"{_UP[part]}?saved=1#saved")


def _blanks(changes: Mapping[str, object]) -> dict[str, str]:
    """What the blanks are filled with now, if that changes."""
    found = next((value for place, value in changes.items() if place.endswith(".blanks")), {})
    return dict(found) if isinstance(found, Mapping) else {}


async def _draft(
    request: web.Request, key: str, of: str, given: Mapping[str, str], changes: Mapping[str, object], draft: Any
) -> web.Response:
    """The changed lines and, if asked, what the rule would have done in the last 30 days."""
    own, language = gate.office(request), frame.language(request)
    tally = None
    part = ready.READY[key].part
    if given.get("step") == "try" and part == "rules":
        wanted = replace(own.desk, rules=await own.book.rules(changes))
        found = await past.tried(own.store.reading(), wanted, own.store.clock.now() - past.MONTH)
        tally = found.tallies[int(of) if of else -1]
    blanks = ready.READY[key].blanks
    return await settings.page(
        request,
        "settings_ready_draft.html",
        sentence=ready_words.filled(language, key, given),
        given={name: given.get(name, "") for name in ("key", "of", "name", "stop", *blanks)},
        lines=[{"text": line, "sign": line[0]} for line in draft.lines],
        stamp=draft.stamp,
        is_again=given.get("step") == "save" or draft.stamp != given.get("stamp", draft.stamp),
        overridden=own.book.overridden(part),
        up=_UP[part],
        may_try=part == "rules",
        tally=tally,
        first=[(one.number, texts.into(language, one.would)) for one in tally.changed[: past.FIRST]] if tally else [],
    )


async def _form(
    request: web.Request,
    key: str,
    of: str,
    given: Mapping[str, str],
    *,
    wrong: Sequence[Problem] = (),
    status: int = 200,
) -> web.Response:
    language, choices = frame.language(request), await _choices(request)
    beside = {problem.field.split(".")[-1] for problem in wrong}
    expected = {name: ready_words.expected(language, name) for name in (*ready.READY[key].blanks, "name")}
    blanks = {
        name: Blank(
            name,
            ready_words.label(language, name),
            str(given.get(name, "")),
            tuple(choices.get(name, ())),
            expected[name] if name in beside else "",
        )
        for name in ready.READY[key].blanks
    }
    parts: list[Part] = ready_words.parts(language, key)
    return await settings.page(
        request,
        "settings_ready_form.html",
        status=status,
        key=key,
        of=of,
        parts=parts,
        blanks=blanks,
        name=given.get("name", ""),
        name_wrong=expected["name"] if "name" in beside else "",
        stop=given.get("stop", ""),
        stamp=given.get("stamp") or gate.office(request).book.stamp(),  # as the reader first had it
        wrong=settings.elsewhere(language, [one for one in wrong if one.field.split(".")[-1] not in expected]),
        overridden=gate.office(request).book.overridden(ready.READY[key].part),
        up=_UP[ready.READY[key].part],
        may_stop=ready.READY[key].part == "rules",
    )


async def _choices(request: web.Request) -> dict[str, list[tuple[str, str]]]:
    """What may stand in the blanks that are chosen from a list."""
    own, language = gate.office(request), frame.language(request)
    channels = list(dict.fromkeys(one.name for one in own.watch.channels()))
    people = [one.name for one in await staff.listed(own.store.reading())]
    manager = (rules.MANAGER, texts.say(language, "the manager of the queue"))
    return {
        "queue": [(name, name) for name in own.desk.queues],
        "calendar": [(name, name) for name in own.book.calendars()],
        "priority": [(one, f"P{one}") for one in ready.PRIORITIES],
        "speaks": list(_LANGUAGES.items()),
        "channel": [(name, own.lines.label(name)) for name in channels],
        "colleague": [*((name, name) for name in people), manager],
    }


def _name(request: web.Request, key: str, given: Mapping[str, str]) -> str:
    """What it is called while nobody has called it otherwise: a rule by its sentence, a policy by its place.

    A policy's name stands on tickets, where the sentence would say of which company a customer is.
    """
    if ready.READY[key].part == "policies":
        count = len(gate.office(request).book.written().get("policies", []))
        return f"{texts.say(frame.language(request), 'Policy')} {count + 1}"
    said = ready_words.filled(frame.language(request), key, given)
    limit = _NAME_LIMITS["rules"]
    return said if len(said) <= limit else f"{said[: limit - 1]}…"


def _written(request: web.Request, of: str, part: str) -> Mapping[str, Any]:
    """The rule or policy as the file has it; nothing for a new one. Raises NotFound."""
    own = gate.office(request)
    if not own.book.is_open() or part not in _UP:
        raise errors.NotFound
    if not of:
        return {}
    written: Sequence[Mapping[str, Any]] = own.book.written().get(part, [])
    if not (of.isascii() and of.isdigit() and len(of) < 5 and int(of) < len(written)):
        raise errors.NotFound
    return written[int(of)]


def _changes(
    request: web.Request, key: str, of: str, have: Mapping[str, Any], given: Mapping[str, str]
) -> dict[str, object]:
    """Dotted keys of what is not as it was; a new rule stands last."""
    part = ready.READY[key].part
    place = of or str(len(gate.office(request).book.written().get(part, [])))
    blanks = {name: given.get(name, "") for name in ready.READY[key].blanks}
    wanted: dict[str, object] = {
        "name": given["name"],
        "ready": key,
        "blanks": blanks,
        **ready.made(key, blanks),
    }
    if part == "rules":
        wanted["stop"] = True if given.get("stop") else None
    return {f"{part}.{place}.{name}": value for name, value in wanted.items() if have.get(name) != value}
