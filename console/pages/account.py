"""My account: where I am signed in, and a password with a second factor, which are set together."""

from __future__ import annotations

import importlib
import io

from aiohttp import web

from console import agents, desk, frame, gate, live, passwords, session, totp
from console.gate import office, visitor
from kernel import texts

PATH = "/account"


def routes() -> list[web.RouteDef]:
    return [
        web.get(PATH, gate.staff(show)),
        web.get(f"{PATH}/code.svg", gate.staff(show_code)),
        web.post(f"{PATH}/password", gate.staff(take_password)),
        web.post(f"{PATH}/password/remove", gate.staff(drop_password)),
    ]


async def show(request: web.Request) -> web.Response:
    return await _page(request, saved=request.query.get("saved", ""))


async def show_code(request: web.Request) -> web.Response:
    """The second factor's secret as a QR code, for the session that was shown it and for nobody else."""
    who = visitor(request)
    if not who.session.pending:
        raise web.HTTPNotFound
    segno = importlib.import_module("segno")  # late: a hub that nobody signs in to never needs it
    drawn = io.BytesIO()
    code = segno.make(totp.uri(who.session.pending, who.actor.name), error="m", micro=False)
    code.save(drawn, kind="svg", scale=5, border=3, dark="#000", light="#fff", xmldecl=False)
    return web.Response(body=drawn.getvalue(), content_type="image/svg+xml", headers=frame.HEADERS)


async def take_password(request: web.Request) -> web.Response:
    """Set both at once, with a code that proves the phone has the secret; who has a password proves that as well."""
    own, who, sent = office(request), visitor(request), await request.post()
    password, now_s = str(sent.get("password", "")), own.now().timestamp()
    wrong = await _faults(request, password)
    step = totp.step_of(who.session.pending, str(sent.get("code", "")), now_s) if who.session.pending else None
    if step is None:
        wrong["code"] = True
    if wrong or step is None:
        return await _page(request, wrong=wrong, status=400)
    hashed = await passwords.hashed(password)
    async with own.store.unit() as work:
        await passwords.set_one(work, who.actor.id, hashed, who.session.pending, step)
        await session.pend(work, who.session.id, None)
        await session.end_all(work, who.actor.id, but=who.session.id)
        work.poke(live.LOOP)
    return gate.to(f"{PATH}?saved=set")


async def drop_password(request: web.Request) -> web.Response:
    own, who = office(request), visitor(request)
    async with own.store.unit() as work:
        await passwords.remove(work, who.actor.id)
    return gate.to(f"{PATH}?saved=removed")


async def _faults(request: web.Request, password: str) -> dict[str, bool]:
    """Field → True for each that has to be mended."""
    own, who, sent = office(request), visitor(request), await request.post()
    wrong = {}
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        wrong["password"] = True
    if await passwords.has_one(own.store.reading(), who.actor.id):
        is_his = await passwords.is_right(own.store, who.actor.id, str(sent.get("old", "")))
        if not is_his:
            wrong["old"] = True
    return wrong


async def _page(
    request: web.Request, *, wrong: dict[str, bool] | None = None, saved: str = "", status: int = 200
) -> web.Response:
    own, who = office(request), visitor(request)
    secret = who.session.pending
    if not secret:
        secret = totp.secret()
        async with own.store.unit() as work:
            await session.pend(work, who.session.id, secret)
    reader = own.store.reading()
    return await desk.page(
        request,
        "account.html",
        status=status,
        seats=await _seats(request),
        has_password=await passwords.has_one(reader, who.actor.id),
        secret=totp.grouped(secret),
        shortest=passwords.SHORTEST,
        wrong={"old": False, "password": False, "code": False} | (wrong or {}),
        saved=saved,
    )


async def _seats(request: web.Request) -> list[dict[str, object]]:
    own, who, language = office(request), visitor(request), frame.language(request)
    found = await session.of_staff(own.store.reading(), who.actor.id, now=own.now())
    return [
        {
            "agent": agents.called(one.agent),
            "since": texts.moment(language, one.created_at, who.zone, now=own.now()),
            "seen": texts.moment(language, one.seen_at, who.zone, now=own.now()),
            "here": one.id == who.session.id,
        }
        for one in found
    ]
