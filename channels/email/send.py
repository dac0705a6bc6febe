"""Speaks to the mail server that our mail goes out by, and turns its refusals into the few reasons the hub knows."""

from __future__ import annotations

import asyncio
import ssl
import time

import aiosmtplib
from aiosmtplib import SMTP
from msgspec import Struct

from channels.contract import Outbound, Receipt
from channels.email import tls
from channels.email.compose import Letter, compose
from channels.email.oauth.access import Away, NotSignedIn
from channels.email.replies import Stage, understood
from channels.email.settings import Settings, Smtp
from channels.email.tokens import Tokens, twice
from channels.errors import Reason, SendError

CONNECT_S = 10.0
COMMAND_S = 15.0
LARGE, LARGE_S = 1024 * 1024, 60.0  # bytes of a mail with files, and how long its content may take
IDLE_S = 30.0  # a connection is used again within this time; servers close theirs after a minute or more
IDLE_CONNECTIONS = 4
GOODBYE_S = 1.0
CLOSING = 421


class _Idle(Struct):
    smtp: SMTP
    since: float


class Client:
    """One account's connections to its server: opened when needed, used again while warm."""

    def __init__(self, settings: Settings, *, key: bytes, tokens: Tokens | None = None) -> None:
        self._settings = settings
        self._key = key
        self._tokens = tokens
        self._server = settings.smtp
        self._idle: list[_Idle] = []
        self._tls: ssl.SSLContext | None = None

    async def introduce(self) -> None:
        """Connect and sign in once, so that what is wrong is known at the start. Raises SendError."""
        self._keep(await self._connect())

    async def send(self, outbound: Outbound) -> Receipt:
        """Send one message. Raises SendError."""
        # files of a size are a second of work; the rest is quicker than a thread
        letter = await asyncio.to_thread(self._letter, outbound) if outbound.files else self._letter(outbound)
        warm = self._warm()
        if warm is not None:
            try:
                return await self._post(warm, letter)
            except _Cold:
                pass  # the server has closed it meanwhile: nothing was sent
        try:
            return await self._post(await self._connect(), letter)
        except _Cold as error:
            raise SendError(Reason.UNREACHABLE, "the mail server hung up") from error

    async def close(self) -> None:
        while self._idle:
            await _leave(self._idle.pop().smtp)

    def _letter(self, outbound: Outbound) -> Letter:
        settings = self._settings
        return compose(
            outbound,
            address=settings.address,
            name=settings.name,
            key=self._key,
            tokens=settings.has_tokens,
        )

    async def _post(self, smtp: SMTP, letter: Letter) -> Receipt:
        """One mail over one connection, which is kept if it is still good."""
        is_good = False
        try:
            await _envelope(smtp, letter)
            await _content(smtp, letter)
            is_good = True
        except SendError:
            is_good = await _reset(smtp)
            raise
        finally:
            if is_good and smtp.is_connected:
                self._keep(smtp)
            else:
                smtp.close()
        return Receipt(letter.message_id)

    async def _connect(self) -> SMTP:
        if self._server is None:
            raise SendError(Reason.MISCONFIGURED, "no [channels.email.smtp] is set: mail cannot go out")
        try:
            if self._tls is None and self._server.tls != "none":
                self._tls = await asyncio.to_thread(tls.context, self._server.certificates)
            smtp = await connected(self._server, domain=self._settings.domain, context=self._tls, tokens=self._tokens)
            await _greet(smtp)
        except (NotSignedIn, Away) as error:
            refusal = unsigned(error)
            raise refusal from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            refusal = unreached(error)
            raise refusal from error
        return smtp

    def _warm(self) -> SMTP | None:
        while self._idle:
            idle = self._idle.pop()
            if idle.smtp.is_connected and time.monotonic() - idle.since < IDLE_S:
                return idle.smtp
            idle.smtp.close()
        return None

    def _keep(self, smtp: SMTP) -> None:
        if len(self._idle) >= IDLE_CONNECTIONS:
            smtp.close()
        else:
            self._idle.append(_Idle(smtp, time.monotonic()))


class _Cold(Exception):
    """The connection was gone before the content was begun."""


