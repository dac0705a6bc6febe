"""getUpdates: waiting for updates by long polling, with only the newest of several pollers served. No HTTP."""

from __future__ import annotations

import asyncio

from channels.telegram.simulator import methods_bot
from channels.telegram.simulator.model import Json
from channels.telegram.simulator.params import Params
from channels.telegram.simulator.refusals import conflict
from channels.telegram.simulator.world import World

LONGEST_S = 50
MOST = 100
UNDER_WEBHOOK = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_SET = "terminated by setWebhook request"


class Polling:
    def __init__(self, world: World) -> None:
        self._world = world
        self._newest = 0
        self._stopped = False

    def stop(self) -> None:
        """Every waiting poll ends at once with what there is."""
        self._stopped = True
        self._world.updates.wake()

    async def get_updates(self, params: Params) -> list[Json]:
        updates = self._world.updates
        if self._world.webhook is not None:
            raise conflict(UNDER_WEBHOOK)
        methods_bot.listen_to(self._world, params)
        updates.confirm(params.integer("offset") or 0)
        self._newest = mine = self._newest + 1
        updates.wake()  # an older poll wakes, finds it is not the newest, and ends
        limit = min(max(params.integer("limit") or MOST, 1), MOST)
        deadline = asyncio.get_running_loop().time() + min(max(params.integer("timeout") or 0, 0), LONGEST_S)
        while not (batch := updates.take(limit)) and not self._stopped:
            if not await self._woken(deadline):
                break
            self._still_served(mine)
        return [update.wire for update in batch]

    async def _woken(self, deadline: float) -> bool:
        """True when something changed, False when the time is over."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._world.updates.wait()
        except TimeoutError:
            return False
        return True

    def _still_served(self, mine: int) -> None:
        if self._newest != mine:
            raise conflict(OTHER_POLLER)
        if self._world.webhook is not None:
            raise conflict(WEBHOOK_SET)
