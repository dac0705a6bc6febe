"""Queues, calendars, rules and policies taken out: shown first, and nothing goes that something still uses."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from console import frame, gate, ready_words, refusals
from console.book import Removed
from console.edits import LISTED, PARTS
from console.pages import settings
from crmcore import audit
from crmcore.access import INBOX
from kernel import errors, texts
from routing import ready
from tickets import overview

PATH = "/settings/remove/{kind}"
RULE = "/settings/rules/{place}/remove"
UP: Mapping[str, str] = {
    "queue": "/settings/queues",
    "calendar": "/settings/calendars",
    "rule": "/settings/rules",
    "policy": "/settings/policies",
}


def routes() -> list[web.RouteDef]:
    return [
        web.get(PATH, gate.staff(show)),
        web.post(PATH, gate.staff(take)),
        web.get(RULE, gate.staff(show)),
        web.post(RULE, gate.staff(take)),
    ]


async def show(request: web.Request) -> web.Response:
    is_old = request.query.get("stamp", "") not in ("", gate.office(request).book.stamp())
    return await _draft(request, _name(request, request.query.get("name", "")), is_again=is_old)


async def take(request: web.Request) -> web.Response:
    """It goes, if the file is as it was shown; else it is shown again."""
    own, who, sent = gate.office(request), gate.visitor(request), await request.post()
    kind, name = _asked(request, _name(request, str(sent.get("of", ""))))
    if await _used(request, kind, name) or str(sent.get("stamp", "")) != own.book.stamp():
        return await _draft(request, name, is_again=True)
    key = f"{PARTS[kind]}.{name}"
    called = _called(request, kind, name)
    await own.book.save({key: Removed()}, str(sent.get("stamp", "")))
    async with own.store.unit() as work:
        field = f"{PARTS[kind]}.{called}"[:40]
        await audit.note(work, settings.AUDITED, 0, {field: called}, {field: None}, by=who.actor.id)
    return gate.to(f"{UP[kind]}?saved=1#saved")


def _name(request: web.Request, said: str) -> str:
    """A rule stands in the address, a queue or calendar is said beside it: its name may hold anything."""
    return request.match_info.get("place", said)


async def _draft(request: web.Request, of: str, *, is_again: bool) -> web.Response:
    own = gate.office(request)
    kind, name = _asked(request, of)
    why = await _used(request, kind, name)
    if why:
        return await settings.page(request, "settings_refused.html", status=409, why=why, up=UP[kind])
    draft = await own.book.draft({f"{PARTS[kind]}.{name}": Removed()})
    return await settings.page(
        request,
        "settings_removal.html",
        name=_called(request, kind, name),
        of=name,
        action=request.path,
        lines=[{"text": line, "sign": line[0]} for line in draft.lines],
        stamp=draft.stamp,
        is_again=is_again,
        overridden=own.book.overridden(f"{PARTS[kind]}.{name}"),
        up=UP[kind],
    )


def _asked(request: web.Request, of: str) -> tuple[str, str]:
    """The kind and the key of what stands in the file. Raises NotFound, also for a rule that is not the reader's."""
    own, kind = gate.office(request), request.match_info.get("kind", "rule")
    if kind not in PARTS or (kind == "rule") != ("place" in request.match_info) or not own.book.is_open():
        raise errors.NotFound
    written = own.book.written().get(PARTS[kind], {})
    if kind not in LISTED:
        if of not in written:
            raise errors.NotFound
        return kind, of
    place = _place(of, min(len(written), len(own.desk.rules)) if kind == "rule" else len(written))
    if not (gate.visitor(request).ranks("admin") or ready.sentence_of(written[place])):
        raise refusals.unseen(request, is_there=True)
    return kind, of


def _place(word: str, count: int) -> int:
    """Raises NotFound for a place where nothing stands."""
    if not (word.isascii() and word.isdigit() and len(word) < 5 and int(word) < count):
        raise errors.NotFound
    return int(word)


def _called(request: web.Request, kind: str, key: str) -> str:
    """As the file has it: what goes is there, whatever the hub has read of it so far."""
    if kind not in LISTED:
        return key
    found = gate.office(request).book.written()[PARTS[kind]][int(key)]
    return str(found.get("name", key))


async def _used(request: web.Request, kind: str, name: str) -> str:
    """Why it cannot go, in a sentence; "" if nothing uses it."""
    own, language = gate.office(request), frame.language(request)
    if kind == "queue" and name != INBOX:
        count = await overview.standing(own.store.reading(), name)
        if count:
            return texts.say_many(
                language,
                "{count} open ticket stands in the queue {name}. Close it first. Nothing was removed.",
                "{count} open tickets stand in the queue {name}. Close them first. Nothing was removed.",
                count,
                name=name,
            )
    if kind == "queue" and name != INBOX:
        named = [one.name for one in own.desk.rules if one.queue == name]
    elif kind == "calendar":
        queues = own.book.written().get("queues", {})
        going = [queue for queue, one in queues.items() if one.get("calendar") == name]
        if going:
            return texts.say(
                language,
                "These queues go by the calendar {name}: {queues}. Change them first. Nothing was removed.",
                name=name,
                queues=", ".join(going),
            )
        named = [one.name for one in own.desk.rules if ready_words.names_calendar(one, name)]
    else:
        named = []
    if not named:
        return ""
    return texts.say(
        language,
        "These rules name {name}: {rules}. Change them first. Nothing was removed.",
        name=name,
        rules=", ".join(named),
    )
