"""Tells administrators once a day what a channel needs of a person: to sign in again, say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.contract import Adapter
from channels.events import AccountNeeds
from channels.models import Mark
from kernel import log
from kernel.unit import Store, Work

LOOK_S = 5.0
AGAIN = timedelta(days=1)


class Needs:
    """Looks at what the adapters say; when somebody was told is a mark, so that a restart tells nobody twice."""

    def __init__(self, store: Store, adapters: Sequence[Adapter]) -> None:
        self._store = store
        self._adapters = adapters

    async def turn(self) -> float:
        needing = [one for one in self._adapters if one.health.needs]
        if needing:
            async with self._store.unit() as work:
                for adapter in needing:
                    await self._tell(work, adapter)
        return LOOK_S

    async def _tell(self, work: Work, adapter: Adapter) -> None:
        """Unless it was told within a day."""
        key = f"needs/{log.masked(adapter.account)}"
        row = await work.one("SELECT value FROM marks WHERE key = ?", key)
        if row is not None and work.now - datetime.fromisoformat(row["value"]) < AGAIN:
            return
        changed = "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        await work.insert(Mark, [{"key": key, "value": work.now.isoformat()}], conflict=changed)
        work.say(AccountNeeds(adapter.name, adapter.account, adapter.health.needs))
