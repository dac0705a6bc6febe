"""What the listener decides: whose mail it takes, and the answer to a mail that was stored or could not be."""

from __future__ import annotations

import asyncio
import functools
import re
from typing import Any

from channels.contract import Accept, Health
from channels.email import peek, spelling
from channels.email.settings import Settings
from kernel import errors, log

_log = log.get(__name__)
LATER = "451 4.3.0 Not now, try again later"
FULL = "452 4.3.1 No room now, try again later"
HOPS = 50  # as Postfix counts them
_RECEIVED = re.compile(rb"^received:", re.IGNORECASE | re.MULTILINE)


class Handler:
    """The hooks that aiosmtpd calls by name."""

    def __init__(self, settings: Settings, accept: Accept, *, health: Health) -> None:
        self._settings = settings
        self._accept = accept
        self._health = health

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Nobody signs in here: AUTH is not offered."""
        session.host_name = hostname
        return [line for line in responses if not line.startswith("250-AUTH")]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Only what is ours: this is no relay."""
        if len(envelope.rcpt_tos) >= self._settings.limits.recipients:
            return "452 4.5.3 Too many recipients"
        if not spelling.is_ours(address, self._settings.address):
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """250 only after the commit; anything else is said so that the sender keeps the mail."""
        content: bytes = envelope.original_content
        if _hops(content) > HOPS:
            return "554 5.4.6 Too many hops"
        make = functools.partial(
            peek.from_smtp,
            content,
            self._settings.address,
            sender="" if envelope.mail_from == "<>" else _clean(envelope.mail_from),
            recipients=[_clean(one) for one in envelope.rcpt_tos],
        )
        try:
            raw = await asyncio.to_thread(make) if peek.is_slow(content) else make()
            await self._accept(raw)
        except errors.TryLater as error:
            return FULL if error.code == "full" else LATER
        except Exception as error:
            return await self.handle_exception(error)
        self._health.last_in_at = raw.received_at
        return "250 2.0.0 Stored"

    async def handle_exception(self, error: Exception) -> str:
        """Nothing of ours that goes wrong is final for the sender, and nothing of it is told."""
        _log.error("email.failed", error=log.cause(error))
        return LATER


def _hops(content: bytes) -> int:
    end = content.find(b"\r\n\r\n", 0, peek.HEADERS_LIMIT)
    return len(_RECEIVED.findall(content, 0, end if end >= 0 else peek.HEADERS_LIMIT))


def _clean(address: str) -> str:
    """As JSON can hold it: octets that are no UTF-8 are replaced."""
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
