"""The page behind the link in a letter on which a customer says how we did. Opening it shows; only sending counts."""

from __future__ import annotations

from aiohttp import web

from console import frame, gate
from kernel import errors, texts
from tickets import numbers, surveys
from tickets.surveys import COMMENT_LIMIT, SCORES, Asked

PATH = "/rate/{token:[a-zA-Z0-9.]{20,60}}"
_WORDS = {1: "very bad", 2: "bad", 3: "middling", 4: "good", 5: "very good"}


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.anybody(show)), web.post(PATH, gate.anybody(take))]


async def show(request: web.Request) -> web.Response:
    """A mail program that opens every link has said nothing by it."""
    return _page(request, await _asked(request))


async def take(request: web.Request) -> web.Response:
    found, sent = await _asked(request), await request.post()
    given = str(sent.get("score", ""))
    if given not in {str(score) for score in SCORES}:
        return _page(request, found, wrong=True, typed=str(sent.get("comment", "")), status=400)
    async with gate.office(request).store.unit() as work:
        counts = await surveys.answer(work, found, int(given), comment=str(sent.get("comment", "")))
    return _page(request, found, done="now" if counts else "before")


async def _asked(request: web.Request) -> Asked:
    """The question that the link is about, in its customer's language. Raises NotFound for a link of nobody's."""
    own = gate.office(request)
    number = own.desk.tokens.read_rating(request.match_info["token"])
    found = await surveys.by_number(own.store.reading(), number) if number is not None and number < 2**63 else None
    if found is None:
        raise errors.NotFound
    if found.language:
        request[frame.LANGUAGE] = found.language
    return found


def _page(
    request: web.Request, found: Asked, *, done: str = "", wrong: bool = False, typed: str = "", status: int = 200
) -> web.Response:
    language = frame.language(request)
    now = gate.office(request).store.clock.now()
    if not done and (found.score is not None or now - found.asked_at > surveys.OPEN_FOR):
        done = "before" if found.score is not None else "late"
    return frame.page(
        request,
        "rate.html",
        status=status,
        ticket=numbers.written(found.number),
        scores=[(score, texts.say(language, _WORDS[score])) for score in SCORES],
        limit=COMMENT_LIMIT,
        done=done,
        wrong=wrong,
        typed=typed[:COMMENT_LIMIT],
        here=request.path,
    )
