"""The adapter of one e-mail address: a listener and mailboxes in front, parsing and sending behind `load`."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from channels.contract import (
    Accept,
    Address,
    Bucket,
    Capabilities,
    File,
    Health,
    Inbound,
    Marks,
    Outbound,
    Raw,
    Receipt,
)
from channels.email import peek
from channels.email.settings import Settings
from channels.email.trouble import Trouble
from channels.errors import Reason, SendError
from kernel.loops import Loop

SENDING = "sending"
CAPABILITIES = Capabilities(
    label="e-mail",
    scheme=peek.SCHEME,
    nicknames=("mail", "email"),
    conversational=False,
    text_limit=200_000,
    files=10,
    concurrency=8,
    repeats_safely=True,  # the same Message-ID again: whoever has it already shows one
    stale_after=timedelta(hours=48),
    proves_sender=False,
    commands="token",
    reports=False,
)


class Email:
    """One address. Mail that comes by SMTP is taken before `load`; mailboxes are read after it."""

    name = peek.CHANNEL
    staff_chat: Address | None = None
    is_traceless = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._accept: Accept | None = None
        self._marks: Marks | None = None
        self._key = b""
        self._listener: Any = None  # channels.email.listen.Listener
        self._pollers: list[Loop] = []
        self._parse: Any = None  # channels.email.parse, .worker and .send: once loaded
        self._worker: Any = None
        self._weigh: Any = None  # channels.email.worker.is_light
        self._wire: Any = None
        self._client: Any = None
        self._folder = Path()
        self._tokens: Any = None  # channels.email.oauth.access.Access, where the settings want one
        self._keeper: Loop | None = None
        self.account = peek.account(settings.address)
        self.capabilities = CAPABILITIES
        self.health = Health()
        self._trouble = Trouble(self.health)

    @property
    def port(self) -> int:
        """Where the listener listens; 0 without one."""
        return int(self._listener.port) if self._listener else 0

    def use(self, marks: Marks, key: bytes) -> None:
        self._marks, self._key = marks, key

    def keep_in(self, folder: Path) -> None:
        self._folder = folder

    def routes(self, accept: Accept) -> Sequence[web.RouteDef]:
        return []

    async def start(self, accept: Accept) -> None:
        """Listen for SMTP at once; mailboxes wait for `connect`. Raises CannotListen if the port is taken."""
        self._accept = accept
        if self._settings.listen:
            listen = await asyncio.to_thread(importlib.import_module, "channels.email.listen")
            self._listener = listen.Listener(self._settings, health=self.health)
            await self._listener.start(accept)

    def load(self) -> None:
        self._parse = importlib.import_module("channels.email.parse")
        worker = importlib.import_module("channels.email.worker")
        self._worker, self._weigh = worker.Worker(), worker.is_light
        self._wire = importlib.import_module("channels.email.send")
        if self._settings.imap:
            importlib.import_module("channels.email.poll")
        if self._settings.oauth is not None and self._tokens is None:
            access = importlib.import_module("channels.email.oauth.access")
            self._tokens = access.Access(self._settings.oauth, self._settings.address, self._folder)

    async def connect(self) -> None:
        """Begin to read mailboxes, then see whether mail can go out. Raises SendError if it cannot."""
        self._keep_signed_in()
        self._read_mailboxes()
        self._client = self._client or self._wire.Client(self._settings, key=self._key, tokens=self._tokens)
        if self._settings.smtp is None:
            self._trouble.tell(SENDING, "no [channels.email.smtp] is set")
            self.health.ready = True  # so that what is queued fails with a reason
            return
        try:
            await self._client.introduce()
        except SendError as error:
            self._trouble.tell(SENDING, f"{error.reason.value}: {error.detail}")
            raise
        self._trouble.clear(SENDING)
        self.health.ready = True

    def parse(self, raw: Raw) -> Inbound:
        own = frozenset({self._settings.address.lower()})
        house = self._parse.House(own, self._settings.trusted_authserv, self._key)
        found: Inbound = self._parse.parse(raw, house, self._worker.understand)
        return found

    def cut(self, raw: Raw, file: File) -> bytes:
        found: bytes = self._parse.cutting.cut(raw, file)
        return found

    def is_heavy(self, raw: Raw) -> bool:
        """A mail that is understood in a process of its own: the answer of that is not waited for in the loop."""
        return not self._weigh(raw.body)

    async def send(self, outbound: Outbound) -> Receipt:
        if self._client is None:
            raise SendError(Reason.UNREACHABLE, "not connected yet")
        receipt: Receipt = await self._client.send(outbound)
        return receipt

    def buckets(self, outbound: Outbound) -> Sequence[Bucket]:
        """20 a second in all, and a few at once to one address; what the server minds it says with a 4xx."""
        return (Bucket(self.account, 20, 40), Bucket(f"{self.account}/{outbound.address.value}", 1, 10))

    async def stop_receiving(self) -> None:
        listening = [self._listener.stop()] if self._listener else []
        await asyncio.gather(*listening, *(poller.stop(grace_s=0) for poller in self._pollers))
        self._pollers.clear()
        if self._keeper is not None:
            await self._keeper.stop(grace_s=0)

    async def stop(self) -> None:
        self.health.ready = False
        if self._client is not None:
            await self._client.close()
        if self._worker is not None:
            await asyncio.to_thread(self._worker.stop)

    def _keep_signed_in(self) -> None:
        if self._tokens is not None and self._keeper is None:
            keeper = importlib.import_module("channels.email.oauth.keeper").Keeper(self._tokens, self._trouble)
            self._keeper = Loop(f"{self.account}.sign-in", keeper.turn)
            self._keeper.start()

    def _read_mailboxes(self) -> None:
        """Once; a hub that tries again to connect finds them running."""
        if self._pollers or self._accept is None or self._marks is None:
            return
        for number, imap in enumerate(self._settings.imap):
            poll = importlib.import_module("channels.email.poll")
            reader = poll.Poller(
                self._settings,
                imap,
                accept=self._accept,
                marks=self._marks,
                trouble=self._trouble,
                tokens=self._tokens,
                is_traceless=lambda: self.is_traceless,
            )
            self._trouble.tell(reader.name, "starting")  # until it was opened: what comes before that is not new to us
            self._pollers.append(Loop(f"{self.account}.{number}", reader.turn))
            self._pollers[-1].start()
