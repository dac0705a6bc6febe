"""Webhook delivery: updates posted one after another, in order, each again and again until it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from channels.telegram.simulator import reading
from channels.telegram.simulator.model import Webhook
from channels.telegram.simulator.params import Params
from channels.telegram.simulator.refusals import Refusal
from channels.telegram.simulator.updates import Update
from channels.telegram.simulator.world import World

SIGNED_BY = "X-Telegram-Bot-Api-Secret-Token"
ANSWER_TIMEOUT_S = 60.0


class Delivery:
    """Runs until cancelled. A webhook's answer may carry one call of a method, whose result nobody hears."""

    def __init__(self, world: World, *, retry_delay_s: float, perform: Callable[[Params], None]) -> None:
        self._world = world
        self._retry_delay_s = retry_delay_s
        self._perform = perform

    async def run(self) -> None:
        async with ClientSession(timeout=ClientTimeout(total=ANSWER_TIMEOUT_S)) as session:
            while True:
                hook, update = self._world.webhook, self._world.updates.head()
                if hook is None or update is None:
                    await self._world.updates.wait()
                elif await self._deliver(session, hook, update):
                    self._world.updates.done(update)
                else:
                    await asyncio.sleep(self._retry_delay_s)

    async def _deliver(self, session: ClientSession, hook: Webhook, update: Update) -> bool:
        headers = {"Content-Type": "application/json"}
        if hook.secret:
            headers[SIGNED_BY] = hook.secret
        body = orjson.dumps(update.wire)
        try:
            async with session.post(hook.url, data=body, headers=headers, allow_redirects=False) as response:
                return await self._taken(response)
        except (ClientError, TimeoutError) as error:
            self._note(f"{type(error).__name__}: connection failed")
            return False

    async def _taken(self, response: ClientResponse) -> bool:
        if not 200 <= response.status < 300:
            self._note(f"Wrong response from the webhook: {response.status} {response.reason}")
            return False
        try:
            call = await reading.answer(response)
        except (Refusal, ValueError):
            return True  # a body that is no call is no reason to send the update again
        if call.text("method"):
            self._perform(call)
        return True

    def _note(self, message: str) -> None:
        self._world.webhook_error = (int(self._world.clock()), message)
