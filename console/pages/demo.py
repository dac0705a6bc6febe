"""The demo's way in: whoever sits at this machine opens the console as one of the colleagues, without a word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from console import gate, local
from console.pages import sign_in
from kernel import errors

PATH = "/sandbox/console"
Find = Callable[[str], Awaitable[int]]


def mount(app: web.Application, colleagues: Sequence[str], find: Find) -> None:
    """`find`: the id of one of the colleagues; raises NotFound until he is hired. Only the demo mounts this.

    Who names nobody opens it as the first.
    """

    async def enter(request: web.Request) -> web.StreamResponse:
        is_here = local.is_loopback(request.host) and local.is_same_origin(request.headers, request.host)
        if not is_here:
            raise errors.Forbidden
        name = str((await request.post()).get("as", colleagues[0]))
        if name not in colleagues:
            raise errors.NotFound
        return await sign_in.enter(request, await find(name))

    app.router.add_post(PATH, gate.told(enter))