async def connected(server: Smtp, *, domain: str, context: ssl.SSLContext | None, tokens: Tokens | None) -> SMTP:
    """A connection as the settings want it, signed in. `domain`: as who it introduces itself.

    Raises aiosmtplib's errors, OSError; NotSignedIn, Away where there is no token.
    """
    if not server.by_token or tokens is None:
        smtp = _client(server, domain, context)
        await smtp.connect()
        return smtp

    async def shown(token: str) -> SMTP:
        smtp = _client(server, domain, context, token)
        await smtp.connect()
        return smtp

    return await twice(tokens, shown, refused=aiosmtplib.SMTPAuthenticationError)


def _client(server: Smtp, domain: str, context: ssl.SSLContext | None, token: str = "") -> SMTP:
    async def given() -> str:
        return token

    return SMTP(
        hostname=server.host.strip("[]"),
        port=server.known_port,
        username=server.user or None,
        password=server.password.get_secret_value() or None,
        local_hostname=domain,
        timeout=CONNECT_S,
        use_tls=server.tls == "implicit",
        start_tls=server.tls == "starttls",
        tls_context=context,
        oauth_token_generator=given if token else None,
    )


def unsigned(error: NotSignedIn | Away) -> SendError:
    """What it means for a mail that there is no token."""
    return SendError(Reason.UNREACHABLE if isinstance(error, Away) else Reason.MISCONFIGURED, str(error))


def unreached(error: Exception) -> SendError:
    """Why there is no connection. Pure."""
    cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SendError(Reason.MISCONFIGURED, f"TLS: the certificate is not trusted ({cause.verify_message})")
    if isinstance(cause, ssl.SSLError):
        return SendError(Reason.MISCONFIGURED, f"TLS: {cause.reason or 'no TLS at this port'}")
    if isinstance(error, aiosmtplib.SMTPConnectResponseError):
        return understood(error.code, error.message, Stage.RECIPIENT if error.code < 500 else Stage.SIGN_IN)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return understood(error.code, error.message, Stage.SIGN_IN)
    if isinstance(error, (TimeoutError, OSError)):
        return SendError(Reason.UNREACHABLE, "no connection to the mail server")
    return SendError(Reason.MISCONFIGURED, str(error)[:200])  # no STARTTLS there, or no way to sign in that we know


async def _greet(smtp: SMTP) -> None:
    """What the server can do is known from its answer to EHLO; an old one knows HELO only."""
    if not smtp.is_ehlo_or_helo_needed:
        return
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError:
        await smtp.helo()


async def _envelope(smtp: SMTP, letter: Letter) -> None:
    """Everything up to DATA: whatever fails here, nothing was sent."""
    options = _options(smtp, letter)
    encoding = "utf-8" if letter.is_utf8 else "ascii"
    stage = Stage.SENDER
    try:
        await smtp.mail(letter.sender, options=options, encoding=encoding, timeout=COMMAND_S)
        stage = Stage.RECIPIENT
        await smtp.rcpt(letter.recipient, encoding=encoding, timeout=COMMAND_S)
    except aiosmtplib.SMTPResponseException as error:
        if error.code == CLOSING and stage is Stage.SENDER:
            raise _Cold from error
        raise understood(error.code, error.message, stage) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _Cold from error


def _options(smtp: SMTP, letter: Letter) -> list[str]:
    options = [f"SIZE={len(letter.body)}"] if smtp.supports_extension("size") else []
    if letter.is_utf8:
        if not smtp.supports_extension("smtputf8"):
            raise SendError(Reason.INVALID, "the mail server takes no address in this script (SMTPUTF8)")
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    return options


async def _content(smtp: SMTP, letter: Letter) -> None:
    try:
        await smtp.data(letter.body, timeout=COMMAND_S if len(letter.body) < LARGE else LARGE_S)
    except aiosmtplib.SMTPDataError as error:
        raise understood(error.code, error.message, Stage.CONTENT) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise SendError(Reason.UNCERTAIN, "the connection was lost before the mail was acknowledged") from error


async def _reset(smtp: SMTP) -> bool:
    """Clear the envelope after a refusal; True if the connection can be used again."""
    try:
        await smtp.rset(timeout=GOODBYE_S)
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


async def _leave(smtp: SMTP) -> None:
    try:
        await smtp.quit(timeout=GOODBYE_S)
    except (aiosmtplib.SMTPException, OSError):
        smtp.close()
