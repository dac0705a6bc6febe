"""The box in the bar: a ticket or a company by its number goes straight there; words find companies and customers."""

from __future__ import annotations

from aiohttp import web

from console import desk, gate
from crmcore import visible as companies
from tickets import numbers, people, visible

SHOWN = 10


def routes() -> list[web.RouteDef]:
    return [web.get("/find", gate.staff(show))]


async def show(request: web.Request) -> web.Response:
    """What is not the visitor's is not found, by number or by word."""
    reader, scope = gate.office(request).store.reading(), gate.visitor(request).scope
    text = request.query.get("q", "").strip()[:200]
    ticket, company = numbers.parse(text), companies.parse(text)
    if ticket is not None and await visible.by_number(reader, ticket, scope):
        return gate.to(f"/tickets/{numbers.written(ticket)}")
    if company is not None and await companies.by_number(reader, company, scope):
        return gate.to(f"/companies/{companies.written(company)}")
    return await desk.page(
        request,
        "find.html",
        text=text,
        firms=await companies.search(reader, text, scope, limit=SHOWN) if text else [],
        persons=await people.search(reader, text, scope, limit=SHOWN),
    )
