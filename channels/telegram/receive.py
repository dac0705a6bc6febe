"""The adapter of one bot: the webhook route or the poller in front, parsing and sending behind `load`."""

from __future__ import annotations

import hmac
import importlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from channels.contract import (
    Accept,
    Accepted,
    Address,
    Bucket,
    Capabilities,
    File,
    Health,
    Inbound,
    Outbound,
    Place,
    Raw,
    Receipt,
)
from channels.errors import Reason, SendError
from channels.telegram import peek
from channels.telegram.poll import Poller
from channels.telegram.settings import Settings
from kernel import log, loops

_log = log.get(__name__)
PATH = "/channels/telegram/update"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
CONNECT_PAUSES_S = (1, 5, 15, 30, 60)
CAPABILITIES = Capabilities(
    proves_sender=True,
    label="Telegram",
    scheme=peek.SCHEME,
    nicknames=("tg",),
    conversational=True,
    buttons=True,
    edits=True,
    topics=True,
    text_limit=4096,
    files=1,
    caption_limit=1024,
    concurrency=24,
    repeats_safely=False,
    stale_after=timedelta(hours=24),
    repeats_within=timedelta(days=2),  # updates are kept for 24 hours
)


class Telegram:
    """One bot. Cheap until `load`; receives before that, because storing an update needs no understanding of it."""

    name = peek.CHANNEL

    def __init__(self, settings: Settings, *, public_url: str) -> None:
        self._settings = settings
        self._public_url = public_url
        self._receiver: loops.Loop | None = None
        self._wire: Any = None  # channels.telegram.send, once loaded
        self._client: Any = None
        self.account = peek.account(settings.bot_id)
        self.capabilities = CAPABILITIES
        self.health = Health()

    @property
    def staff_chat(self) -> Address | None:
        chat_id = self.health.facts.get("staff_chat") or self._settings.staff_chat  # a group may have got a new id
        return Address(peek.SCHEME, str(chat_id)) if chat_id else None

    def routes(self, accept: Accept) -> Sequence[web.RouteDef]:
        if self._settings.mode != "webhook":
            return []
        secret = self._settings.webhook_secret.get_secret_value().encode()

        async def receive(request: web.Request) -> web.Response:
            given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, secret):
                _log.warning("telegram.refused", status=401)
                return web.Response(status=401)
            body = await request.read()
            raw = peek.from_update(peek.decode(body), body, bot_id=self._settings.bot_id, at=datetime.now(UTC))
            if raw is None:
                _log.warning("telegram.refused", status=400)
                return web.Response(status=400, text="not an update")
            await self._accept(accept, raw)
            return web.Response()

        return [web.post(PATH, receive)]

    async def start(self, accept: Accept) -> None:
        if self._settings.mode == "polling":
            poller = Poller(self._base(), bot_id=self._settings.bot_id, health=self.health)
            self._receiver = loops.Loop(f"poll.{self.account}", lambda: poller.run(accept))
            self._receiver.start()

    def load(self) -> None:
        """The client too: its list of trusted certificates alone takes 30 ms to read."""
        self._wire = importlib.import_module("channels.telegram.send")
        self._client = self._client or self._wire.Client(self._settings)

    async def show_commands(self, menus: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """In the staff chat alone: customers have no use for them."""
        if self.staff_chat is not None:
            await self._client.show_commands(int(self.staff_chat.value), menus)

    async def connect(self) -> None:
        """Learn who we are; in webhook mode also tell Telegram where we are.

        Until it has answered once, the dispatcher waits; receiving goes on.
        """
        facts = await self._client.introduce(self._hook())
        self.health.facts.update(facts)
        self.health.ready, self.health.degraded = True, ""

    def parse(self, raw: Raw) -> Inbound:
        found: Inbound = self._wire.parse.parse(raw)
        return found

    async def send(self, outbound: Outbound) -> Receipt:
        if self._client is None:
            raise SendError(Reason.UNREACHABLE, "not connected yet")
        receipt: Receipt = await self._client.send(outbound)
        return receipt

    async def fetch(self, file: File, *, limit: int) -> bytes:
        if self._client is None:
            raise SendError(Reason.UNREACHABLE, "not connected yet")
        body: bytes = await self._client.fetch(file, limit=limit)
        return body

    def buckets(self, outbound: Outbound) -> Sequence[Bucket]:
        """30 a second in all, 1 a second to a person, 20 a minute to a group; the chat's own budget comes last.

        Telegram names these as guidance only: what counts is the waiting time of a 429, which freezes the last one.
        """
        everything = Bucket(self.account, 30, 30)
        if outbound.operation.value == "toast":
            return (everything,)
        chat = f"{self.account}/{outbound.address.value}"
        if outbound.address.value.startswith("-"):
            return (everything, Bucket(chat, 20 / 60, 20))
        return (everything, Bucket(chat, 1, 3))

    async def look(self, group: Address) -> Place:
        if self._client is None:
            raise SendError(Reason.UNREACHABLE, "not connected yet")
        place: Place = await self._client.look(int(group.value))
        return place

    def settle_in(self, place: Place) -> None:
        self.health.facts |= {"staff_chat": int(place.address.value), "topics": place.topics}

    async def stop_receiving(self) -> None:
        if self._receiver is not None:
            await self._receiver.stop(grace_s=0)

    async def stop(self) -> None:
        self.health.ready = False
        if self._client is not None:
            await self._client.close()

    async def _accept(self, accept: Accept, raw: Raw) -> Accepted:
        accepted = await accept(raw)
        self.health.last_in_at = raw.received_at
        return accepted

    def _base(self) -> str:
        return f"{self._settings.api_url}/bot{self._settings.token.get_secret_value()}"

    def _hook(self) -> str:
        return f"{self._public_url}{PATH}" if self._settings.mode == "webhook" else ""
