"""What the bot has still to hear: a queue of updates, kept until confirmed. No HTTP, no waiting beyond one signal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct

from channels.telegram.simulator.model import Impossible, Json

KEPT_S = 24 * 3600.0
REMEMBERED = 10_000
FIRST_ID = 734_100_001
# Telegram sends these only to a bot that names them.
ONLY_BY_NAME = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class Update(Struct, frozen=True):
    id: int
    kind: str
    payload: Json
    at: float

    @property
    def wire(self) -> Json:
        return {"update_id": self.id, self.kind: self.payload}


class UpdateQueue:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next_id = FIRST_ID
        self._pending: deque[Update] = deque()
        self._again: deque[Update] = deque()
        self._made: dict[int, Update] = {}
        self._changed = asyncio.Event()
        self.allowed: frozenset[str] | None = None

    def add(self, kind: str, payload: Json) -> int | None:
        """Queue an update; None when the bot does not listen to this kind (such an update is never made up for)."""
        if not self._wanted(kind):
            return None
        update = Update(self._next_id, kind, payload, self._clock())
        self._next_id += 1
        self._pending.append(update)
        self._remember(update)
        self.wake()
        return update.id

    def allow(self, kinds: Sequence[str] | None) -> None:
        """None leaves the setting as it was, an empty list brings the default back: both as documented."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def confirm(self, offset: int) -> None:
        """Forget what is older than the offset; a negative one keeps only so many of the newest."""
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
            return
        while self._pending and self._pending[0].id < offset:
            self._pending.popleft()

    def take(self, limit: int) -> list[Update]:
        """For a poll: the repeated ones (handed out once), then the unconfirmed ones, which stay."""
        self._drop_old()
        repeated = [self._again.popleft() for _ in range(min(limit, len(self._again)))]
        return repeated + list(self._pending)[: limit - len(repeated)]

    def head(self) -> Update | None:
        """For a webhook: the next to deliver; it stays until `done`."""
        self._drop_old()
        waiting = self._again or self._pending
        return waiting[0] if waiting else None

    def done(self, update: Update) -> None:
        for waiting in (self._again, self._pending):
            if waiting and waiting[0] is update:
                waiting.popleft()
                return

    def redeliver(self, update_id: int) -> None:
        if update_id not in self._made:
            raise Impossible(f"no update {update_id} was ever made")
        if all(update.id != update_id for update in self._pending):
            self._again.append(self._made[update_id])
            self.wake()

    def drop(self) -> None:
        self._pending.clear()
        self._again.clear()

    def skip_to(self, update_id: int) -> None:
        """Go on counting from here at the least: older numbers were given before a restart."""
        self._next_id = max(self._next_id, update_id)

    @property
    def last_id(self) -> int:
        """The identifier of the newest update made; 0 before the first."""
        return self._next_id - 1 if self._made or self._next_id > FIRST_ID else 0

    @property
    def pending(self) -> list[Update]:
        return [*self._again, *self._pending]

    def wake(self) -> None:
        """Let everyone who waits look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def wait(self) -> None:
        await self._changed.wait()

    def _wanted(self, kind: str) -> bool:
        return kind not in ONLY_BY_NAME if self.allowed is None else kind in self.allowed

    def _remember(self, update: Update) -> None:
        self._made[update.id] = update
        if len(self._made) > REMEMBERED:
            del self._made[next(iter(self._made))]

    def _drop_old(self) -> None:
        while self._pending and self._clock() - self._pending[0].at > KEPT_S:
            self._pending.popleft()
