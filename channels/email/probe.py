"""What `centrala check email` tries, one step after the other: each failing step named, with what to do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib
from aiosmtplib import SMTP

from channels.email import tls
from channels.email.mailbox import Mailbox, Refused, Unreachable
from channels.email.oauth import standing
from channels.email.oauth.access import Access, Away, NotSignedIn
from channels.email.replies import Stage, understood
from channels.email.send import connected, unreached, unsigned
from channels.email.settings import Imap, Settings, Smtp
from channels.email.tokens import Tokens
from channels.errors import SendError

Step = tuple[str, str, str]  # name, what was found, what to do ("" if it is fine)
CONNECT_S = 10.0
SIGNED_IN = "signed in"
SHOWN_TODO = (
    "see user, the permissions of the application, and whether the mailbox allows IMAP and SMTP "
    "(docs/how-to/sign-in-to-microsoft-or-google.md)"
)
_TLS_WORDS = {"none": "no TLS", "starttls": "STARTTLS", "implicit": "TLS"}


async def probe(settings: Settings, *, public_url: str, data: Path = Path()) -> list[Step]:
    """The steps of sending, of each mailbox and of the listener. Sends nothing and changes nothing.

    `data`: the folder where a sign-in by OAuth is kept; its token is renewed if it has run out.
    """
    steps: list[Step] = []
    tokens: Access | None = None
    if settings.oauth is not None:
        tokens = Access(settings.oauth, settings.address, data)
        steps.append(await _token(tokens))
        if steps[0][2] and not steps[0][1].startswith(SIGNED_IN):
            return steps  # nothing that follows could sign in
    if settings.smtp is None:
        steps.append(("sending", "not set", "add [channels.email.smtp]: without it nobody can be answered"))
    else:
        steps += await _sending(settings, settings.smtp, tokens)
    for imap in settings.imap:
        steps += await _mailbox(imap, tokens)
    if settings.listen:
        steps.append(await _listening(settings))
    if not settings.imap and not settings.listen:
        steps.append(("receiving", "not set", "add listen, or a mailbox in [[channels.email.imap]]"))
    return steps


async def _token(tokens: Access) -> Step:
    """Whether somebody is signed in, until when, and that the provider gives a token for it."""
    try:
        await tokens.token()
        kept = await tokens.keep()
    except NotSignedIn as error:
        return ("token", str(error), f"sign in: {standing.COMMAND}")
    except Away as error:
        return ("token", str(error), "see whether this machine may reach the provider, and try again")
    unused = tokens.provider.unused
    warning = standing.warning(kept, unused, datetime.now(UTC))
    return ("token", standing.said(kept, unused), f"{standing.COMMAND} before it ends" if warning else "")


async def _sending(settings: Settings, server: Smtp, tokens: Tokens | None) -> list[Step]:
    """Connect, TLS, sign in, and whether the server takes our address: the same code as sending."""
    where = f"{server.host}:{server.known_port}"
    bare = server.model_copy(update={"user": "", "tls": "implicit" if server.tls == "implicit" else "none"})
    steps: list[Step] = []
    own = SHOWN_TODO if server.by_token else "see user and password; many providers want an app password"
    for step, tried, said, todo in (
        ("smtp connect", bare, where, "see host and port, and whether this machine may reach them"),
        ("smtp tls", server.model_copy(update={"user": ""}), _TLS_WORDS[server.tls], _tls_todo(server.tls)),
        ("smtp sign in", server, server.user or "nobody", own),
    ):
        failure, smtp = await _connected(settings, tried, tokens)
        if smtp is None:
            # what is wrong with an implicit TLS shows at the first step already
            is_tls = step == "smtp connect" and failure.startswith("TLS")
            failed = "smtp tls" if is_tls else step
            return [*steps, (failed, f"{where}: {failure}", _tls_todo(server.tls) if is_tls else todo)]
        steps.append((step, said, ""))
        if step == "smtp sign in":
            steps.append(await _may_send(settings, smtp))
        smtp.close()
    return steps


async def _connected(settings: Settings, server: Smtp, tokens: Tokens | None) -> tuple[str, SMTP | None]:
    """Why not, or a connection."""
    try:
        context = None if server.tls == "none" else await asyncio.to_thread(tls.context, server.certificates)
        smtp = await connected(server, domain=settings.domain, context=context, tokens=tokens)
    except (NotSignedIn, Away) as error:
        return unsigned(error).detail, None
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return unreached(error).detail, None
    return "", smtp


async def _may_send(settings: Settings, smtp: SMTP) -> Step:
    """Name sender and recipient (ourselves) and stop before the content: nothing is sent."""
    try:
        await smtp.mail(settings.address)
        await smtp.rcpt(settings.address)
        await smtp.rset()
    except aiosmtplib.SMTPResponseException as error:
        refusal: SendError = understood(error.code, error.message, Stage.SENDER)
        return ("smtp send", refusal.detail, "let the server send as channels.email.address, or sign in as its owner")
    except (aiosmtplib.SMTPException, OSError):
        return ("smtp send", "the server hung up", "look at the mail server's log")
    return ("smtp send", f"as {settings.address}", "")


async def _mailbox(imap: Imap, tokens: Tokens | None) -> list[Step]:
    where = f"{imap.host}:{imap.known_port}"
    mailbox = Mailbox(imap, tokens)
    steps: list[Step] = []
    name, todo = "imap connect", "see host, port and tls, and whether this machine may reach them"
    try:
        await mailbox.connect()
        steps.append((name, f"{where}, {_TLS_WORDS[imap.tls]}", ""))
        name, todo = "imap sign in", "see user and password; many providers want an app password and IMAP switched on"
        todo = SHOWN_TODO if imap.by_token else todo
        await mailbox.sign_in()
        steps.append((name, imap.user, ""))
        name, todo = "imap folder", "see folder: a name as the server has it, for example INBOX"
        opened = await mailbox.select()
        there = len(await mailbox.search("ALL"))
        steps.append((name, f"{imap.folder}: {there} mails, next is {opened.next_uid}", ""))
    except Unreachable as error:
        return [*steps, (name, f"{where}: {error}", todo)]
    except Refused as error:
        is_tls = str(error).startswith("TLS")
        return [*steps, ("imap tls" if is_tls else name, str(error), _tls_todo(imap.tls) if is_tls else todo)]
    finally:
        await mailbox.close()
    return steps


async def _listening(settings: Settings) -> Step:
    """Whether the hub takes mail for our address at its port, and none for others."""
    host, port = settings.listens_on
    smtp = SMTP(hostname=_reachable(host), port=port, timeout=CONNECT_S, start_tls=False, local_hostname="check")
    try:
        await smtp.connect()
        await smtp.mail(settings.address)
        await smtp.rcpt(settings.address)
    except aiosmtplib.SMTPResponseException as error:
        todo = "another program listens there: choose another port"
        return ("listening", f"{settings.listen}: {error.code} {error.message}"[:200], todo)
    except (aiosmtplib.SMTPException, OSError):
        return ("listening", f"{settings.listen}: no answer", "start the hub: centrala run")
    finally:
        smtp.close()
    return ("listening", settings.listen, "")


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def _tls_todo(mode: str) -> str:
    return (
        f'tls is "{mode}": the usual ports are 587 for starttls, 465 and 993 for implicit; name the server as its '
        "certificate does, or trust its authority with certificates"
    )
