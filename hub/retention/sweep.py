"""One run of retention, a short step at a time: rows first, then the files that no row names any more."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from channels import uploads
from channels.contract import Adapter
from channels.files import FileStore
from hub.retention import stored, walking
from hub.retention.kinds import kinds
from hub.retention.settings import Retention
from kernel.unit import Store
from webhooks import parse

HOOKS_REPEAT = timedelta(days=30)  # those who post give up within days, and a link is good for three
FILES, BACKUPS = "files", "backups"
# all kinds, as they are told
_ROWS = ("payloads", "attempts", "posts", "codes", "orders", "digests", "refused", "words", "enclosed", "keys")
NAMES = (*_ROWS, FILES, BACKUPS)


class Sweep(Struct, frozen=True):
    """What a run needs. `repeats`: see `repeats_of`."""

    store: Store
    files: FileStore
    data: Path
    rules: Retention
    repeats: Mapping[str, timedelta]

    async def run(self) -> AsyncGenerator[tuple[str, int], None]:
        """Kind and how many went, a unit a step. Begun again after a stop it goes on with what is left."""
        for kind in kinds(self.rules, self.store.clock.now(), self.repeats):
            async for some in walking.going(self.store, kind):
                yield kind.name, await walking.let_go(self.store, kind, some)
        yield FILES, await stored.drop_orphans(self.files, await stored.orphans(self.store, self.files))
        yield BACKUPS, await stored.drop_backups(await stored.old_backups(self.data, self.rules.backups_days))

    async def look(self) -> AsyncGenerator[tuple[str, int], None]:
        """As `run`, and nothing goes. A file whose last row would go is counted by the row only."""
        for kind in kinds(self.rules, self.store.clock.now(), self.repeats):
            async for some in walking.going(self.store, kind):
                yield kind.name, len(some)
        yield FILES, len(await stored.orphans(self.store, self.files))
        yield BACKUPS, len(await stored.old_backups(self.data, self.rules.backups_days))


def repeats_of(adapters: Iterable[Adapter]) -> dict[str, timedelta]:
    """Channel → how long its far side may repeat a message; one that may do so for ever is left out."""
    known = {adapter.name: adapter.capabilities.repeats_within for adapter in adapters}
    return {parse.CHANNEL: HOOKS_REPEAT, uploads.CHANNEL: HOOKS_REPEAT} | {
        name: within for name, within in known.items() if within is not None
    }
