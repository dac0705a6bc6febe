"""From the bytes of a mail to an Inbound: sender, subject and plain text. Pure; raises nothing."""

from __future__ import annotations

import email
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from channels.contract import Address, Inbound, Kind, Raw
from channels.email import addresses, origin

SCHEME = "mailto"


def parse(raw: Raw, *, trusted_authserv: str = "", domain: str = "") -> Inbound:
    """Understand a mail as far as it goes; what cannot be read becomes `unreadable`."""
    known, body = origin.opened(raw.body)
    try:
        found = _understood(email.message_from_bytes(body), known)
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError):
        found = None
    if found is not None:
        return found
    stranger = Address(SCHEME, raw.address)
    return Inbound(Kind.MESSAGE, stranger, stranger, unreadable="not a mail with one sender", history=known.history)


def _understood(mail: Message, known: origin.Origin) -> Inbound | None:
    name, address = parseaddr(_header(mail, "From"))
    if not addresses.is_address(address):
        return None
    sender = Address(SCHEME, address.lower())
    sent = mail["Date"]
    return Inbound(
        Kind.MESSAGE,
        sender,
        sender,
        name=name,
        text=_text(mail).strip(),
        subject=_header(mail, "Subject"),
        external_id=str(mail["Message-ID"] or "").strip(),
        sent_at=parsedate_to_datetime(sent) if sent else None,
        references=tuple(str(mail["References"] or mail["In-Reply-To"] or "").split()),
        replies_to=str(mail["In-Reply-To"] or "").strip(),
        history=known.history,
    )


def _header(mail: Message, name: str) -> str:
    return str(make_header(decode_header(str(mail[name] or "")))).replace("\x00", "")


def _text(mail: Message) -> str:
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return content.decode(part.get_content_charset() or "utf-8", "replace").replace("\x00", "")
    return ""
