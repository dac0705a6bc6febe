"""The page behind a link by which a customer sends us files, once. It shows nothing of him: whoever has it may look."""

from __future__ import annotations

import asyncio

from aiohttp import web

from console import enclosed, frame, gate, limits, receiving
from console.receiving import Form, Receiving
from kernel import errors
from tickets import numbers, uploads
from tickets.uploads import Link, Stands

PATH = "/u/{token:[A-Za-z0-9_-]{1,60}}"
_GONE = {Stands.USED: 410, Stands.REPLACED: 410, Stands.EXPIRED: 410, Stands.CLOSED: 410}
_WRONG = {"whole": 413, "file": 413}


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.anybody(show)), web.post(PATH, gate.anybody(take, streams=True))]


async def show(request: web.Request) -> web.Response:
    found = await _link(request)
    return found if isinstance(found, web.Response) else _page(request, found)


async def take(request: web.Request) -> web.Response:
    """1. Is the link good? Before a byte is read. 2. The form, whole. 3. Stored, and only then is he thanked."""
    found = await _link(request)
    if isinstance(found, web.Response):
        return found
    if found.stands is not Stands.OPEN:
        return _page(request, found)
    if not await _may_try(request, limits.link_key(uploads.digest(_token(request))), limits.OF_LINK):
        return _page(request, found, shown="busy", status=429)
    form = Form(await asyncio.to_thread(receiving.spool))
    try:
        return await _taken(request, found, form)
    finally:
        await asyncio.to_thread(form.spool.close)


async def _taken(request: web.Request, found: Link, form: Form) -> web.Response:
    own = _receiving(request)
    try:
        await own.read(request, form)
    except errors.Invalid:
        return _page(request, found, wrong="broken", form=form, status=400)
    if form.wrong:
        return _page(request, found, wrong=form.wrong, form=form, status=_WRONG.get(form.wrong, 400))
    gate.must_be_ours(request, form.csrf)
    is_first = await own.store(form, found.id)
    return _page(request, found, shown="thanks") if is_first else _page(request, found, shown="used", status=410)


async def _link(request: web.Request) -> Link | web.Response:
    """The link in its customer's language; the one page for all that there are not."""
    found = await uploads.by_token(gate.office(request).store.reading(), _token(request))
    if found is None:
        key = limits.stranger_key(gate.office(request).peer(request))
        is_patient = await _may_try(request, key, limits.OF_ADDRESS)
        return _page(request, None, shown="none" if is_patient else "busy", status=404 if is_patient else 429)
    if found.language:
        request[frame.LANGUAGE] = found.language
    return found


async def _may_try(request: web.Request, key: str, most: int) -> bool:
    own = gate.office(request)
    async with own.store.unit() as work:
        return await limits.spend(work, {key: most}, now=own.now())


def _token(request: web.Request) -> str:
    return request.match_info["token"]


def _receiving(request: web.Request) -> Receiving:
    found = gate.office(request).receiving
    if found is None:
        raise errors.NotFound
    return found


def _page(
    request: web.Request,
    found: Link | None,
    *,
    shown: str = "",
    wrong: str = "",
    form: Form | None = None,
    status: int = 0,
) -> web.Response:
    """`shown`: what is said in the place of the form; `wrong`: above it. `form`: what was sent; its words stay."""
    own, language = gate.office(request).receiving, frame.language(request)
    if found is not None and not shown and found.stands is not Stands.OPEN:
        shown = found.stands.value
    largest = own.largest if own else receiving.FILE_LIMIT
    return frame.page(
        request,
        "upload.html",
        status=status or (_GONE.get(found.stands, 200) if found else 404),
        ticket=numbers.written(found.number) if found else "",
        house=own.house if own else "",
        shown=shown,
        wrong=wrong,
        what=form.what if form else "",
        typed=form.comment if form else "",
        most=receiving.MOST_FILES,
        largest=enclosed.size(language, largest),
        whole=enclosed.size(language, receiving.WHOLE_LIMIT),
        limit=receiving.COMMENT_LIMIT,
        here=request.path,
    )
