"""Incidents: the list, and one of them with its tickets and what is told to all; every act is the bot's own verb."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from console import desk, doing, forms, frame, gate
from console.commands import How, Order
from kernel import errors, texts
from kernel.unit import Reader
from routing import incident_book
from routing.incident_book import Incident
from tickets import visible

PATH = "/incidents"
ONE = PATH + "/{name}"
SHOWN = 100


def routes() -> list[web.RouteDef]:
    return [
        web.get(PATH, gate.staff(show_all)),
        web.get(ONE, gate.staff(show)),
        web.post(ONE, gate.staff(tell)),
    ]


async def show_all(request: web.Request) -> web.Response:
    """Those that anybody wanted, the newest first."""
    found = await incident_book.listed(_reader(request))
    return await desk.page(request, "incidents.html", found=[_line(request, one) for one in found])


async def show(request: web.Request) -> web.Response:
    return await _page(request, await _named(request), {})


async def tell(request: web.Request) -> web.Response:
    """Words for all: the answer is their preview, with the button that sends them."""
    own, who, sent = gate.office(request), gate.visitor(request), await doing.sent(request)
    found, key, language = await _named(request), sent.get("key", ""), frame.language(request)
    words, action = sent.get("words", "").strip(), sent.get("action", "")
    if not forms.is_key(key) or action not in ("update", "close"):
        raise doing.unfinished(request)
    if action == "update" and not words:
        problem = texts.say(language, "Write what is new, in 1 to 1,000 characters. Nothing was sent.")
        return await _page(request, found, {"words": problem})
    following = f"next {sent['next'].strip()} " if action == "update" and sent.get("next", "").strip() else ""
    command = f"/incident {found.name} {action} {following}{words}"
    answer = await own.commands.run(who.actor.id, Order(How.COMMAND, command, key, language=language))
    if not answer.done:
        return await _page(request, found, {"next" if following else "words": answer.text})
    return doing.back(f"{PATH}/{found.name}", key)


async def _page(request: web.Request, found: Incident, wrong: dict[str, str]) -> web.Response:
    reader, who = _reader(request), gate.visitor(request)
    ticket_ids = await incident_book.tickets(reader, found.id, limit=SHOWN)
    known = await visible.by_ids(reader, ticket_ids)
    tickets = [one for ticket_id in ticket_ids if who.scope.covers((one := known[ticket_id]).queue, one.assignee_id)]
    sent = await doing.sent(request) if request.method == "POST" else {}
    return await desk.page(
        request,
        "incident.html",
        status=400 if wrong else 200,
        one=_line(request, found),
        found=desk.listed(request, tickets),
        revisions=await incident_book.revisions(reader, found.id),
        told=await incident_book.told(reader, found.id),
        wrong=wrong,
        sent=sent,
    )


async def _named(request: web.Request) -> Incident:
    """Raises NotFound."""
    number = incident_book.parse(request.match_info["name"])
    if number is None:
        raise errors.NotFound
    return await incident_book.by_number(_reader(request), number)


def _line(request: web.Request, one: Incident) -> dict[str, Any]:
    """An incident with its state and times in the reader's words."""
    language, zone, now = frame.language(request), gate.visitor(request).zone, gate.office(request).store.clock.now()
    due = texts.moment(language, one.next_news_at, zone, now=now) if one.next_news_at and _is_open(one) else ""
    late = bool(due and one.next_news_at and one.next_news_at <= now)
    return {"incident": one, "state": _state(language, one), "due": due, "late": late, "is_open": _is_open(one)}


def _state(language: str, one: Incident) -> str:
    return texts.say(language, _STATES[one.state])


_STATES = {
    incident_book.State.PROPOSED: "to be decided",
    incident_book.State.OPEN: "incident open",
    incident_book.State.CLOSING: "being closed",
    incident_book.State.CLOSED: "incident closed",
    incident_book.State.DISMISSED: "not one cause",
}


def _is_open(one: Incident) -> bool:
    return one.state is incident_book.State.OPEN


def _reader(request: web.Request) -> Reader:
    return gate.office(request).store.reading()
