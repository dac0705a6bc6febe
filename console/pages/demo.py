"""The demo's way in: whoever sits at this machine opens the console as one of the colleagues, without a word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from console import gate, local
from console.pages import sign_in
from kernel import errors

PATH = "/sandbox/console"
Find = Callable[[], Awaitable[int]]


def mount(app: web.Application, find: Find) -> None:
    """`find`: the id of the colleague; raises NotFound until he is hired. Only the demo mounts this."""

    async def enter(request: web.Request) -> web.StreamResponse:
        is_here = local.is_loopback(request.host) and local.is_same_origin(request.headers, request.host)
        if not is_here:
            raise errors.Forbidden
        return await sign_in.enter(request, await find())

    app.router.add_post(PATH, gate.told(enter))
