"""The running hub's channels for the console: what is set, the probe of `centrala check`, the door to change one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from console import setup as pages
from console.connecting import Found, Known
from console.setup import Setup
from console.setup_door import Errand
from hub.settings import Settings
from hub.setup import probing, shown, steps, views
from kernel import errors, log

_log = log.get(__name__)


class Connections:
    """Implements console.connecting.Connections. `setup`: the pages that set up, where this process has them."""

    def __init__(self, settings: Settings) -> None:
        self.setup: Setup | None = None
        self._settings = settings
        self._trying = asyncio.Lock()

    def known(self, language: str) -> Sequence[Known]:
        return [shown.known(step, self._settings.channels.get(step), language) for step in steps.CHANNELS]

    def may_change(self) -> bool:
        return self.setup is not None

    async def tried(self, name: str, language: str) -> Sequence[Found]:
        if name not in self._settings.channels:
            raise errors.NotFound
        async with self._trying:  # one at a time: nobody's provider is knocked at by a row of impatient presses
            return [views.found(one, language) for one in await probing.tried(name, self._settings)]

    def door(self, name: str, *, staff_id: int, language: str) -> str:
        if name not in steps.CHANNELS or self.setup is None:
            raise errors.NotFound
        token = self.setup.door.open_for(Errand(name, language, staff_id))
        _log.info("setup.opened", channel=name, staff_id=staff_id)
        return f"{pages.PATH}?token={token}"
