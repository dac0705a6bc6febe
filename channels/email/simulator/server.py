"""The simulated mail server: takes what we send by SMTP, strictly, and keeps it by recipient."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Callable
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult

from channels.email.simulator.checks import Unacceptable, check
from channels.email.simulator.faults import Faults
from channels.email.simulator.letter import Letter

HANG_UP_TURNS = 3  # of the loop, in which connections learn that they have ended
Listening = Callable[[Letter], None]
Opens = Callable[[str, str], bool]
_XOAUTH2 = re.compile(rb"user=([^\x01]+)\x01auth=Bearer ([\x21-\x7e]+)\x01\x01")
_EXPLAINED = b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}'


class MailServer:
    """An SMTP server of its own. `user` and `password`: who must sign in; "" for nobody.

    `opens`: whether a user's token opens his mailbox; with it, tokens (XOAUTH2) are the only way in.
    """

    def __init__(
        self, *, user: str = "", password: str = "", tls: ssl.SSLContext | None = None, opens: Opens | None = None
    ) -> None:
        self.letters: list[Letter] = []
        self.faults = Faults()
        self.connections = 0
        self.refused = 0  # tokens
        self.port = 0
        self._user = user
        self._password = password
        self._tls = tls
        self.opens = opens
        self._server: asyncio.Server | None = None
        self._listening: list[Listening] = []
        self._is_implicit = False
        self._open: set[SMTP] = set()

    async def start(self, port: int = 0, *, implicit: bool = False) -> int:
        """Listen on this machine; returns the port. `implicit`: TLS from the first byte."""
        loop = asyncio.get_running_loop()
        self._is_implicit = implicit
        context = self._tls if implicit else None
        self._server = await loop.create_server(self._converse, "127.0.0.1", port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.hang_up()
        for _ in range(HANG_UP_TURNS):
            await asyncio.sleep(0)

    def hang_up(self) -> None:
        """End all connections without a word, as a server does that is restarted."""
        for conversation in list(self._open):
            transport = cast("asyncio.Transport | None", conversation._original_transport or conversation.transport)
            if transport is not None:
                transport.abort()

    @property
    def wants_sign_in(self) -> bool:
        return bool(self._user) or self.opens is not None

    def inbox(self, address: str) -> list[Letter]:
        """What has come for an address."""
        return [letter for letter in self.letters if address in letter.recipients]

    def listen(self, to: Listening) -> None:
        """Call `to` with every letter that comes."""
        self._listening.append(to)

    def take(self, letter: Letter) -> None:
        self.letters.append(letter)
        for listening in self._listening:
            listening(letter)

    def _converse(self) -> SMTP:
        self.connections += 1
        return _Conversation(
            _Handler(self),
            self._open,
            hostname="mail.simulated.example",
            enable_SMTPUTF8=True,
            tls_context=None if self._is_implicit else self._tls,
            auth_require_tls=self._tls is not None and not self._is_implicit,
            auth_exclude_mechanism=["XOAUTH2"] if self.opens is None else ["LOGIN", "PLAIN"],
            authenticator=self._may_sign_in,
            loop=asyncio.get_running_loop(),
        )

    def _may_sign_in(self, server: Any, session: Any, envelope: Any, mechanism: str, found: Any) -> AuthResult:
        is_right = (found.login, found.password) == (self._user.encode(), self._password.encode())
        return AuthResult(success=is_right, handled=False)


class _Conversation(SMTP):
    def __init__(self, handler: Any, house: set[SMTP], **more: Any) -> None:
        super().__init__(handler, **more)
        self._house = house

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._house.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._house.discard(self)
        super().connection_lost(error)


class _Handler:
    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        """As Google has it: a refusal is explained in a challenge, which the client answers with nothing."""
        assert self._server.opens is not None
        given = await server.challenge_auth("") if len(args) == 1 else base64.b64decode(args[1], validate=True)
        found = _XOAUTH2.fullmatch(given) if isinstance(given, bytes) else None
        if found and self._server.opens(found[1].decode(), found[2].decode()):
            return AuthResult(success=True)
        self._server.refused += 1
        await server.challenge_auth(_EXPLAINED)
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self._server.faults.sender:
            return self._server.faults.sender
        if self._server.wants_sign_in and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        refusal = self._server.faults.at_recipient(address)
        if refusal:
            return refusal
        if self._server.faults.takes("hang_up"):
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        faults = self._server.faults
        if faults.takes("hang"):
            await asyncio.sleep(faults.hang_s)  # or until the line is closed, which ends this conversation
        if faults.content:
            return faults.content
        try:
            mail = check(envelope.content, eight_bit="BODY=8BITMIME" in envelope.mail_options)
        except Unacceptable as error:
            return f"554 5.6.0 {error}"
        self._server.take(Letter(envelope.mail_from, tuple(envelope.rcpt_tos), mail, envelope.content))
        if faults.takes("cut"):
            server.transport.abort()
        return "250 2.0.0 Queued"
