"""The end of a sign-in in a browser: a port of this machine that takes the code (RFC 8252 7.3), and PKCE (RFC 7636)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from msgspec import Struct

from channels.email.oauth import answers

_DONE = "Done. You can close this page and go back to where you began."
_NOT_OURS = "This address does not belong to a sign-in that is waiting here. Begin again with the address shown there."


class Redirect(Struct):
    """Where the browser is sent back to. `code` is done with the code, or raises Refusal."""

    state: str
    code: asyncio.Future[str]
    uri: str = ""

    def take(self, url: str) -> bool:
        """Take an address that the provider has sent a browser to; False if it is none of this sign-in."""
        found = parse_qs(urlsplit(url).query)
        state, code, refused = (found.get(name, [""])[0] for name in ("state", "code", "error"))
        if not hmac.compare_digest(state.encode(), self.state.encode()) or not (code or refused):
            return False
        if not self.code.done():
            if refused:
                self.code.set_exception(answers.refusal(400, {"error": refused}))
            else:
                self.code.set_result(code)
        return True


@asynccontextmanager
async def waiting(state: str) -> AsyncIterator[Redirect]:
    """A port of this machine, and of nobody else, for as long as the block lasts."""
    back = Redirect(state, asyncio.get_running_loop().create_future())

    async def came(request: web.Request) -> web.Response:
        is_ours = back.take(str(request.url))
        headers = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return web.Response(text=_DONE if is_ours else _NOT_OURS, status=200 if is_ours else 400, headers=headers)

    app = web.Application()
    app.router.add_get("/", came)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        back.uri = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield back
    finally:
        await runner.cleanup()
        if back.code.done() and not back.code.cancelled():
            back.code.exception()  # seen, whoever waited for it


def address(authorize_url: str, asked: Mapping[str, str]) -> str:
    """The provider's page with what is asked of it."""
    return f"{authorize_url}{'&' if '?' in authorize_url else '?'}{urlencode(asked)}"


def challenge(verifier: str) -> str:
    """What proves later that the code is brought by who has asked for it (S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
