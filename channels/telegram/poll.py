"""getUpdates as plain JSON: an update is confirmed (by the next offset) only after it was stored."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson

from channels.contract import Accept, Health, Raw
from channels.errors import Reason, SendError
from channels.telegram import peek
from kernel import errors, log

_log = log.get(__name__)
LONG_POLL_S = 25
LIMIT = 100
PAUSES_S = (1, 2, 5, 10, 20, 30)
_CLIENT = aiohttp.ClientTimeout(total=LONG_POLL_S + 15, connect=10)


class Poller:
    """Asks one bot's updates for as long as it runs; whatever goes wrong, it waits a little and asks again."""

    def __init__(self, base: str, *, bot_id: str, health: Health) -> None:
        """`base`: the Bot API URL with the token in it; it must never reach a log."""
        self._base = base
        self._bot_id = bot_id
        self._health = health
        self._offset = 0

    async def run(self, accept: Accept) -> None:
        """Ends only by being cancelled, or with a fault of ours: the loop that runs it logs that and begins again."""
        failures = 0
        async with aiohttp.ClientSession(timeout=_CLIENT) as session:
            while True:
                try:
                    await self._take(accept, await self._ask(session))
                    failures, self._health.degraded = 0, ""
                except (SendError, aiohttp.ClientError, errors.CentralaError, TimeoutError, OSError) as error:
                    pause_s = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
                    failures += 1
                    self._health.degraded = f"getUpdates: {_said(error)}"
                    _log.warning("telegram.poll", failures=failures, pause_s=pause_s, error=_said(error))
                    await asyncio.sleep(pause_s)
                except Exception as error:
                    self._health.degraded = f"getUpdates: {log.cause(error)}"
                    raise

    async def _ask(self, session: aiohttp.ClientSession) -> list[Any]:
        wanted = {"offset": self._offset, "timeout": LONG_POLL_S, "limit": LIMIT, "allowed_updates": list(peek.ALLOWED)}
        async with session.post(f"{self._base}/getUpdates", json=wanted) as response:
            answer = peek.decode(await response.read())
        if not isinstance(answer, dict) or not answer.get("ok"):
            said = str(answer.get("description", "")) if isinstance(answer, dict) else f"HTTP {response.status}"
            raise SendError(Reason.MISCONFIGURED if response.status in (401, 404, 409) else Reason.UNREACHABLE, said)
        result = answer.get("result")
        return result if isinstance(result, list) else []

    async def _take(self, accept: Accept, updates: list[Any]) -> None:
        """Store all, then move the offset: a crash in between brings them again, and the store knows them."""
        at = datetime.now(UTC)
        peeked = [peek.from_update(update, orjson.dumps(update), bot_id=self._bot_id, at=at) for update in updates]
        raws = [raw for raw in peeked if raw is not None]
        await asyncio.gather(*(_store(accept, raw) for raw in raws))
        if raws:
            self._health.last_in_at = at
            self._offset = max(int(raw.external_id) for raw in raws) + 1


async def _store(accept: Accept, raw: Raw) -> None:
    """One that no store can ever take is passed over, or it would hold up all others for good."""
    try:
        await accept(raw)
    except errors.Invalid as error:
        _log.error("telegram.unstorable", update=raw.external_id, error=log.cause(error))


def _said(error: Exception) -> str:
    """What happened without the URL, which carries the token."""
    return f"{error.reason.value}: {error.detail}" if isinstance(error, SendError) else type(error).__name__
