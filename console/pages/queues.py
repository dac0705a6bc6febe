"""Queues: how many wait in each, and those of one."""

from __future__ import annotations

from aiohttp import web

from console import desk, gate, refusals
from tickets import visible
from tickets.visible import QueueCount


def routes() -> list[web.RouteDef]:
    return [web.get("/queues", gate.staff(show)), web.get("/queues/{name}", gate.staff(show_one))]


async def show(request: web.Request) -> web.Response:
    own, scope = gate.office(request), gate.visitor(request).scope
    counted = {one.queue: one for one in await visible.counts(own.store.reading(), scope)}
    names = [name for name in own.desk.queues if scope.covers(name, None)]
    names += [name for name in sorted(counted) if name not in names]
    queues = [counted.get(name, QueueCount(name, 0, 0, 0)) for name in names]
    return await desk.page(request, "queues.html", queues=queues)


async def show_one(request: web.Request) -> web.Response:
    """A queue that is not the visitor's and one that is not there are the same."""
    own, scope, name = gate.office(request), gate.visitor(request).scope, request.match_info["name"]
    is_there = name in own.desk.queues or name in scope.queues
    if not is_there or not scope.covers(name, None):
        raise refusals.unseen(request, is_there=is_there)
    found, total = await visible.in_queue(own.store.reading(), scope, name, limit=desk.LISTED)
    return await desk.page(request, "queue.html", queue=name, found=desk.listed(request, found), total=total)
