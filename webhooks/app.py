"""POST /hooks/{source}: proves who posts, checks the body, stores it, and only then says 202."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
from aiohttp import web

from channels.contract import Accept, Accepted
from kernel import log
from webhooks import auth, posting, problems
from webhooks.auth import Networks, Source
from webhooks.mapper import Mapper

_log = log.get(__name__)
_SIGNATURE = "a valid signature or token of this source"


def routes(
    sources: Mapping[str, Source], accept: Accept, *, mapper: Mapper, trusted: Networks = ()
) -> list[web.RouteDef]:
    """The route of all sources. `trusted`: proxies whose word counts for who has sent a request."""

    async def receive(request: web.Request) -> web.StreamResponse:
        name = request.match_info["source"]
        body = await request.read()
        source = sources.get(name)
        if source is None or not auth.is_genuine(source, request.headers, body, _peer(request, source, trusted)):
            # an unknown source and a wrong signature look alike from outside
            _log.warning("hook.refused", source=name if source else "unknown", status=401)
            return problems.response(401, "Unauthorized", detail=_SIGNATURE)
        posted = await posting.understood(source, request.headers, body, mapper=mapper, now=datetime.now(UTC))
        return _answer(await accept(posted.raw) if posted else None)

    return [web.post("/hooks/{source}", receive)]


def _peer(request: web.Request, source: Source, trusted: Networks) -> str | None:
    """Who has sent it, which is asked only where no signature proves the source."""
    if source.keys:
        return None
    return auth.peer(request.remote, request.headers.getall("X-Forwarded-For", []), trusted)


def _answer(accepted: Accepted | None) -> web.Response:
    """None: the source's map has said that the payload is not for us. The sender has done all that is asked of him."""
    status = "ignored" if accepted is None else "accepted" if accepted.fresh else "duplicate"
    return web.Response(
        status=202,
        body=orjson.dumps({"status": status, "id": str(accepted.id) if accepted else None}),
        content_type="application/json",
    )
