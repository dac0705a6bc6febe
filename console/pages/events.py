"""The stream of a page: which tickets have changed, while its session holds."""

from __future__ import annotations

from contextlib import suppress

import orjson
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from console import gate
from console.live import Page
from tickets import numbers

HEARTBEAT_S = 15.0


def routes() -> list[web.RouteDef]:
    return [web.get("/events", gate.staff(show))]


async def show(request: web.Request) -> web.StreamResponse:
    """Ends with the session, with the hub, or with the page."""
    feed = gate.office(request).live
    page = feed.open(gate.visitor(request).session.id)
    try:
        async with sse_response(request, ping_interval=HEARTBEAT_S) as response:
            with suppress(ConnectionResetError):
                await _follow(page, response)
        return response
    finally:
        feed.close(page)


async def _follow(page: Page, response: EventSourceResponse) -> None:
    """Says hello once it follows: the page then looks again and misses nothing in between."""
    await response.send("{}", event="hello")
    while (news := await page.next()) is not None:
        said = {"all": True} if news.all else {"tickets": [numbers.written(number) for number in news.numbers]}
        await response.send(orjson.dumps(said).decode(), event="changed")
    await response.send("{}", event="over")
