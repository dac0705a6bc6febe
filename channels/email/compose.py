"""From an Outbound to the bytes of a mail. Pure: the same message gives the same bytes at every try."""

from __future__ import annotations

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage

from msgspec import Struct

from channels.contract import Operation, Outbound
from channels.email import identity, spelling, wire
from channels.email.page import page
from channels.errors import Reason, SendError

REFERENCES = 20  # the first and the newest of a long thread: a header has its limits too
SUBJECT_LIMIT = 200
_ID = re.compile(r"<[!-;=?-~]{1,250}>")


class Letter(Struct, frozen=True):
    """A mail ready for the wire. `is_utf8`: its addresses need a server that speaks SMTPUTF8."""

    sender: str
    recipient: str
    message_id: str
    body: bytes
    is_utf8: bool = False


def compose(outbound: Outbound, *, address: str, name: str = "", key: bytes = b"", tokens: bool = True) -> Letter:
    """The mail for an outbound message, from `address` (ours) under `name`.

    `key` signs our Message-IDs. `tokens`: an answer to a reply token at our domain would reach us.
    Raises SendError(INVALID) for what no mail can carry: a line break in a header, an address that is none.
    """
    if outbound.operation is not Operation.SEND:
        raise SendError(Reason.INVALID, f"{outbound.operation.value}: a mail cannot be changed")
    recipient = _recipient(outbound.address.value)
    domain = spelling.split(address)[1]
    message = EmailMessage(wire.ASCII)
    message_id = identity.made(outbound.id, domain=domain, key=key)
    is_utf8 = not (recipient.isascii() and address.isascii())
    message["From"] = _named(address, name)
    message["To"] = _named(recipient)
    message["Subject"] = _subject(outbound)
    if outbound.first_at is not None:
        message["Date"] = outbound.first_at
    message["Message-ID"] = message_id
    _thread(message, outbound)
    if outbound.token and tokens:
        message["Reply-To"] = _named(f"{_line('token', outbound.token)}@{domain}", name)
    if outbound.automatic:  # RFC 3834: so that no other machine answers, and Exchange neither
        message["Auto-Submitted"] = "auto-replied" if "References" in message else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    if outbound.may_stop and tokens:  # RFC 2369; a button in most mail programs
        stop = identity.stop_address(outbound.id, domain=domain, key=key)
        message["List-Unsubscribe"] = f"<mailto:{stop}?subject=unsubscribe>"
    _say(message, _written(outbound.text), seed=message_id)
    _enclose(message, outbound, seed=message_id)
    return Letter(
        address, recipient, message_id, message.as_bytes(policy=wire.UTF8 if is_utf8 else wire.ASCII), is_utf8
    )


def _recipient(text: str) -> str:
    if not spelling.is_address(text):
        raise SendError(Reason.INVALID, "not an e-mail address")
    local, domain = spelling.split(text)
    return f"{local}@{spelling.ascii_domain(domain)}"


def _named(address: str, name: str = "") -> Address:
    local, domain = spelling.split(address)
    return Address(_line("name", name), local, domain)


def _subject(outbound: Outbound) -> str:
    """The subject given, "Re:" and all; else the first words, because mail without a subject looks like spam."""
    if outbound.subject:
        return _line("subject", outbound.subject)[:SUBJECT_LIMIT]
    first = next((line.strip() for line in _written(outbound.text).split("\n") if line.strip()), "")
    first = "".join(letter for letter in first if spelling.is_one_line(letter))
    return first if len(first) <= 78 else first[:77].rstrip() + "…"


def _thread(message: EmailMessage, outbound: Outbound) -> None:
    """What it answers, and what that answered. A foreign id that is none is left out: it came from a stranger."""
    ids = [one for one in outbound.references if _ID.fullmatch(one)]
    if _ID.fullmatch(outbound.target) and outbound.target not in ids:
        ids.append(outbound.target)
    if not ids:
        return
    message["In-Reply-To"] = ids[-1]
    message["References"] = " ".join(ids if len(ids) <= REFERENCES else [ids[0], *ids[1 - REFERENCES :]])


def _say(message: EmailMessage, text: str, *, seed: str) -> None:
    message.set_content(text)
    message.add_alternative(page(text), subtype="html")
    message.set_boundary(f"=_{hashlib.sha256(seed.encode()).hexdigest()[:32]}")  # no random one: a retry is the same


def _enclose(message: EmailMessage, outbound: Outbound, *, seed: str) -> None:
    for file in outbound.files:
        main, _, sub = file.content_type.partition("/")
        if main in ("message", "multipart") or not sub:  # these may not be encoded, and a server may open them
            main, sub = "application", "octet-stream"
        message.add_attachment(file.body, maintype=main, subtype=sub, filename=_line("file name", file.name))
    if outbound.files:
        message.set_boundary(f"=_{hashlib.sha256(f'files of {seed}'.encode()).hexdigest()[:32]}")


def _written(text: str) -> str:
    """The text with every line end the same, and without what cannot be sent."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _line(field: str, value: str) -> str:
    """`value` as a header may hold it. Raises SendError(INVALID) if it could begin another header."""
    if not spelling.is_one_line(value):
        raise SendError(Reason.INVALID, f"{field}: a line break or a control character; write it in one line")
    return value.encode("utf-8", "replace").decode()
