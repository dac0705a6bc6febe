"""Signing in and out: by a link from the bot, or by password with a code."""

from __future__ import annotations

from aiohttp import web

from console import frame, gate, limits, links, live, passwords, session
from console.gate import office
from crmcore import staff
from kernel import folding, texts

YEAR_S = 365 * 24 * 3600


def routes() -> list[web.RouteDef]:
    return [
        web.get(gate.SIGN_IN, gate.anybody(show)),
        web.post(gate.SIGN_IN, gate.anybody(take)),
        web.get(links.PATH + "{token:[A-Za-z0-9_-]{20,80}}", gate.anybody(show_link)),
        web.post(links.PATH + "{token:[A-Za-z0-9_-]{20,80}}", gate.anybody(take_link)),
        web.post("/sign-out", gate.staff(leave)),
        web.post("/language", gate.either(speak)),
    ]


async def show(request: web.Request) -> web.Response:
    return _form(request, to=request.query.get("to", ""))


async def take(request: web.Request) -> web.Response:
    """Name, password and code. The same answer for an unknown name and a wrong word."""
    own, sent = office(request), await request.post()
    name, to = str(sent.get("name", ""))[:200], str(sent.get("to", ""))
    account = limits.account_key(folding.fold(name))
    async with own.store.unit() as work:
        may_try = await limits.count(work, account, limits.address_key(own.peer(request)), now=own.now())
    if not may_try:
        return _form(request, to=to, name=name, wrong="often", status=429)
    staff_id = await passwords.check(
        own.store, name, str(sent.get("password", "")), str(sent.get("code", "")), at_s=own.now().timestamp()
    )
    if staff_id is None:
        return _form(request, to=to, name=name, wrong="wrong", status=403)
    async with own.store.unit() as work:
        await limits.forgive(work, account)
    return await enter(request, staff_id, to=to)


async def show_link(request: web.Request) -> web.Response:
    """Only shown: a preview that opens the link must not spend it."""
    own = office(request)
    name = await links.look(own.store.reading(), request.match_info["token"], now=own.now())
    return frame.page(request, "link.html", status=200 if name else 404, name=name)


async def take_link(request: web.Request) -> web.Response:
    own = office(request)
    async with own.store.unit() as work:
        staff_id = await links.spend(work, request.match_info["token"], now=own.now())
    if staff_id is None:
        return frame.page(request, "link.html", status=404, name=None)
    return await enter(request, staff_id)


async def enter(request: web.Request, staff_id: int, *, to: str = "") -> web.Response:
    """A new session, whatever there was before."""
    own = office(request)
    async with own.store.unit() as work:
        await session.end(work, request.cookies.get(gate.cookie(own), ""))
        token = await session.open_one(work, staff_id, agent=request.headers.get("User-Agent", ""), now=own.now())
    response = gate.to(gate.inside(to))
    gate.let_in(request, response, token)
    return response


async def leave(request: web.Request) -> web.Response:
    """Sign out here, or (`everywhere`) wherever he is signed in."""
    own, who = office(request), gate.visitor(request)
    everywhere = "everywhere" in await request.post()
    async with own.store.unit() as work:
        if everywhere:
            await session.end_all(work, who.actor.id)
        else:
            await session.end(work, request.cookies.get(gate.cookie(own), ""))
        work.poke(live.LOOP)
    response = gate.to(gate.SIGN_IN)
    response.del_cookie(gate.cookie(own), path="/", secure=own.is_https, httponly=True, samesite="Lax")
    return response


async def speak(request: web.Request) -> web.Response:
    """The language of pages: kept by the browser, and for a colleague wherever he signs in."""
    own, sent, who = office(request), await request.post(), request.get(frame.VISITOR)
    if who is not None and sent.get("language") in texts.LANGUAGES:
        async with own.store.unit() as work:
            await staff.speak(work, who.actor.id, str(sent["language"]))
    response = gate.to(gate.inside(str(sent.get("to", ""))))
    if sent.get("language") in texts.LANGUAGES:
        response.set_cookie(
            frame.LANGUAGE_COOKIE,
            str(sent["language"]),
            max_age=YEAR_S,
            samesite="Lax",
            httponly=True,
            secure=office(request).is_https,
            path="/",
        )
    return response


def _form(request: web.Request, *, to: str, name: str = "", wrong: str = "", status: int = 200) -> web.Response:
    return frame.page(request, "sign_in.html", status=status, to=gate.inside(to), name=name, wrong=wrong)
