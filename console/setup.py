"""The pages that set a hub up, a step a page; what the steps are and what they do is handed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Protocol

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from console import frame, gate, local
from console.connecting import Found
from console.setup_door import Door
from kernel import texts

PATH = "/setup"
COOKIE = "centrala_setup"
CHANNELS = "/settings/channels"
FORM_LIMIT = 20_000  # characters of one answer
WAIT, DONE = "wait", "done"  # pages that are no steps
INVITATION, SIGN_IN = "invitation", "sign-in"  # codes for a phone's camera
BEGIN, STOP, BRING = "sign-in", "stop", "bring"  # orders about signing in at a provider


class Field(Struct, frozen=True):
    """A question as it is shown. `is_kept`: a secret that is set; it is never shown again. `problem`: what is wrong.

    `ways`: of signing in that need the answer; () for all.
    """

    key: str
    label: str
    help: str
    example: str
    value: str
    is_secret: bool
    is_needed: bool
    is_kept: bool
    rare: bool
    choices: tuple[tuple[str, str], ...]
    problem: str = ""
    suggested: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()


class SignIn(Struct, frozen=True):
    """Signing in at a provider, as it stands. `open_at`: what the person opens, "" while nobody is waited for.

    `code`: what he types there; "" where his browser brings it back, or he himself by the address it ended at.
    `until`: then it is too late. `why`: how the last one failed.
    """

    label: str
    is_begun: bool
    open_at: str = ""
    code: str = ""
    until: str = ""
    why: str = ""


class View(Struct, frozen=True):
    """A step as it is shown. `is_set`: it has been answered before; `told`: how an order went, `good` or not.

    `link`: what the administrator opens; `has_picture`: it is shown as a code for a phone's camera too.
    """

    step: str
    title: str
    intro: str
    number: int
    count: int
    fields: tuple[Field, ...]
    found: tuple[Found, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    told: str = ""
    good: bool = True
    is_saved: bool = False
    is_set: bool = False
    can_test: bool = False
    link: str = ""
    sign_in: SignIn | None = None
    before: str = ""
    after: str = ""


class Line(Struct, frozen=True):
    """A step and what came of it, for the last page and the list at the top. `is_waiting`: somebody is invited."""

    step: str
    title: str
    is_set: bool
    is_waiting: bool = False


class Setup(Protocol):
    """What the pages ask and order. `round` grows each time the hub has started anew with what was saved."""

    door: Door

    @property
    def round(self) -> int: ...

    @property
    def language(self) -> str:
        """As chosen in the first step; "" before that."""

    @property
    def is_quiet(self) -> bool:
        """True while nothing leaves except to colleagues."""

    def lines(self, language: str) -> tuple[Line, ...]: ...

    async def shown(self, step: str, language: str) -> View | None:
        """None for a step that there is not."""

    async def test(self, step: str, written: Mapping[str, str], language: str) -> View:
        """Try the answers; nothing is written."""

    async def save(self, step: str, written: Mapping[str, str], language: str) -> View:
        """Write the answers, and try them. `is_saved`: the file has them, whatever the tries said."""

    async def sign_in(self, order: str, typed: str, language: str) -> None:
        """BEGIN, STOP, or BRING the address `typed`, at which the browser has ended."""

    def renew(self) -> bool:
        """Start the hub anew if the file has changed since; True if it does."""

    def picture(self, name: str) -> bytes | None:
        """As SVG: the administrator's INVITATION, or the page to SIGN_IN at."""

    def finish(self) -> None: ...


Handler = Callable[[Setup, web.Request], Awaitable[web.StreamResponse]]


def mount(app: web.Application, setup: Setup) -> None:
    """Adds the pages to the app."""
    frame.setup(app)
    app.add_routes(
        [
            web.get(PATH, gate.told(partial(enter, setup))),
            *(web.get(f"{PATH}/{name}.svg", _guarding(setup, show_picture)) for name in (INVITATION, SIGN_IN)),
            web.get(f"{PATH}/{WAIT}", _guarding(setup, wait)),
            web.get(f"{PATH}/{DONE}", _guarding(setup, show_end)),
            web.post(f"{PATH}/{DONE}", _guarding(setup, end)),
            web.get(PATH + "/{step:[a-z]+}", _guarding(setup, show_step)),
            web.post(PATH + "/{step:[a-z]+}", _guarding(setup, take_step)),
        ]
    )


async def enter(setup: Setup, request: web.Request) -> web.StreamResponse:
    """The link of the terminal: its token is spent for a cookie. Without one it is the first step's address."""
    token = request.query.get("token", "")
    if not token and setup.door.knows(_cookie(request)):
        raise _to(_first(setup))
    cookie = setup.door.enter(token) if token else ""
    if not cookie:
        return _turned_away(setup, request)
    answer = web.HTTPSeeOther(_first(setup), headers=frame.HEADERS)
    answer.set_cookie(COOKIE, cookie, path=PATH, httponly=True, samesite="Strict", secure=request.secure)
    raise answer


async def show_step(setup: Setup, request: web.Request) -> web.StreamResponse:
    view = await _shown(setup, request)
    return _page(setup, request, view)


