"""The frame of every page: templates in the reader's language, what all pages may load, and the files they load."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from console import spoken
from kernel import texts

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "language"
LANGUAGE = web.RequestKey("language", str)  # of a request: what its reader reads
VISITOR: web.RequestKey[Any] = web.RequestKey("visitor", object)  # of a request: the colleague whom the gate has let in
CSRF = web.RequestKey("csrf", str)  # of a request: what its forms carry while nobody is signed in
# Nothing from anywhere else, nothing inline: what a customer wrote can at worst be shown.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # without any, browsers send forms with Origin: null, which proves nothing
    "Cache-Control": "no-store",
}
_READY = web.AppKey("console_frame", bool)


def setup(app: web.Application) -> None:
    """Templates and static files, once for all pages of an app."""
    if _READY in app:
        return
    app[_READY] = True
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    app.add_routes([web.get(r"/static/{name:[a-z-]+\.(?:css|js|svg)}", show_asset)])


def page(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """The page in the reader's language. Templates say their texts by `_("…", place=…)` and `_n("one", "many", n)`."""
    reads = language(request)
    visitor = request.get(VISITOR)
    known = {
        "visitor": visitor,
        "csrf": visitor.session.csrf if visitor else request.get(CSRF, ""),
        "language": reads,
        "languages": texts.LANGUAGES,
        "path": request.path,
        "_": partial(spoken.say, reads),
        "_n": partial(texts.say_many, reads),
    }
    response = aiohttp_jinja2.render_template(template, request, {**known, **context}, status=status)
    response.headers.update(HEADERS)
    return response


def language(request: web.Request) -> str:
    """What the reader reads: as he chose, else the first of his browser's that is ours, else English."""
    chosen = request.get(LANGUAGE) or request.cookies.get(LANGUAGE_COOKIE, "")
    wanted = [
        chosen,
        *(part.split(";")[0].strip()[:2] for part in request.headers.get("Accept-Language", "").split(",")),
    ]
    return next((one.lower() for one in wanted if one.lower() in texts.LANGUAGES), "en")


async def show_asset(request: web.Request) -> web.FileResponse:
    """Asks the browser to check each time: the scripts import each other and must be of one version."""
    return web.FileResponse(HERE / "static" / request.match_info["name"], headers={"Cache-Control": "no-cache"})
