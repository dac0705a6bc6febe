"""From a stored webhook body to an Inbound: a person's message, or an event of another system. Pure."""

from __future__ import annotations

import hashlib
import re

from channels.contract import Address, Inbound, Kind, Raw
from kernel import phones
from kernel.errors import Invalid
from webhooks import mapped, schemas

CHANNEL = "webhook"
ADDRESS_LIMIT = 320  # characters its column holds
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")


def account(source: str) -> str:
    """The channel account of a source."""
    return f"hook:{source}"


def parse(raw: Raw) -> Inbound:
    """The message in a stored body. What cannot be read becomes an unreadable message of the same sender."""
    try:
        event = schemas.read(mapped.event(raw.body))
    except Invalid as error:
        fields = ", ".join(problem.field for problem in error.problems)
        stranger = _named(raw.address, raw.account)
        return Inbound(Kind.MESSAGE, stranger, stranger, unreadable=f"not an event ({fields})")
    if not isinstance(event, schemas.MessageReceived):
        system = _named(event.order_key, raw.account)
        return Inbound(Kind.EVENT, system, system, event=event.type, payload=event.data, automatic=True)
    data = event.data
    sender = address(data.sender.address, raw.account)
    return Inbound(
        kind=Kind.MESSAGE,
        address=sender,
        sender=sender,
        name=data.sender.name,
        text=data.text,
        subject=data.subject,
        language=data.language,
        sent_at=event.timestamp if event.timestamp.tzinfo else None,
        matter=f"{raw.account}/{data.thread}" if data.thread else "",
    )


def address(written: str, account: str) -> Address:
    """An e-mail address, a phone number in E.164, or a name that means something to that source only."""
    written = written.strip()
    if _EMAIL.fullmatch(written) and len(written.lower()) <= ADDRESS_LIMIT:
        return Address("mailto", written.lower())
    number = phones.e164(written) if written.startswith("+") else None
    return Address("tel", number) if number else _named(written, account)


def _named(written: str, account: str) -> Address:
    """A name of that source; one too long for its column is known by its digest."""
    if len(f"{account}/{written}") > ADDRESS_LIMIT:
        written = hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
    return Address("web", f"{account}/{written}")
