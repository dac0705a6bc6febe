"""One connection to a mailbox over IMAP: aioimaplib behind deadlines, thrown away at the first doubt.

aioimaplib does not wake who waits when the connection is lost, and dies of more than some 900 lines in one answer: so
every call races against the loss and a deadline, and nothing asks for more than `WINDOW` mails at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import aioimaplib
from msgspec import Struct

from channels.email import answers, authenticate, tls, tokens
from channels.email.answers import Listed
from channels.email.oauth.access import Away, NotSignedIn
from channels.email.settings import Imap
from channels.email.tokens import Tokens
from kernel import loops

CALL_S = 30.0
BODY_S = 120.0
WINDOW = 200
GOODBYE_S = 2.0
FIRST_BYTES = 64 * 1024  # of a mail that is too big to take whole


class Unreachable(Exception):
    """The server did not answer, or the connection was lost: connect anew."""


class Refused(Exception):
    """The server said no: a wrong password, a folder that is not there."""


class Opened(Struct, frozen=True):
    """The folder as it was selected. UIDs mean something only together with `validity`."""

    validity: int
    next_uid: int


class Mailbox:
    """A connection, used once: when it is lost, make another. `tokens`: where it is signed in to by OAuth."""

    def __init__(self, settings: Imap, tokens: Tokens | None = None) -> None:
        self._settings = settings
        self._tokens = tokens
        self._client: Any = None
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        """Reach the server. Raises Unreachable, Refused (TLS, nobody signed in)."""
        if self._settings.by_token:
            with self._tokens_told():
                await self._source().token()  # without one the server need not be bothered
        context: ssl.SSLContext | None = None
        if self._settings.tls == "implicit":
            context = await asyncio.to_thread(tls.context, self._settings.certificates)
        self._client = aioimaplib.IMAP4(
            self._settings.host.strip("[]"),
            self._settings.known_port,
            timeout=CALL_S,
            conn_lost_cb=lambda error: self._lose(),
            ssl_context=context,
        )
        await self._call(self._client.wait_hello_from_server(), checked=False)
        if self._settings.tls == "starttls":
            await self._start_tls()

    async def sign_in(self) -> None:
        """Raises Refused with the server's words, Unreachable."""
        if self._settings.by_token:
            with self._tokens_told():
                await tokens.twice(self._source(), self._shown, refused=Refused)
        else:
            await self._log_in()
        # what a server can do it may tell only now, and IDLE is among it
        await self._call(self._client.protocol.capability(), checked=False)

    def _source(self) -> Tokens:
        if self._tokens is None:
            raise Refused("a mailbox without a password needs [channels.email.oauth]")
        return self._tokens

    @staticmethod
    @contextlib.contextmanager
    def _tokens_told() -> Iterator[None]:
        """What is wrong with a token, as a mailbox tells it."""
        try:
            yield
        except NotSignedIn as error:
            raise Refused(str(error)) from error
        except Away as error:
            raise Unreachable(str(error)) from error

    async def _shown(self, token: str) -> None:
        await self._call(authenticate.authenticate(self._client, self._settings.user, token))

    async def _log_in(self) -> None:
        password = self._settings.password.get_secret_value()
        await self._call(self._client.login(answers.quoted(self._settings.user), password))

    async def select(self) -> Opened:
        """Open the folder. Raises Refused, Unreachable."""
        response = await self._call(self._client.select(answers.folder(self._settings.folder)))
        validity = answers.number("UIDVALIDITY", response.lines) or 0
        next_uid = answers.number("UIDNEXT", response.lines)
        if next_uid is None:  # RFC 3501 lets a server leave it out
            next_uid = max(await self.search("ALL"), default=0) + 1
        return Opened(validity, next_uid)

    async def search(self, *words: str) -> list[int]:
        """UIDs in order. One line of answer, however many."""
        response = await self._call(self._client.uid_search(*words, charset=None))
        return answers.uids(response.lines[:-1])

    async def list(self, uids: Sequence[int]) -> list[Listed]:
        """Size and date of at most `WINDOW` mails."""
        if len(uids) > WINDOW:
            raise ValueError(f"at most {WINDOW} mails at once")
        wanted = ",".join(map(str, uids))
        response = await self._call(self._client.uid("fetch", wanted, "(UID RFC822.SIZE INTERNALDATE)"))
        return answers.listed(response.lines)

    async def fetch(self, one: Listed, *, limit: int) -> bytes | None:
        """The mail, left unseen; only its beginning if it is bigger than `limit`; None if it is gone."""
        part = "BODY.PEEK[]" if one.size <= limit else f"BODY.PEEK[]<0.{FIRST_BYTES}>"
        response = await self._call(self._client.uid("fetch", str(one.uid), f"({part})"), timeout_s=BODY_S)
        return answers.content(response.lines)

    async def mark_seen(self, uids: Sequence[int]) -> None:
        await self._call(self._client.uid("store", ",".join(map(str, uids)), "+FLAGS.SILENT", r"(\Seen)"))

    async def wait(self, timeout_s: float) -> None:
        """Until the server has something to tell, or `timeout_s` have passed; then a NOOP proves that it is there."""
        if not self._client.has_capability("IDLE"):
            await self._sleep(min(timeout_s, CALL_S))
        else:
            idle = await self._call(self._client.idle_start(timeout_s + CALL_S), checked=False)
            await self._pushed(timeout_s)
            self._client.idle_done()
            await self._call(_awaited(idle), checked=False)
        await self._call(self._client.noop())

    async def close(self) -> None:
        """Say goodbye if anybody listens, then let go of everything."""
        if self._client is None:
            return
        client, self._client = self._client, None
        try:
            is_free = client.protocol.transport is not None and not client.has_pending_idle()
            if is_free and not self._lost.done():
                with contextlib.suppress(aioimaplib.AioImapException, OSError, TimeoutError):  # it is going anyway
                    await asyncio.wait_for(client.logout(), GOODBYE_S)
        finally:
            _let_go(client)  # also for who is told to end while he says goodbye

    # -- deadlines --------------------------------------------------------------------------------------------------

    async def _call(self, asked: Coroutine[Any, Any, Any], *, checked: bool = True, timeout_s: float = CALL_S) -> Any:
        """The answer to a command. `checked`: it must be OK."""
        task = loops.spawn(asked, name="imap.call")
        try:
            await asyncio.wait({task, self._lost}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Unreachable("connection lost" if self._lost.done() else "no answer")
            response = task.result()
        except aioimaplib.AioImapException as error:
            raise Unreachable(type(error).__name__) from error
        except ssl.SSLError as error:
            raise Refused(f"TLS: {getattr(error, 'verify_message', '') or error.reason}") from error
        except (OSError, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error
        except ValueError as error:
            raise Refused("a user name, password or folder that IMAP cannot carry") from error
        finally:
            task.cancel()
        if checked and response.result != "OK":
            raise Refused(bytes(response.lines[-1]).decode("utf-8", "replace")[:200] if response.lines else "NO")
        return response

    async def _pushed(self, timeout_s: float) -> None:
        try:
            await self._call(self._client.wait_server_push(timeout_s), checked=False, timeout_s=timeout_s + 1)
        except Unreachable:
            if self._lost.done():
                raise

    async def _sleep(self, seconds: float) -> None:
        await asyncio.wait({self._lost}, timeout=seconds)
        if self._lost.done():
            raise Unreachable("connection lost")

    def _lose(self) -> None:
        if not self._lost.done():
            self._lost.set_result(None)

    async def _start_tls(self) -> None:
        """STARTTLS (RFC 3501, 6.2.1), which aioimaplib does not speak: the command is its own, the handshake ours."""
        protocol = self._client.protocol
        command = aioimaplib.Command("STARTTLS", protocol.new_tag(), loop=protocol.loop)
        await self._call(protocol.execute(command))
        context = await asyncio.to_thread(tls.context, self._settings.certificates)
        loop = asyncio.get_running_loop()
        host = self._settings.host.strip("[]")
        upgrade = loop.start_tls(protocol.transport, protocol, context, server_hostname=host)
        protocol.transport = await self._call(upgrade, checked=False)
        protocol.incomplete_line = b""  # whatever was said in the clear does not count
        await self._call(protocol.capability(), checked=False)


async def _awaited(future: asyncio.Future[Any]) -> Any:
    return await future


def _let_go(client: Any) -> None:
    """aioimaplib keeps tasks and a timer of its own, which outlive a lost connection."""
    for task in (client._client_task, *client.tasks, *client.protocol.tasks):
        task.cancel()
    if client._idle_waiter is not None:
        client._idle_waiter.cancel()
    if client.protocol.transport is not None:
        client.protocol.transport.abort()
