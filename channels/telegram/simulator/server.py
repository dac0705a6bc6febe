"""The simulator as a web server: one bot's Bot API, its files, its webhook. What is allowed is decided elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from channels.telegram.simulator import reading
from channels.telegram.simulator.delivery import Delivery
from channels.telegram.simulator.methods import METHODS, WAITING
from channels.telegram.simulator.model import Call, Json, Person
from channels.telegram.simulator.params import Params
from channels.telegram.simulator.polling import Polling
from channels.telegram.simulator.refusals import Refusal
from channels.telegram.simulator.world import World

BODY_LIMIT_BYTES = 64 * 1024 * 1024


class Cut(Exception):
    """The connection ends here without an answer."""


class BotApi:
    """The far side of one bot: `world` is its people and chats, the server is what the bot talks to."""

    def __init__(
        self,
        token: str,
        *,
        bot_id: int = 1000,
        username: str = "centrala_demo_bot",
        clock: Callable[[], float] = time.time,
        retry_delay_s: float = 0.05,
    ) -> None:
        self.token = token
        self.url = ""
        self.world = World(Person(bot_id, "Centrala", username=username, is_bot=True), clock)
        self._polling = Polling(self.world)
        self._retry_delay_s = retry_delay_s
        self._runner: web.AppRunner | None = None
        self._deliverer: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and return the base address; port 0 takes any free one."""
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.router.add_route("*", "/bot{token}/{method}", self._on_call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._on_download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0]
        self.url = f"http://{host}:{bound[1]}"
        delivery = Delivery(self.world, retry_delay_s=self._retry_delay_s, perform=self._perform_quietly)
        self._deliverer = asyncio.create_task(delivery.run(), name="telegram-simulator-webhook")
        return self.url

    async def stop(self) -> None:
        """End waiting polls and hanging calls at once, stop delivering, close the port."""
        self._stopping.set()
        self._polling.stop()
        if self._deliverer is not None:
            self._deliverer.cancel()
            await asyncio.gather(self._deliverer, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _on_call(self, request: web.Request) -> web.Response:
        if request.method not in ("GET", "POST"):
            return _refused(Refusal(405, "Method Not Allowed"))
        if request.match_info["token"] != self.token:
            return _refused(Refusal(401, "Unauthorized"))
        method = request.match_info["method"]
        try:
            params = await reading.request(request)
            return _json({"ok": True, "result": await self._answer(method, params)})
        except Refusal as refusal:
            return _refused(refusal)
        except Cut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)  # never arrives

    async def _answer(self, method: str, params: Params) -> Any:
        """The call with the faults that were ordered for it, in the order a network would meet them."""
        name, faults = method.lower(), self.world.faults
        self.world.record(Call(method, {**params.given, **params.uploads}))
        if faults.take_cut_before(name):
            raise Cut
        if pause := faults.take_hang(name):
            await self._hang(pause)
        result = await self._polling.get_updates(params) if self._waits(name, params) else self._perform(name, params)
        if faults.take_cut_after(name) or (self._stopping.is_set() and name in WAITING):
            raise Cut
        return result

    def _waits(self, name: str, params: Params) -> bool:
        if name not in WAITING:
            return False
        self.world.faults.refuse(name, None)
        return True

    def _perform(self, name: str, params: Params) -> Any:
        if name not in METHODS:
            raise Refusal(404, "Not Found")
        self.world.faults.refuse(name, params.chat_id)
        return METHODS[name](self.world, params)

    def _perform_quietly(self, params: Params) -> None:
        """A call that came as a webhook's answer: Telegram tells nobody how it went."""
        method = params.text("method")
        self.world.record(Call(method, {**params.given, **params.uploads}))
        try:
            self._perform(method.lower(), params)
        except Refusal:
            return

    async def _hang(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
        raise Cut

    async def _on_download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return _refused(Refusal(401, "Unauthorized"))
        file = self.world.files.download(request.match_info["path"])
        if file is None:
            return _refused(Refusal(404, "Not Found"))
        return web.Response(body=file.content, content_type="application/octet-stream")


def _refused(refusal: Refusal) -> web.Response:
    answer: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        answer["parameters"] = refusal.parameters
    return _json(answer, status=refusal.status)


def _json(answer: Json, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(answer), status=status, content_type="application/json")
