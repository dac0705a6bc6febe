"""The adapter of one sender: the signed routes or the poller in front, parsing and sending behind `load`."""

from __future__ import annotations

import asyncio
import functools
import importlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from channels.contract import Accept, Address, Bucket, Capabilities, File, Health, Inbound, Outbound, Raw, Receipt
from channels.errors import Reason, SendError
from channels.sms import compose, peek, signature, wire
from channels.sms.poll import Poller
from channels.sms.settings import Settings
from kernel import errors, log, loops

_log = log.get(__name__)
BODY_LIMIT = 64 * 1024  # bytes; Twilio's largest form, 1,600 characters percent-encoded, is a third of it
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'  # Twilio: nothing to say in answer
RETRY_AFTER_S = "5"
FORM = "application/x-www-form-urlencoded"
SEGMENT_LIMIT = 10  # of one message: carriers cut or drop longer ones, long before Twilio's 1,600 characters
ANSWER_LIMIT = 50  # segments of one answer, over all its messages
STALE_AFTER = timedelta(hours=24)
REPEATS_WITHIN = timedelta(days=30)  # callbacks are repeated for minutes, and the poller looks back an hour
Peek = Callable[[bytes, bytes, peek.Params, datetime], Raw]


class Sms:
    """One sender at Twilio. Cheap until `load`; receives before that, because storing needs no understanding."""

    name = wire.CHANNEL

    def __init__(self, settings: Settings, *, public_url: str) -> None:
        self._settings = settings
        self._public_url = settings.public_url or public_url
        self._receiver: asyncio.Task[None] | None = None
        self._wire: Any = None  # channels.sms.send, once loaded
        self._client: Any = None
        self._recalled: Sequence[tuple[str, float]] = ()
        self.account = f"{wire.CHANNEL}:{settings.identity}"
        self.capabilities = capabilities(settings, is_told=bool(self._public_url))
        self.health = Health()

    @property
    def staff_chat(self) -> Address | None:
        return None

    def routes(self, accept: Accept) -> Sequence[web.RouteDef]:
        """Status reports come in by callback also where messages are polled for, as long as we have an address."""
        account = self.account

        def message(query: bytes, body: bytes, params: peek.Params, at: datetime) -> Raw:
            return peek.message(body, account=account, at=at, params=params)

        def status(query: bytes, body: bytes, params: peek.Params, at: datetime) -> Raw:
            return peek.status(query, body, account=account, at=at)

        if not self._public_url:
            return []
        told = web.post(wire.STATUS_PATH, self._guarded(accept, status))
        if self._settings.receive != "webhook":
            return [told]
        return [web.post(wire.MESSAGE_PATH, self._guarded(accept, message)), told]

    async def start(self, accept: Accept) -> None:
        """Ask the message list. In webhook mode too, now and then: Twilio does not repeat what it could not deliver."""
        poller = Poller(self._settings, account=self.account, health=self.health)
        self._receiver = loops.spawn(poller.run(accept), name=f"poll.{self.name}")

    def load(self) -> None:
        self._wire = importlib.import_module("channels.sms.send")

    async def connect(self) -> None:
        """Open the client and see whether Twilio lets us in. Until then the dispatcher waits; receiving goes on."""
        if self._client is None:
            self._client = self._wire.Client(self._settings, public_url=self._public_url)
            self._client.recall(self._recalled)
            self._recalled = ()
        await self._client.introduce()
        self.health.ready, self.health.degraded = True, ""

    def recall(self, sent: Sequence[tuple[str, float]]) -> None:
        self._recalled = sent

    def parse(self, raw: Raw) -> Inbound:
        found: Inbound = self._wire.parse.parse(raw)
        return found

    async def send(self, outbound: Outbound) -> Receipt:
        if self._client is None:
            raise SendError(Reason.UNREACHABLE, "not connected yet")
        receipt: Receipt = await self._client.send(outbound)
        return receipt

    async def find(self, outbound: Outbound, since: datetime) -> tuple[Inbound, ...]:
        """What Twilio lists of us to that number since then: the second witness of a send whose answer was lost."""
        if self._client is None:
            raise SendError(Reason.UNREACHABLE, "not connected yet")
        found: tuple[Inbound, ...] = await self._client.find(outbound, since)
        return found

    async def fetch(self, file: File, *, limit: int) -> bytes:
        if self._client is None:
            raise SendError(Reason.UNREACHABLE, "not connected yet")
        body: bytes = await self._client.fetch(file, limit=limit)
        return body

    def buckets(self, outbound: Outbound) -> Sequence[Bucket]:
        """A sender's own speed (1 a second for a plain number), and the account's: a 429 freezes that one."""
        rate, account_rate = self._settings.rate, self._settings.account_rate
        return (
            Bucket(self.account, rate, max(1.0, rate)),
            Bucket(f"{self.name}:{self._settings.account_sid}", account_rate, max(1.0, account_rate)),
        )

    async def stop_receiving(self) -> None:
        if self._receiver is not None:
            await loops.cancel(self._receiver)

    async def stop(self) -> None:
        self.health.ready = False
        if self._client is not None:
            await self._client.close()

    def _guarded(self, accept: Accept, peeked: Peek) -> Callable[[web.Request], Any]:
        """A route behind the signature: what it is about is stored before Twilio gets its 200."""

        async def receive(request: web.Request) -> web.Response:
            if (request.content_length or 0) > BODY_LIMIT:
                return _refused(413)
            body = await request.read()
            if len(body) > BODY_LIMIT:
                return _refused(413)
            params = wire.form(body)
            if not self._is_genuine(request, body, params):
                return _refused(403)
            query = request.rel_url.raw_query_string.encode("utf-8", "surrogateescape")
            raw = peeked(query, body, params, datetime.now(UTC))
            try:
                await accept(raw)
            except errors.TryLater:
                return _refused(503)
            except errors.Invalid:
                return _refused(422)
            self.health.last_in_at = raw.received_at
            return web.Response(body=TWIML, content_type="application/xml")

        return receive

    def _is_genuine(self, request: web.Request, body: bytes, params: peek.Params) -> bool:
        """Signed over the address we have told Twilio. What a proxy's headers say of the address counts nothing."""
        url = f"{self._public_url}{request.raw_path}"
        signed = params if request.content_type == FORM else None
        return signature.is_valid(self._settings.keys, url, signed, request.headers, body=body)


def capabilities(settings: Settings, *, is_told: bool) -> Capabilities:
    """What this sender can do. Nobody can answer a name. `is_told`: Twilio can call back."""
    return Capabilities(
        label="SMS",
        nicknames=("text",),
        scheme=wire.SCHEME,
        conversational=True,
        text_limit=compose.TEXT_LIMIT,
        segments=functools.partial(compose.segments_of, folds=settings.fold),
        segment_limit=SEGMENT_LIMIT,
        answer_limit=ANSWER_LIMIT,
        concurrency=10,
        repeats_safely=False,
        stale_after=STALE_AFTER,
        proves_sender=False,  # anybody can write a number into a text's sender
        commands="code",
        keywords=True,
        receives=not settings.is_name,
        one_way=settings.one_way,
        reports=is_told or settings.receive == "poll",
        repeats_within=REPEATS_WITHIN,
    )


def _refused(status: int) -> web.Response:
    """Twilio's convention for a wrong signature is 403; nothing is said about why."""
    _log.warning("sms.refused", status=status)
    return web.Response(status=status, headers={"Retry-After": RETRY_AFTER_S} if status == 503 else None)
