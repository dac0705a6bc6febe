"""The box in the bar: a ticket or a company by its number goes straight there; words find all that they stand in."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from console import desk, frame, gate
from crmcore import visible as companies
from crmcore.access import Scope
from kernel import errors, texts
from kernel.errors import Problem
from kernel.unit import Reader
from tickets import numbers, visible
from tickets.search import documents, finding, query, rebuild, views
from tickets.search.snippets import Pieces
from tickets.search.views import Found, Page

_WRONG = {
    "words": "Expected: a word to look for, for example invoice.",
    "in": "Expected behind in: a ticket's number, for example in:T12.",
    "before": "Expected behind before: a day, for example before:2026-03-31.",
    "after": "Expected behind after: a day, for example after:2026-03-31.",
}
_KINDS = {
    documents.ENTRY: "Message",
    documents.TICKET: "Ticket",
    documents.CONTACT: "Customer",
    documents.COMPANY: "Company",
    "note": "Note",
}


class Line(Struct, frozen=True):
    """One thing found, as its line says it."""

    kind: str
    href: str
    code: str
    title: str
    who: str
    at: str
    pieces: Pieces


def routes() -> list[web.RouteDef]:
    return [web.get("/find", gate.staff(show))]


async def show(request: web.Request) -> web.Response:
    """What is not the visitor's is not found, by number or by word."""
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    reader = own.store.reading()
    text = request.query.get("q", "").strip()[: query.LIMIT]
    if there := await _straight(reader, text, who.scope):
        return gate.to(there)
    wrong, page = "", Page((), None)
    try:
        asked = query.read(text, who.zone)
        page = await views.page(reader, asked, who.scope, older=_older(request))
    except errors.Invalid as error:
        wrong = _said(language, error.problems)
    building = await rebuild.progress(reader)
    return await desk.page(
        request,
        "find.html",
        text=text,
        wrong=wrong,
        lines=[_line(request, one) for one in page.found],
        more=f"/find?{urlencode({'q': text, 'older': page.older})}" if page.older is not None else "",
        is_first=not request.query.get("older"),
        percent=building.percent if building else 0,
    )


async def _straight(reader: Reader, text: str, scope: Scope) -> str:
    """Where a number leads that is a ticket's or a company's of his; "" for all else."""
    ticket, company = numbers.parse(text), companies.parse(text)
    if ticket is not None and await visible.by_number(reader, ticket, scope):
        return f"/tickets/{numbers.written(ticket)}"
    if company is not None and await companies.by_number(reader, company, scope):
        return f"/companies/{companies.written(company)}"
    return ""


def _older(request: web.Request) -> int:
    text = request.query.get("older", "")
    return min(int(text), finding.NEWEST) if text.isascii() and text.isdecimal() and len(text) < 20 else finding.NEWEST


def _said(language: str, problems: tuple[Problem, ...]) -> str:
    return " ".join(texts.say(language, _WRONG[one.field]) for one in problems if one.field in _WRONG)


def _line(request: web.Request, one: Found) -> Line:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    hrefs = {documents.CONTACT: f"/contacts/{one.id}", documents.COMPANY: f"/companies/{one.code}"}
    return Line(
        kind=texts.say(language, _KINDS["note" if one.is_note else one.kind]),
        href=hrefs.get(one.kind, f"/tickets/{one.code}"),
        code=one.code,
        title=one.title,
        who=one.who if one.who != one.title else "",
        at=texts.moment(language, one.at, who.zone, now=own.store.clock.now()),
        pieces=one.pieces if "".join(text for text, _ in one.pieces) != one.title else (),
    )