async def take_step(setup: Setup, request: web.Request) -> web.StreamResponse:
    """Test shows what was found and keeps the answers in the form; Save writes, and goes on if all is well."""
    step, language = request.match_info["step"], _language(setup, request)
    await _shown(setup, request)
    written = {key: value[:FORM_LIMIT] for key, value in (await request.post()).items() if isinstance(value, str)}
    if (order := written.get("do", "")) in (BEGIN, STOP, BRING):
        await setup.sign_in(order, written.get("ended_at", ""), language)
        raise _to(f"{PATH}/{step}")
    if order == "test":
        return _page(setup, request, await setup.test(step, written, language))
    view = await setup.save(step, written, language)
    if not view.is_saved:
        return _page(setup, request, view, status=400)
    after = view.step if view.told else view.after or DONE  # what came of it is read first
    if setup.renew():
        raise _to(f"{PATH}/{WAIT}?round={setup.round + 1}&step={after}")
    raise _to(f"{PATH}/{after}")


async def wait(setup: Setup, request: web.Request) -> web.StreamResponse:
    """Shown while the hub starts anew; once it has, the way leads on."""
    wanted, step = request.query.get("round", "0"), request.query.get("step", "")
    step = step if step in {line.step for line in setup.lines("en")} else DONE
    if not wanted.isdigit() or setup.round >= int(wanted[:9]):
        raise _to(f"{PATH}/{step}")
    return frame.page(_spoken(setup, request), "setup_wait.html")


async def show_picture(setup: Setup, request: web.Request) -> web.StreamResponse:
    picture = setup.picture(request.path.removeprefix(f"{PATH}/").removesuffix(".svg"))
    if picture is None:
        raise web.HTTPNotFound
    return web.Response(body=picture, content_type="image/svg+xml", headers=frame.HEADERS)


async def show_end(setup: Setup, request: web.Request) -> web.StreamResponse:
    return _end(setup, request, is_over=False)


async def end(setup: Setup, request: web.Request) -> web.StreamResponse:
    """From now on link and cookie are worth nothing. Who came for one channel goes back to where they are listed."""
    answer = gate.to(CHANNELS) if setup.door.errand else _end(setup, request, is_over=True)
    setup.finish()
    answer.del_cookie(COOKIE, path=PATH)
    return answer


async def _guarded(setup: Setup, handler: Handler, request: web.Request) -> web.StreamResponse:
    """Only who came by the link; a post also has to come from our own form on our own page."""
    if not setup.door.knows(_cookie(request)):
        return _turned_away(setup, request)
    if request.method == "POST":
        proof = str((await request.post()).get("proof", ""))
        if not local.is_same_origin(request.headers, request.host) or not setup.door.proves(proof):
            return _refused(request)
    return await handler(setup, request)


def _guarding(setup: Setup, handler: Handler) -> gate.Handler:
    return gate.told(partial(_guarded, setup, handler))


async def _shown(setup: Setup, request: web.Request) -> View:
    """The step of the address. Raises HTTPNotFound, also for one that this visitor has not come for."""
    step = request.match_info["step"]
    view = await setup.shown(step, _language(setup, request)) if setup.door.leads_to(step) else None
    if view is None:
        raise web.HTTPNotFound
    return view


def _first(setup: Setup) -> str:
    errand = setup.door.errand
    return f"{PATH}/{errand.step if errand else setup.lines('en')[0].step}"


def _page(setup: Setup, request: web.Request, view: View, status: int = 200) -> web.Response:
    spoken = _spoken(setup, request)
    lines, errand = setup.lines(frame.language(spoken)), setup.door.errand
    if errand is not None:
        view, lines = replace(view, before="", after=""), ()
    return frame.page(
        spoken, "setup.html", status=status, view=view, lines=lines, proof=setup.door.proof, errand=errand
    )


def _end(setup: Setup, request: web.Request, *, is_over: bool) -> web.Response:
    spoken = _spoken(setup, request)
    lines = setup.lines(frame.language(spoken))
    return frame.page(
        spoken, "setup_done.html", lines=lines, proof=setup.door.proof, is_over=is_over, is_quiet=setup.is_quiet
    )


def _turned_away(setup: Setup, request: web.Request) -> web.Response:
    if not setup.door.is_open:
        raise web.HTTPNotFound
    return frame.page(request, "setup_refused.html", status=401, why=_no_link(frame.language(request)))


def _refused(request: web.Request) -> web.Response:
    return frame.page(request, "setup_refused.html", status=403, why=_foreign_form(frame.language(request)))


def _no_link(language: str) -> str:
    return texts.say(
        language,
        "This link is not right, or it has been used. It works once, in one browser. Stop the hub and start it again "
        "with centrala run: the terminal shows a new one.",
    )


def _foreign_form(language: str) -> str:
    return texts.say(
        language, "This form did not come from this page, or it is old. Nothing was done. Open the page again."
    )


def _cookie(request: web.Request) -> str:
    return request.cookies.get(COOKIE, "")


def _language(setup: Setup, request: web.Request) -> str:
    return frame.language(_spoken(setup, request))


def _spoken(setup: Setup, request: web.Request) -> web.Request:
    """The request of somebody who reads what was chosen in the first step."""
    errand = setup.door.errand
    if spoken := errand.language if errand else setup.language:
        request[frame.LANGUAGE] = spoken
    return request


def _to(path: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(path, headers=frame.HEADERS)
