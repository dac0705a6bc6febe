"""Twilio's message list, asked again and again: inbound messages, and how ours fared. Plain JSON, no client library.

The list comes newest first. A look reaches back a little further than the last one, because records appear and change
late; what was stored before is recognised by its id, so that a repeat is harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from channels.contract import Accept, Health, Raw
from channels.errors import Reason, SendError
from channels.sms import peek, wire
from channels.sms.settings import Settings
from kernel import errors, log

_log = log.get(__name__)
PAGE_SIZE = 200
FIRST_LOOK = timedelta(hours=24)  # a hub that was away finds what came in meanwhile
OVERLAP = timedelta(minutes=2)
DEEP_OVERLAP = timedelta(hours=1)  # every so many looks: a delivery can be told an hour later
DEEP_EVERY = 20
CATCH_UP_S = 300.0  # between looks where webhooks bring everything that they can deliver
PAUSES_S = (1, 2, 5, 10, 20, 30)
_CLIENT = aiohttp.ClientTimeout(total=30, connect=10)
TOLD = frozenset({"sent", "delivered", "read", "undelivered", "failed"})
SEEN_LIMIT = 20_000
AT_ONCE = 200  # stored together: what a day has left behind must not fill the acceptor's queue

Record = Mapping[str, Any]


class Poller:
    """Asks one account's list for as long as it runs; whatever goes wrong, it waits a little and asks again."""

    def __init__(self, settings: Settings, *, account: str, health: Health) -> None:
        self._settings = settings
        self._account = account
        self._health = health
        self._is_first_source = settings.receive == "poll"
        self._mark = datetime.now(UTC) - FIRST_LOOK
        self._looks = 0
        self._seen: dict[str, None] = {}  # spares the store what it is known to have

    async def run(self, accept: Accept) -> None:
        """Ends only by being cancelled."""
        failures = 0
        every_s = self._settings.poll_every.total_seconds() if self._is_first_source else CATCH_UP_S
        headers = {"Authorization": wire.authorization(self._settings.account_sid, self._settings.token)}
        async with aiohttp.ClientSession(timeout=_CLIENT, headers=headers) as session:
            while True:
                try:
                    await self.look(session, accept)
                    failures = 0
                    self._note("")
                    pause_s = every_s
                except (SendError, aiohttp.ClientError, errors.CentralaError, TimeoutError, OSError) as error:
                    pause_s = PAUSES_S[failures] if failures < len(PAUSES_S) else max(PAUSES_S[-1], every_s)
                    failures += 1
                    self._note(f"message list: {_said(error)}")
                    _log.warning("sms.poll", failures=failures, pause_s=pause_s, error=_said(error))
                await asyncio.sleep(pause_s)

    async def look(self, session: aiohttp.ClientSession, accept: Accept) -> None:
        """One look. All that is new is stored; only then the mark moves, so that a crash in between repeats it."""
        is_deep = self._looks % DEEP_EVERY == 0
        since = self._mark - (DEEP_OVERLAP if is_deep else OVERLAP)
        records = await self._records(session, since)
        at = datetime.now(UTC)
        raws = [peek.record(one, account=self._account, at=at) for one in reversed(records) if self._is_of_use(one)]
        new = [raw for raw in raws if raw.external_id not in self._seen]
        await self._store(accept, new)
        self._mark = max([self._mark, *(moment for one in records if (moment := _moment(one)))])
        self._looks += 1
        if new:
            self._health.last_in_at = at

    async def _store(self, accept: Accept, new: list[Raw]) -> None:
        """In the order they came, some at once: the acceptor keeps it and commits those that wait together."""
        if len(self._seen) > SEEN_LIMIT:
            self._seen.clear()
        for start in range(0, len(new), AT_ONCE):
            batch = new[start : start + AT_ONCE]
            await asyncio.gather(*(_stored(accept, raw) for raw in batch))
            self._seen.update(dict.fromkeys(raw.external_id for raw in batch))

    async def _records(self, session: aiohttp.ClientSession, since: datetime) -> list[Record]:
        """The records since then, newest first, over as many pages as it takes."""
        found: list[Record] = []
        wanted = {"PageSize": str(PAGE_SIZE), "DateSent>": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        url, params = wire.messages_url(self._settings.api_url, self._settings.account_sid), wanted
        while url:
            page = await _page(session, url, params)
            listed = [one for one in page["messages"] if isinstance(one, dict) and isinstance(one.get("sid"), str)]
            within = [one for one in listed if (_moment(one) or since) >= since]
            found += within
            following = page.get("next_page_uri")
            is_past = len(within) < len(listed)
            url = f"{self._settings.api_url}{following}" if following and not is_past else ""
            params = {}
        return found

    def _is_of_use(self, record: Record) -> bool:
        """An inbound message to our sender, or a state of one of ours that says something."""
        is_inbound = record.get("direction") == "inbound"
        if not is_inbound and record.get("status") not in TOLD:
            return False
        if self._settings.messaging_service_sid:
            return record.get("messaging_service_sid") == self._settings.messaging_service_sid
        return record.get("to" if is_inbound else "from") == self._settings.sender

    def _note(self, trouble: str) -> None:
        """Where webhooks bring the messages, a list that does not answer is no reason to call the channel ill."""
        if self._is_first_source:
            self._health.degraded = trouble


async def _stored(accept: Accept, raw: Raw) -> None:
    """One that can never be stored stays in Twilio's list, and the others go on."""
    try:
        await accept(raw)
    except errors.Invalid:
        _log.error("sms.unstorable", sid=raw.external_id, do="look at this message in Twilio's console")


async def _page(session: aiohttp.ClientSession, url: str, params: Mapping[str, str]) -> dict[str, Any]:
    async with session.get(url, params=params) as response:
        answer = wire.decode(await response.read())
    if response.status != 200 or not isinstance(answer, dict) or not isinstance(answer.get("messages"), list):
        is_ours = response.status in (401, 403, 404)
        raise SendError(Reason.MISCONFIGURED if is_ours else Reason.UNREACHABLE, f"HTTP {response.status}")
    return answer


def _moment(record: Record) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(record.get("date_sent") or record.get("date_created") or ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo is not None else None


def _said(error: Exception) -> str:
    """What happened without an address."""
    return f"{error.reason.value}: {error.detail}" if isinstance(error, SendError) else type(error).__name__
