"""POST /hooks/{source}: proves who posts, checks the body, stores it, and only then says 202."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
from aiohttp import web

from channels.contract import Accept, Accepted, Raw
from kernel import log
from webhooks import auth, parse, problems, schemas
from webhooks.auth import Networks, Source

_log = log.get(__name__)
_SIGNATURE = "a valid signature or token of this source"


def routes(sources: Mapping[str, Source], accept: Accept, *, trusted: Networks = ()) -> list[web.RouteDef]:
    """The route of all sources. `trusted`: proxies whose word counts for who has sent a request."""

    async def receive(request: web.Request) -> web.StreamResponse:
        name = request.match_info["source"]
        body = await request.read()
        source = sources.get(name)
        peer = auth.peer(request.remote, request.headers.getall("X-Forwarded-For", []), trusted)
        if source is None or not auth.is_genuine(source, request.headers, body, peer):
            # an unknown source and a wrong signature look alike from outside
            _log.warning("hook.refused", source=name if source else "unknown", status=401)
            return problems.response(401, "Unauthorized", detail=_SIGNATURE)
        event = schemas.read(body)
        raw = Raw(
            channel=parse.CHANNEL,
            account=parse.account(name),
            external_id=_external_id(request, body),
            address=event.order_key,
            body=body,
            received_at=datetime.now(UTC),
        )
        return _answer(await accept(raw))

    return [web.post("/hooks/{source}", receive)]


def _external_id(request: web.Request, body: bytes) -> str:
    """The sender's id of the event; a source that gives none is recognised by the body, its timestamp included."""
    given = request.headers.get("webhook-id", "")
    return given or "body:" + hashlib.sha256(body).hexdigest()


def _answer(accepted: Accepted) -> web.Response:
    status = "accepted" if accepted.fresh else "duplicate"
    return web.Response(
        status=202,
        body=orjson.dumps({"status": status, "id": str(accepted.id)}),
        content_type="application/json",
    )
