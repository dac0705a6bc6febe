"""What a group needs of the hub: the far side asked, the house told at once, and the settings file written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from channels.contract import Adapter, Address, Place, SeesGroups
from hub.setup import writing
from kernel import errors, log

_log = log.get(__name__)


class Surroundings:
    """The bot's `Surroundings` over the adapters. `file`: the settings file, None where the environment is all."""

    def __init__(
        self,
        adapters: Sequence[Adapter],
        channels: Mapping[str, Any],
        file: Path | None,
        settled: Callable[[], None],
    ) -> None:
        """`settled` is called when a staff chat has changed."""
        self._adapters = {one.account: one for one in adapters}
        self._channels = channels
        self._file = file
        self._settled = settled

    async def look(self, account: str, group: Address) -> Place | None:
        adapter = self._adapters.get(account)
        return await adapter.look(group) if isinstance(adapter, SeesGroups) else None

    async def settle(self, account: str, place: Place, *, write: bool) -> str:
        adapter = self._adapters[account]
        if isinstance(adapter, SeesGroups):
            adapter.settle_in(place)
        self._settled()
        return await self._write(adapter.name, place.address) if write else ""

    async def follow(self, adapter: Adapter) -> None:
        """The staff chat was found under another address than the settings have: they learn it."""
        configured, found = getattr(self._channels[adapter.name], "staff_chat", 0), adapter.staff_chat
        if configured and found is not None and found.value != str(configured):
            await self._write(adapter.name, found)

    async def _write(self, channel: str, group: Address) -> str:
        """ "" if the file has it now, else what an operator has to do."""
        key, value = f"channels.{channel}.staff_chat", int(group.value)
        todo = f"I cannot write the settings: set staff_chat = {value} under [channels.{channel}] there."
        if self._file is None:
            return todo
        try:
            await asyncio.to_thread(writing.write, self._file, {key: value})
        except (OSError, errors.Invalid) as error:
            _log.error("settings.unwritten", key=key, error=log.cause(error), do="write it by hand")
            return todo
        _log.info("settings.written", key=key)
        return ""
