"""The one gate to all pages: who asks, whether he may, and whether a form is really ours. Refusals become pages."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct

from console import frame, posted, ranks, refusals, session, spoken
from console.office import OFFICE, Office
from console.session import Session
from crmcore import access, owners
from crmcore.access import Actor, Role, Scope
from kernel import errors, log
from routing import assign

_log = log.get(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SIGN_IN = "/sign-in"
BY_ITSELF = "X-Live"  # a page that looks again by itself: nobody has touched anything
_STATUS: dict[type[errors.CentralaError], int] = {
    errors.Invalid: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TryLater: 503,
}


class Visitor(Struct, frozen=True):
    """A colleague at a page, as of this very request."""

    actor: Actor
    session: Session

    @property
    def scope(self) -> Scope:
        return access.scope(self.actor)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.actor.zone)

    def ranks(self, least: str) -> bool:
        """For templates: what to offer. What may be done is decided again where it is done."""
        return access.ranks(self.actor, Role(least))


def visitor(request: web.Request) -> Visitor:
    """Whom the gate has let in."""
    found: Visitor = request[frame.VISITOR]
    return found


def office(request: web.Request) -> Office:
    return request.app[OFFICE]


def staff(handler: Handler, *, least: Role = Role.AGENT, body_limit: int = 0) -> Handler:
    """For colleagues of the rank that `ranks` says (`least` may ask for more): strangers are sent to sign in, and to
    lower ranks there is no such page. `body_limit`: bytes of a form with files; only colleagues may send so much."""

    async def answer(request: web.Request) -> web.StreamResponse:
        found = await _find(request)
        if found is None:
            return _to_sign_in(request)
        if body_limit and request.method == "POST":
            request = request.clone(client_max_size=body_limit)
        request[frame.VISITOR] = found
        if found.session.holder.language:
            request[frame.LANGUAGE] = found.session.holder.language
        try:
            for needed in (least, ranks.least(request.method, refusals.route(request))):
                refusals.must_rank(request, found.actor, needed)
            posted.must_be_kept(request.query.items())
            if request.method == "POST":
                await posted.form(request, files=body_limit > 0)
                _must_be_ours(request, str((await request.post()).get("csrf", "")), found.session.csrf)
            return await handler(request)
        except errors.CentralaError as error:
            await refusals.note(request, error)
            raise

    return told(answer)


def anybody(handler: Handler, *, streams: bool = False) -> Handler:
    """For those who are not signed in: their forms carry what their cookie does.

    `streams`: the handler reads the form itself, piece by piece, and calls `must_be_ours` before it does anything.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        kept = request.cookies.get(form_cookie(request), "")
        request[frame.CSRF] = kept or session.token()
        posted.must_be_kept(request.query.items())
        if request.method == "POST" and not streams:
            await posted.form(request)
            _must_be_ours(request, str((await request.post()).get("csrf", "")), kept)
        response = await handler(request)
        if not kept and isinstance(response, web.Response):
            is_https = office(request).is_https
            response.set_cookie(
                form_cookie(request), request[frame.CSRF], httponly=True, samesite="Strict", secure=is_https, path="/"
            )
        return response

    return told(answer)


def either(handler: Handler) -> Handler:
    """For colleagues and for those who are not signed in."""
    inside_, outside = staff(handler), anybody(handler)

    async def answer(request: web.Request) -> web.StreamResponse:
        is_known = bool(request.cookies.get(cookie(office(request)))) and await _find(request) is not None
        return await (inside_ if is_known else outside)(request)

    return told(answer)


def told(handler: Handler) -> Handler:
    """Refusals as pages in the reader's language, never a trace and never a bare status."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except errors.CentralaError as error:
            return refusal(request, next((_STATUS[kind] for kind in _STATUS if isinstance(error, kind)), 400), error)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return refusal(request, error.status, error)
        except Exception as error:
            if not errors.is_passing(error):
                raise
            return refusal(request, 503, error)

    return answer


def refusal(request: web.Request, status: int, error: Exception) -> web.Response:
    _log.warning("page.refused", path=refusals.route(request)[:80], status=status)  # an address may carry a secret
    said = ""
    if isinstance(error, errors.CentralaError) and status in (400, 409):
        said = spoken.refusal(frame.language(request), error)
    response = frame.page(request, "problem.html", status=status, problem=status, said=said)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


# -- who asks ------------------------------------------------------------------------------------------------------


async def _find(request: web.Request) -> Visitor | None:
    """Looked up with each request: whoever was removed a moment ago is not let in."""
    own, token = office(request), request.cookies.get(cookie(office(request)), "")
    if not token:
        return None
    now, reader = own.now(), own.store.reading()
    found = await session.find(reader, token, now=now)
    if found is None:
        return None
    if now - found.seen_at > session.SEEN_EVERY and BY_ITSELF not in request.headers:
        async with own.store.unit() as work:
            await session.seen(work, found.id, now=now)
    holder = found.holder
    queues = await assign.queues_of(reader, own.desk, holder.staff_id, holder.name)
    standing = await owners.standing(reader, holder.staff_id)
    return Visitor(
        Actor(holder.staff_id, holder.name, holder.role, holder.zone, queues, standing, access.SESSION), found
    )


def cookie(own: Office) -> str:
    """`__Host-` binds it to this very host; browsers take that only over https."""
    return "__Host-centrala" if own.is_https else "centrala"


def form_cookie(request: web.Request) -> str:
    return "__Host-form" if office(request).is_https else "form"


def let_in(request: web.Request, response: web.Response, token: str) -> None:
    """Hand the browser its session."""
    own = office(request)
    response.set_cookie(
        cookie(own),
        token,
        max_age=int(session.LONGEST.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=own.is_https,
        path="/",
    )


def _to_sign_in(request: web.Request) -> web.Response:
    wanted = f"?to={quote(request.path)}" if request.method == "GET" and request.path != "/" else ""
    return web.Response(status=303, headers={"Location": f"{SIGN_IN}{wanted}", "Cache-Control": "no-store"})


def to(path: str) -> web.Response:
    """Answer a form: go there. A reload then asks for the page and sends nothing again."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def inside(path: str, *, otherwise: str = "/") -> str:
    """`path` if it is one of ours: never another site's, however it is written. Pure."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours and not urlsplit(path).netloc else otherwise


# -- whose form it is ----------------------------------------------------------------------------------------------


def must_be_ours(request: web.Request, given: str) -> None:
    """For a handler that reads its form itself. Raises Forbidden for one that was not shown to this browser."""
    _must_be_ours(request, given, request.cookies.get(form_cookie(request), ""))


def _must_be_ours(request: web.Request, given: str, kept: str) -> None:
    """Raises Forbidden for a form that another site sends, or that was not shown to this very session."""
    is_same = is_same_origin(request.headers, request.host, office(request).public_url)
    if not is_same or not kept or not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), kept.encode()):
        raise errors.Forbidden(code=errors.ELSEWHERE)


def is_same_origin(headers: Mapping[str, str], host: str, public_url: str) -> bool:
    """Browsers say where a form stood and pages cannot forge it; what says neither is no browser. Pure."""
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    parts = urlsplit(public_url)
    ours = {f"http://{host}", f"https://{host}", f"{parts.scheme}://{parts.netloc}"}
    return origin is None or origin in ours
