"""One SMTP conversation: aiosmtpd's, with DATA read in chunks, errors counted and connections limited.

aiosmtpd reads DATA a line at a time, 168 ms of the loop for a mail of 5 MB; in chunks it is a seventh of that.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any, AnyStr, Protocol, cast

from aiosmtpd.smtp import SMTP

from channels.email.gathering import Fault, Gathering
from kernel import log

_log = log.get(__name__)
CHUNK = 256 * 1024
DATA_S = 3600.0  # for one mail: who sends an octet now and then keeps a connection that others need
_ATOMS = r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+)*"
_PATH = re.compile(rf"<({_ATOMS}@{_ATOMS})>(?: ([^()\r\n]*))?")


def plain_path(arg: str) -> tuple[str, str] | None:
    """Address and parameters of MAIL or RCPT as nearly all write them; None for what needs a real parser."""
    found = _PATH.fullmatch(arg)
    return (found[1], (found[2] or "").strip(" \t")) if found else None


class House(Protocol):
    """What a conversation asks the listener."""

    is_closing: bool

    def enter(self, conversation: Conversation, peer: str) -> bool: ...

    def leave(self, conversation: Conversation) -> None: ...

    def hold(self, count: int) -> bool: ...


class Conversation(SMTP):
    """A connection from its greeting to its end."""

    def __init__(self, handler: Any, house: House, *, errors: int, size_limit: int, **more: Any) -> None:
        super().__init__(handler, data_size_limit=size_limit, **more)
        self._size_limit = size_limit
        self._house = house
        self._errors_left = errors
        self._is_storing = False

    async def push(self, status: AnyStr) -> None:
        """Answer; a sender who gets too many refusals is sent away."""
        await super().push(status)
        if not (status if isinstance(status, bytes) else status.encode()).startswith(b"5"):
            return
        self._errors_left -= 1
        if self._errors_left <= 0:
            _log.warning("email.sent_away", reason="too many errors")
            await self._end("421 4.7.0 Too many errors")

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The address of MAIL and RCPT, and what follows it. aiosmtpd's own way takes 100 us, twice a mail."""
        return plain_path(arg) or super()._getaddr(arg)

    async def smtp_DATA(self, arg: str) -> None:
        """Read the content to its end whatever is wrong with it, then answer."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        gathering = Gathering(size_limit=self._size_limit, line_limit=self.line_length_limit)
        held, until = 0, time.monotonic() + DATA_S
        try:
            while True:
                chunk = await self._chunk()
                if time.monotonic() > until:
                    _log.warning("email.sent_away", reason="too slow")
                    await self._end("421 4.4.2 Too slow")
                    raise ConnectionResetError("a mail that takes for ever")
                held += len(chunk)
                if not self._house.hold(len(chunk)):
                    gathering.drop(Fault.ROOM)
                rest = gathering.feed(chunk)
                if rest is not None:
                    break
            self._put_back(rest)
            status = await self._answer(gathering)
        finally:
            self._house.hold(-held)
        self.envelope = self._create_envelope()
        await self.push(status)
        if self._house.is_closing:
            await self._end("421 4.3.2 Going down, come back later")

    async def _answer(self, gathering: Gathering) -> str:
        if gathering.fault is not None:
            return gathering.fault.value
        assert self.envelope is not None
        self.envelope.content = self.envelope.original_content = gathering.content()
        self._is_storing = True
        try:
            return str(await self._call_handler_hook("DATA"))
        finally:
            self._is_storing = False

    async def _chunk(self) -> bytes:
        chunk = await self._reader.read(CHUNK)
        if not chunk:
            raise ConnectionResetError("the sender left within DATA")
        self._reset_timeout()  # it counts silence, not the size of a mail over a slow line
        return chunk

    def _put_back(self, rest: bytes) -> None:
        """What came behind the content is the next command (RFC 2920). aiosmtpd, too, handles this buffer itself."""
        self._reader._buffer[:0] = rest  # type: ignore[attr-defined]

    # -- coming and going -------------------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        assert self.session is not None
        peer = self.session.peer
        try:
            if not self._house.enter(self, str(peer[0]) if isinstance(peer, tuple) else str(peer)):
                await self._end("421 4.7.0 Too many connections, come back later")
                return
            await super()._handle_client()
        except ConnectionError:
            pass  # the sender left; what was not acknowledged he sends again

    def connection_lost(self, error: Exception | None) -> None:
        self._house.leave(self)
        super().connection_lost(error)

    def dismiss(self) -> None:
        """End politely, unless a mail is being stored: it gets its answer first."""
        transport = self._going()
        if transport is not None and not self._is_storing:
            transport.write(b"421 4.3.2 Going down, come back later\r\n")
            transport.close()

    def abort(self) -> None:
        """End at once, below TLS too: its goodbye waits for a peer who may never answer."""
        transport = cast("asyncio.Transport | None", self._original_transport or self.transport)
        if transport is not None:
            transport.abort()

    def _going(self) -> asyncio.Transport | None:
        transport = cast("asyncio.Transport | None", self.transport)
        return None if transport is None or transport.is_closing() else transport

    async def _end(self, status: str) -> None:
        await super().push(status)
        if self.transport is not None:
            self.transport.close()
