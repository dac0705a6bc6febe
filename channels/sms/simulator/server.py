"""The simulator as a web server: one account's REST API. What is allowed and what happens is decided elsewhere."""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from channels.sms.simulator import checks, records
from channels.sms.simulator.model import Call, Json, Message, Refusal
from channels.sms.simulator.world import World

ACCOUNT = "AC00000000000000000000000000000001"
NUMBER = "+48732000111"
FORM = "application/x-www-form-urlencoded"
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Cut(Exception):
    """The connection ends here without an answer."""


class TwilioApi:
    """The far side of one account: `world` is its messages and people's phones, the server is what the hub talks to."""

    def __init__(
        self,
        token: str,
        *,
        account_sid: str = ACCOUNT,
        number: str = NUMBER,
        clock: Callable[[], float] = time.time,
        retry_delay_s: float = 0.05,
    ) -> None:
        self.token = token
        self.url = ""
        self.world = World(account_sid, number, clock)
        self._retry_delay_s = retry_delay_s
        self._runner: web.AppRunner | None = None
        self._poster: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and return the base address; port 0 takes any free one."""
        account = "/2010-04-01/Accounts/{account}"
        app = web.Application()
        for end in (".json", ""):
            app.router.add_post(f"{account}/Messages{end}", self._guarded(self._create))
            app.router.add_get(f"{account}/Messages{end}", self._guarded(self._list))
        app.router.add_get(account + "/Messages/{sid}.json", self._guarded(self._fetch))
        app.router.add_get(account + "/Messages/{sid}/Media.json", self._guarded(self._media_list))
        app.router.add_get(account + "/Messages/{sid}/Media/{media}", self._guarded(self._media))
        app.router.add_get("/stored/{media}", self._stored)
        app.router.add_get(f"{account}/IncomingPhoneNumbers.json", self._guarded(self._numbers))
        app.router.add_get(f"{account}.json", self._guarded(self._account))
        app.router.add_route("*", "/{rest:.*}", self._guarded(self._nothing))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        posting = self.world.outgoing.run(self.token, retry_delay_s=self._retry_delay_s)
        self._poster = asyncio.create_task(posting, name="sms-simulator-callbacks")
        return self.url

    async def stop(self) -> None:
        """End hanging calls at once, stop posting, close the port."""
        self._stopping.set()
        if self._poster is not None:
            self._poster.cancel()
            await asyncio.gather(self._poster, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    # -- what is asked ----------------------------------------------------------------------------------------------

    async def _create(self, request: web.Request) -> web.Response:
        if request.content_type != FORM:
            raise Refusal(415, 20001, f"Not a form: {request.content_type}")
        given = await request.post()
        params = {name: value for name, value in given.items() if isinstance(value, str)}
        self.world.calls.append(Call("POST", request.path, params))
        faults = self.world.faults
        if faults.take_cut_before():
            raise Cut
        if pause := faults.take_stall():
            await self._hang(pause)
            if request.transport is None or request.transport.is_closing():
                raise Cut
        checks.new_message(self.world, params)
        message = self.world.make(params)
        if pause := faults.take_hang():
            await self._hang(pause)
        if faults.take_cut_after():
            raise Cut
        if faults.take_garble():
            return web.Response(status=201, text="<html>OK</html>", content_type="text/html")
        # answered as it was when it was taken, whatever has happened to it since
        return _json({**records.record(self.world, message), "status": "queued", "date_sent": None}, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        self.world.calls.append(Call("GET", request.path, dict(request.query)))
        if self.world.faults.is_list_away:
            raise Refusal(503, 20503, "Service Unavailable")
        return _json(records.page(self.world, request.query))

    async def _fetch(self, request: web.Request) -> web.Response:
        message = self.world.find(request.match_info["sid"])
        if message is None:
            raise _not_found(request)
        return _json(records.record(self.world, message))

    async def _media_list(self, request: web.Request) -> web.Response:
        message = self.world.find(request.match_info["sid"])
        if message is None:
            raise _not_found(request)
        listed = [
            {"sid": url.rpartition("/")[2], "content_type": kind, "uri": f"{urlsplit(url).path}.json"}
            for url, kind in message.media
        ]
        return _json({"media_list": listed, "page": 0, "page_size": 50, "next_page_uri": None})

    async def _media(self, request: web.Request) -> web.Response:
        """The API itself keeps no files: it sends on to a store, which wants no token."""
        media = request.match_info["media"]
        if media not in self.world.media:
            raise _not_found(request)
        return web.Response(status=307, headers={"Location": f"{self.url}/stored/{media}"})

    async def _stored(self, request: web.Request) -> web.Response:
        kind, content = self.world.media[request.match_info["media"]]
        return web.Response(body=content, content_type=kind)

    def mms(self, sender: str, body: str, *parts: tuple[str, bytes], tells: bool = True) -> Message:
        """Somebody sends pictures or files: type and bytes of each. `tells`: as in `World.text`."""
        world = self.world
        folder = f"{self.url}/2010-04-01/Accounts/{world.account_sid}/Messages/MM{world.serial + 1:032x}/Media"
        media = []
        for number, (kind, content) in enumerate(parts):
            name = f"ME{world.serial + 1:028x}{number:04x}"
            world.media[name] = (kind, content)
            media.append((f"{folder}/{name}", kind))
        return world.text(sender, body, media=tuple(media), tells=tells)

    async def _numbers(self, request: web.Request) -> web.Response:
        wanted = request.query.get("PhoneNumber")
        owned = [number for number in sorted(self.world.numbers) if wanted in (None, number)]
        listed = [{"phone_number": number, "sms_url": self.world.message_url, "sms_method": "POST"} for number in owned]
        return _json({"incoming_phone_numbers": listed, "page": 0, "page_size": 50, "next_page_uri": None})

    async def _account(self, request: web.Request) -> web.Response:
        return _json({"sid": self.world.account_sid, "status": "active", "friendly_name": "Simulated"})

    async def _nothing(self, request: web.Request) -> web.Response:
        raise _not_found(request)

    # -- how it is answered -----------------------------------------------------------------------------------------

    def _guarded(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            try:
                self._authenticate(request)
                return await handler(request)
            except Refusal as refusal:
                return _refused(refusal)
            except Cut:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)  # never arrives

        return answer

    def _authenticate(self, request: web.Request) -> None:
        credentials = base64.b64encode(f"{self.world.account_sid}:{self.token}".encode()).decode()
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), f"Basic {credentials}".encode()):
            raise Refusal(401, 20003, "Authenticate")
        if request.match_info.get("account", self.world.account_sid) != self.world.account_sid:
            raise _not_found(request)

    async def _hang(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
        raise Cut


def _not_found(request: web.Request) -> Refusal:
    return Refusal(404, 20404, f"The requested resource {request.path} was not found")


def _refused(refusal: Refusal) -> web.Response:
    more_info = f"https://www.twilio.com/docs/errors/{refusal.code}"
    answer = {"code": refusal.code, "message": refusal.message, "more_info": more_info, "status": refusal.status}
    response = _json(answer, status=refusal.status)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _json(answer: Json, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(answer), status=status, content_type="application/json")
