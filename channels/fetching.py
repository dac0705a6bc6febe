"""The loop that brings files from the far side, and makes small pictures of pictures. Rows say what is left to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from channels import attachments, fetched, pictures
from channels.attachments import Held, Wanted
from channels.contract import Adapter, FetchesFiles
from channels.errors import Reason, SendError, TooLarge
from channels.fetched import Drawn, Try
from channels.files import FileStore
from channels.models import FileState
from kernel import errors, log, loops
from kernel.unit import Store

_log = log.get(__name__)
TOGETHER = 4  # files fetched at once: each may be 20 MB in memory
DRAWN = 8  # pictures a child looks at before it ends
RETRIES_S = (5, 30, 120, 600, 3600)
DEADLINE_S = 120.0  # of one file
IDLE_S = 5.0


class Fetcher:
    """Killed at any point it begins again with what its rows say: the same bytes get the same name, and one row."""

    def __init__(
        self, store: Store, files: FileStore, adapters: Sequence[Adapter], *, limit: int, hold: timedelta = timedelta()
    ) -> None:
        """`limit`: bytes of a file that is taken in. `hold`: how long an answer is held before it leaves."""
        self._store = store
        self._files = files
        self._adapters = adapters
        self.limit = limit
        self._hold = hold
        self.loop = loops.Loop(attachments.LOOP, self.turn)

    async def turn(self) -> float:
        """Fetch what is due, then draw what has come. Returns the seconds to wait, 0 if there may be more."""
        ready = {one.account: one for one in self._adapters if one.health.ready}
        due = await attachments.due(self._store.reading(), sorted(ready), limit=TOGETHER)
        if due:
            tries = await asyncio.gather(*(self._fetch(one, ready[one.account]) for one in due))
            async with self._store.unit() as work:
                await fetched.settle(work, tries, hold=self._hold)
        undrawn = await attachments.undrawn(self._store.reading(), limit=DRAWN)
        if undrawn:
            drawn = await self._draw(undrawn)
            async with self._store.unit() as work:
                await fetched.draw(work, drawn)
        return 0.0 if due or undrawn else await self._pause_s()

    async def _fetch(self, wanted: Wanted, adapter: Adapter) -> Try:
        """On disk before its row says so. A store without room is nobody's failure: the loop comes again."""
        file = wanted.file
        if file.size is not None and file.size > self.limit:
            return self._too_big(wanted)
        if not isinstance(adapter, FetchesFiles):
            return self._failed(wanted, SendError(Reason.INVALID, "the channel does not hand it out"))
        try:
            body = await asyncio.wait_for(adapter.fetch(file, limit=self.limit), DEADLINE_S)
        except TooLarge:
            return self._too_big(wanted)
        except SendError as error:
            return self._failed(wanted, error)
        except TimeoutError:
            return self._failed(wanted, SendError(Reason.UNREACHABLE, "not here in time"))
        except Exception as error:
            _log.error("file.broken", message=wanted.message_id, error=log.cause(error))
            return self._failed(wanted, SendError(Reason.UNCERTAIN, log.cause(error)))  # to ask again does no harm
        return Try(wanted.id, wanted.message_id, FileState.HELD, await self._files.keep(body), len(body))

    def _too_big(self, wanted: Wanted) -> Try:
        return Try(wanted.id, wanted.message_id, FileState.TOO_BIG)

    def _failed(self, wanted: Wanted, error: SendError) -> Try:
        """Tried again while that may help, a handful of times."""
        is_passing = error.is_retried or error.reason is Reason.UNCERTAIN
        if not is_passing or wanted.tries >= len(RETRIES_S):
            _log.warning("file.failed", message=wanted.message_id, tries=wanted.tries + 1, reason=error.reason.value)
            return Try(wanted.id, wanted.message_id, FileState.FAILED, reason=str(error))
        wait_s = error.retry_after_s or RETRIES_S[wanted.tries]
        due_at = self._store.clock.now() + timedelta(seconds=wait_s)
        return Try(wanted.id, wanted.message_id, FileState.FETCHING, due_at=due_at, reason=str(error))

    async def _draw(self, undrawn: Sequence[Held]) -> list[Drawn]:
        bodies = [await self._body(one) for one in undrawn]
        made = await asyncio.to_thread(pictures.small, bodies)
        return [
            Drawn(one.id, one.message_id, small.width, small.height, await self._files.keep(small.png))
            if small.png
            else Drawn(one.id, one.message_id)
            for one, small in zip(undrawn, made, strict=True)
        ]

    async def _body(self, held: Held) -> bytes:
        try:
            return await self._files.read(held.kept)
        except errors.NotFound:
            return b""

    async def _pause_s(self) -> float:
        due_at = await attachments.next_due(self._store.reading())
        if due_at is None:
            return IDLE_S
        return min(IDLE_S, max(0.05, (due_at - self._store.clock.now()).total_seconds()))
