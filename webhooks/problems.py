"""Errors as other systems read them: application/problem+json (RFC 9457) with the fields that are wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from kernel import errors, log

_log = log.get(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RETRY_AFTER_S = "5"
_STATUS: dict[type[errors.CentralaError], tuple[int, str]] = {
    errors.Invalid: (400, "Bad request"),
    errors.Forbidden: (403, "Forbidden"),
    errors.NotFound: (404, "Not found"),
    errors.Conflict: (409, "Conflict"),
    errors.TryLater: (503, "Try again later"),
}


def response(status: int, title: str, *, problems: tuple[errors.Problem, ...] = (), detail: str = "") -> web.Response:
    """A problem document."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    body["errors"] = [problem.as_dict() for problem in problems]
    headers = {"Retry-After": RETRY_AFTER_S} if status == 503 else None
    return web.Response(
        status=status, body=orjson.dumps(body), content_type="application/problem+json", headers=headers
    )


def told(handler: Handler) -> Handler:
    """The handler with our errors, and aiohttp's, turned into problem documents; one line in the log for each refusal.

    A wrapper of each route and no middleware of the app: aiohttp's chain costs a fifth of a plain answer's time.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except errors.CentralaError as error:
            status, title = _STATUS.get(type(error), (500, "Something broke here"))
            _log.warning("http.refused", path=request.path, status=status, fields=[one.field for one in error.problems])
            return response(status, title, problems=error.problems, detail=str(error))
        except web.HTTPException as error:
            if error.status < 400 or error.content_type == "application/problem+json":
                raise
            _log.warning("http.refused", path=request.path, status=error.status)
            return response(error.status, error.reason)

    return guarded


async def nowhere(request: web.Request) -> web.StreamResponse:
    """What no route answers: 405 where another method would, else 404."""
    methods: set[str] = set()
    for resource in request.app.router.resources():
        _, allowed = await resource.resolve(request)
        methods |= allowed
    if methods - {"*"}:
        raise web.HTTPMethodNotAllowed(request.method, methods - {"*"})
    raise web.HTTPNotFound


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The same for an app whose routes are not ours to wrap (the demo's page)."""
    return await told(handler)(request)
