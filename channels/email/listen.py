"""The SMTP listener: takes mail for our own address in, and says 250 only after it was stored. No relay."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter

from aiosmtpd.smtp import SMTP

from channels.contract import Accept, Health
from channels.email.conversation import Conversation
from channels.email.handler import Handler
from channels.email.settings import Settings
from channels.errors import CannotListen
from kernel import log

_log = log.get(__name__)
BACKLOG = 256
LANDING_S = 1.5  # that mails being stored get when the hub stops; their senders come again otherwise
IDLE_CALLS = {"NOOP": 200, "VRFY": 20, "EXPN": 20, "HELP": 20, "*": 1_000_000}  # a connection


class Listener:
    """One listening socket with its conversations, in the hub's own loop."""

    def __init__(self, settings: Settings, *, health: Health) -> None:
        self._settings = settings
        self._health = health
        self._tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None
        self._open: dict[Conversation, str] = {}
        self._by_peer: Counter[str] = Counter()
        self._in_hand = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self.is_closing = False
        self.port = 0

    async def start(self, accept: Accept) -> None:
        """Listen. Raises CannotListen if the port is taken or the certificate cannot be read."""
        self._tls = self._certified()
        handler = Handler(self._settings, accept, health=self._health)
        host, port = self._settings.listens_on
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: self._converse(handler), host, port, backlog=BACKLOG)
        except OSError as error:
            raise CannotListen("channels.email.listen", self._settings.listen, error) from error
        self.port = self._server.sockets[0].getsockname()[1]
        _log.info("email.listening", port=self.port)

    def _certified(self) -> ssl.SSLContext | None:
        if not self._settings.certificate:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self._settings.certificate, self._settings.key)
        except OSError as error:
            raise CannotListen("channels.email.certificate", self._settings.certificate, error) from error
        return context

    async def stop(self) -> None:
        """Take nothing more in. Mails being stored get their answer; all others come again."""
        self.is_closing = True
        if self._server is not None:
            self._server.close()
        for conversation in list(self._open):
            conversation.dismiss()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), LANDING_S)
        for conversation in list(self._open):
            conversation.abort()
        await asyncio.sleep(0)  # their ends are told in the next turn of the loop

    # -- what a conversation asks -----------------------------------------------------------------------------------

    def enter(self, conversation: Conversation, peer: str) -> bool:
        """Let a connection in, unless there are too many of them or of this peer's."""
        limits = self._settings.limits
        if len(self._open) >= limits.connections or self._by_peer[peer] >= limits.connections_per_address:
            return False
        self._open[conversation] = peer
        self._by_peer[peer] += 1
        self._empty.clear()
        return True

    def leave(self, conversation: Conversation) -> None:
        peer = self._open.pop(conversation, None)
        if peer is not None:
            self._by_peer[peer] -= 1
            self._by_peer += Counter()  # forget peers that have gone
        if not self._open:
            self._empty.set()

    def hold(self, count: int) -> bool:
        """Count octets in hand (negative: given back); False if that is more than we want to hold at once."""
        self._in_hand += count
        return self._in_hand <= self._settings.limits.in_hand_bytes

    def _converse(self, handler: Handler) -> SMTP:
        return Conversation(
            handler,
            self,
            errors=self._settings.limits.errors,
            size_limit=self._settings.max_bytes,
            enable_SMTPUTF8=True,
            hostname=self._settings.domain,  # the default asks the name server, in the loop
            ident="ESMTP",
            tls_context=self._tls,
            timeout=self._settings.limits.command_s,
            command_call_limit=IDLE_CALLS,
            loop=asyncio.get_running_loop(),
        )
