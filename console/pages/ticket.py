"""A ticket: its conversation, what can be done, and the composer; and every order that a page gives."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from msgspec.structs import replace

from channels import rendering
from channels.lines import Line
from console import (
    case_form,
    composing,
    conversation,
    desk,
    doing,
    explained,
    forms,
    frame,
    gate,
    refusals,
    timeleft,
    timeline,
    uploads,
)
from console.commands import How, Order
from console.composing import Draft
from kernel import texts
from routing import incident_book
from routing.incident_book import State
from tickets import dealings, explaining, numbers, people, visible
from tickets.visible import TicketView

ENTRIES, ALL_ENTRIES = 200, 2_000
BESIDE = 5
WORDS_LIMIT = 20_000
PATH = "/tickets/{name:[Tt]\\d{1,12}}"


def routes() -> list[web.RouteDef]:
    return [
        web.get(PATH, gate.staff(show)),
        web.post(PATH, gate.staff(fill, body_limit=uploads.BODY_LIMIT)),
        web.post(PATH + "/measure", gate.staff(measure)),
        web.post("/orders", gate.staff(take, body_limit=uploads.BODY_LIMIT)),
    ]


async def show(request: web.Request) -> web.Response:
    ticket = await seen(request)
    return await _page(request, ticket, composing.opened(gate.office(request).canned.offered(ticket)))


async def fill(request: web.Request) -> web.Response:
    """The same page with a canned answer in the box, behind what was typed there; nothing is sent."""
    ticket, sent = await seen(request), await request.post()
    given = {name: value[:WORDS_LIMIT] for name, value in sent.items() if isinstance(value, str)}
    known, who, language = gate.office(request).canned, gate.visitor(request), frame.language(request)
    draft = composing.filled(known, ticket, who.actor, given, language)
    if uploads.dropped(sent.getall("files", ())):
        lost = texts.say(language, "Your files were not kept: choose them again before you send.")
        draft = replace(draft, told=f"{draft.told} {lost}".strip())
    return await _page(request, ticket, draft)


async def _page(request: web.Request, ticket: TicketView, draft: Draft) -> web.Response:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    reader, now = own.store.reading(), own.store.clock.now()
    limit = ALL_ENTRIES if "all" in request.query else ENTRIES
    entries = await visible.entries(reader, ticket.id, limit=limit)
    line = own.lines.to(ticket.scheme, account=ticket.account)
    reader_ = conversation.Reader(language, who.zone, who.actor.id, now)
    beside = await _customer(request, ticket)
    shown = [entry.message_id for entry in entries] + [line.message_id for line in beside["lately"]]
    return await desk.page(
        request,
        "ticket.html",
        ticket=ticket,
        channel=own.lines.label(ticket.channel),
        left=timeleft.left(language, ticket, now, who.zone),
        state=timeleft.state(language, own.desk.states.shown(ticket.stands, ticket.own_state)),
        kind=case_form.kind_label(language, own.desk.kinds.of(ticket.kind)),
        newest=entries[-1].id if entries else 0,
        clocks=explained.clocks(await explaining.explain(reader, ticket.id), reader_),
        lines=conversation.lines(entries, own.lines, reader_, own.commands.undo),
        may_have_more=len(entries) == limit and limit == ENTRIES,
        choices=own.commands.choices(ticket, who.actor.id),
        draft=draft,
        line=line,
        carries_files=line is not None and line.capabilities.files > 0,
        counts_segments=line is not None and line.capabilities.segments is not None,
        hold_s=own.hold.total_seconds(),
        enclosed=await desk.enclosures(request, shown),
        **await _incidents(request, ticket),
        **beside,
    )


async def _incidents(request: web.Request, ticket: TicketView) -> dict[str, Any]:
    """The incident that it belongs to; for who leads those that it may join, the newest."""
    who, reader = gate.visitor(request), gate.office(request).store.reading()
    own = await incident_book.of_ticket(reader, ticket.id)
    standing = await incident_book.live(reader, only_open=True) if who.ranks("lead") and not own else []
    may_join = [one for one in standing if one.state is State.OPEN and not ticket.is_done]
    return {"incident": own, "joinable": may_join[:BESIDE]}


async def _customer(request: web.Request, ticket: TicketView) -> dict[str, Any]:
    """His card in short, beside the conversation: where he works, what else is open, what was last on other tickets."""
    own, who = gate.office(request), gate.visitor(request)
    reader, now = own.store.reading(), own.store.clock.now()
    cases, _ = await visible.of_contacts(reader, [ticket.contact_id], who.scope, limit=BESIDE)
    found, _ = await dealings.of_contacts(reader, [ticket.contact_id], who.scope, dealings.Filter(), limit=2 * BESIDE)
    others = [one for one in found if one.ticket != ticket.name][:BESIDE]
    known = conversation.Reader(frame.language(request), who.zone, who.actor.id, now)
    return {
        "person": await people.by_id(reader, ticket.contact_id, who.scope),
        "cases": desk.listed(request, [one for one in cases if one.id != ticket.id]),
        "lately": timeline.of_contact(others, own.lines, known),
    }


async def measure(request: web.Request) -> web.Response:
    """How many messages and paid segments an answer would take, as the channel counts."""
    ticket, sent = await seen(request), await request.post()
    line = gate.office(request).lines.to(ticket.scheme, account=ticket.account)
    said = _size(frame.language(request), str(sent.get("words", ""))[:WORDS_LIMIT].strip(), line)
    return web.Response(body=orjson.dumps({"text": said}), content_type="application/json", headers=frame.HEADERS)


async def take(request: web.Request) -> web.Response:
    """Do what a form says and go back to where it stood; the answer is shown there."""
    own, who, sent = gate.office(request), gate.visitor(request), await request.post()
    key, words = str(sent.get("key", "")), str(sent.get("words", "")).replace("\r\n", "\n")
    ticket = numbers.parse(str(sent.get("ticket", "")))
    how = next((how for how in How if how == sent.get("how")), None)
    if how is None or not forms.is_key(key):
        raise doing.unfinished(request)
    looked = str(sent.get("seen", ""))
    newest = int(looked) if looked.isascii() and looked.isdigit() and len(looked) < 19 else 0
    files = await uploads.taken(own.files, sent.getall("files", ()))
    once = _once(key, how, ticket, "\n".join((words, *(file.kept or file.name for file in files))))
    order = Order(how, words, once, ticket, newest, files, frame.language(request))
    await own.commands.run(who.actor.id, order)
    back = urlsplit(gate.inside(str(sent.get("back", "")))).path
    return gate.to(f"{back}?form={order.key}#said")


def _once(key: str, how: How, ticket: int | None, words: str) -> str:
    """The same form with other words is another order: who goes back and mends his text is heard."""
    return hashlib.sha256("\n".join((key, how, str(ticket), words)).encode("utf-8", "surrogatepass")).hexdigest()


async def seen(request: web.Request) -> TicketView:
    """The ticket of the address, if the visitor may see it: one and the same page for "no" and "none"."""
    number = numbers.parse(request.match_info["name"])
    reader, scope = gate.office(request).store.reading(), gate.visitor(request).scope
    found = await visible.by_number(reader, number, scope) if number is not None else None
    if found is None:
        is_there = number is not None and await visible.by_number(reader, number) is not None
        raise refusals.unseen(request, is_there=is_there)
    return found


def _size(language: str, words: str, line: Line | None) -> str:
    """What an answer takes, in words; "" where nothing is counted. Pure."""
    if line is None or line.capabilities.segments is None or not words:
        return ""
    parts = rendering.messages(words, line.capabilities)
    count = sum(map(line.capabilities.segments, parts))
    if len(parts) == 1:
        return texts.say_many(language, "{count} segment", "{count} segments", count)
    return texts.say_many(
        language,
        "{count} segment in {messages} messages",
        "{count} segments in {messages} messages",
        count,
        messages=len(parts),
    )
