"""My work: what is mine, the next to answer on top."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from console import desk, gate
from tickets import visible
from tickets.visible import TicketView

_NEVER = datetime.max.replace(tzinfo=UTC)


def routes() -> list[web.RouteDef]:
    return [web.get("/", gate.staff(start)), web.get("/my", gate.staff(show))]


async def start(request: web.Request) -> web.Response:
    return gate.to("/my")


async def show(request: web.Request) -> web.Response:
    reader, me = gate.office(request).store.reading(), gate.visitor(request).actor.id
    found, total = await visible.assigned(reader, me, limit=desk.LISTED)
    asleep = await visible.asleep(reader, me, limit=desk.LISTED)
    return await desk.page(
        request,
        "my.html",
        found=desk.listed(request, sorted(found, key=_urgency)),
        total=total,
        asleep=desk.listed(request, asleep),
    )


def _urgency(ticket: TicketView) -> tuple[datetime, int, int]:
    """By the time that is left; what nobody waits for, by its priority."""
    return (ticket.urgent.due_at if ticket.urgent else _NEVER, ticket.priority, ticket.number)
