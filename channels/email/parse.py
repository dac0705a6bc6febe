"""From a stored mail to an Inbound. Pure; raises nothing: what cannot be read is said so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from channels.contract import Address, Dmarc, Inbound, Kind, Raw
from channels.email import addresses, auto, body, bounce, content, cutting, headers, identity, origin, proof
from channels.email.addresses import Mailbox
from channels.email.bounce import Report
from channels.email.content import Content, Understand
from channels.email.headers import Head

SCHEME = "mailto"
TOKEN_PREFIX = "r+"  # noqa: S105 - how the part before the @ begins that brings an answer back
_TOKEN_LIMIT = 48  # characters of that part
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_KEPT = 20  # of the addresses that a mail was sent to
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")


class House(Struct, frozen=True):
    """What a mail is compared with.

    `addresses`: our own, in lower case. `authserv`: the mail server whose Authentication-Results are believed, "" for
    none. `key`: the secret by which our own Message-IDs are known.
    """

    addresses: frozenset[str] = frozenset()
    authserv: str = ""
    key: bytes = b""

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(one.rpartition("@")[2] for one in self.addresses)


class _Mail(Struct, frozen=True):
    """A mail with what the envelope said of it."""

    raw: Raw
    mime: bytes
    head: Head
    facts: origin.Facts
    house: House


def parse(raw: Raw, house: House, understand: Understand = content.understand) -> Inbound:
    """The mail in `raw`. `understand` reads what is below the headers: see `worker` for one that bears anything."""
    facts, mime = origin.opened(raw.body)
    try:
        mail = _Mail(raw, mime, headers.read(mime), facts, house)
        refused = content.refusal(mime)
        return _inbound(mail, Content(unreadable=refused) if refused else _understood(mime, understand))
    except content.SLIPS as error:
        stranger = Address(SCHEME, _unknown(raw.body[:1000]))
        return Inbound(Kind.MESSAGE, stranger, stranger, unreadable=f"not a mail ({type(error).__name__})")


def _understood(mime: bytes, understand: Understand) -> Content:
    try:
        return understand(mime)
    except content.SLIPS as error:
        return Content(unreadable=f"the text could not be read ({type(error).__name__})")


def _inbound(mail: _Mail, found: Content) -> Inbound:
    whole = _message(mail, found)
    if identity.own(headers.message_id(mail.head), key=mail.house.key):
        return replace(whole, kind=Kind.NOTHING)  # what we sent, read back
    about = _returned_to(mail)
    report = found.report
    if report is None and about and whole.automatic:
        report = _poor_report(mail, found)
    return whole if report is None else _status(whole, report, about or _about(report, mail.house))


def _message(mail: _Mail, found: Content) -> Inbound:
    head = mail.head
    sender, name, is_clean = _sender(mail)
    dmarc = proof.result(head, address=sender if is_clean else "", authserv=mail.house.authserv)
    return Inbound(
        kind=Kind.MESSAGE,
        address=Address(SCHEME, _answered_at(mail) or sender),
        sender=Address(SCHEME, sender),
        name=name,
        text=found.reply,
        subject=body.subject_of(head),
        external_id=identity.short(headers.message_id(head)),
        sent_at=_sent_at(mail),
        attachments=tuple(one.shown for one in found.attachments),
        files=tuple(cutting.to_file(one) for one in found.attachments),
        recipients=tuple(islice(dict.fromkeys(_addressed(mail)), _KEPT)),
        references=tuple(identity.short(one) for one in headers.references(head)),
        token=_token(mail),
        automatic=_is_automatic(mail),
        proven=dmarc is Dmarc.PASS,
        disproved=dmarc is Dmarc.FAIL,
        dmarc=dmarc,
        history=mail.facts.get("history", False),
        stops=_stops(mail),
        unreadable=found.unreadable,
    )


def _sender(mail: _Mail) -> tuple[str, str, bool]:
    """Address, name, and whether From is one clean address. Anything odd in From is nobody's identity."""
    box = addresses.sole(mail.head.every("from"))
    if box is not None:
        return box.address, box.name, True
    instead = addresses.sole(mail.head.every("sender"))
    envelope = addresses.normal(mail.facts.get("from", ""))
    written = "\n".join(mail.head.every("from")).encode("utf-8", "surrogateescape")
    return (instead.address if instead else "") or envelope or _unknown(written), "", False


def _unknown(written: bytes) -> str:
    """An address that is nobody's, the same for the same odd words; mail to it goes nowhere (RFC 2606)."""
    return f"{hashlib.sha256(written).hexdigest()[:16]}@unknown.invalid"


def _answered_at(mail: _Mail) -> str:
    """Where an answer goes, if the sender asks for one clean address that is not ours."""
    asked = addresses.sole(mail.head.every("reply-to"))
    if (
        asked is None
        or asked.address.lower() in mail.house.addresses
        or addresses.sole(mail.head.every("from")) is None
    ):
        return ""
    return asked.address


def _sent_at(mail: _Mail) -> datetime | None:
    said = headers.date_of(mail.head)
    return said if said and _OLDEST <= said <= mail.raw.received_at + _AHEAD else None


def _is_automatic(mail: _Mail) -> bool:
    house = mail.house
    return auto.is_automatic(
        mail.head, envelope_sender=mail.facts.get("from"), ours=house.addresses, domains=house.domains
    )


def _recipients(mail: _Mail) -> Iterator[str]:
    yield from mail.facts.get("to", ())
    for name in _RECIPIENTS:
        for value in mail.head.every(name)[:20]:
            yield from (box.address for box in addresses.mailboxes(value))


def _addressed(mail: _Mail) -> Iterator[str]:
    """The addresses that people wrote it to: those that we made for one message are keys, and kept nowhere."""
    key = mail.house.key
    for one in (address.strip().lower() for address in _recipients(mail)):
        if not (one.startswith(TOKEN_PREFIX) or identity.stopped(one, key=key) or identity.returned(one, key=key)):
            yield one


def _token(mail: _Mail) -> str:
    """What stands after r+ in an address of our own domain that the mail was sent to."""
    for address in _recipients(mail):
        local, _, domain = address.strip().lower().rpartition("@")
        if domain in mail.house.domains and local.startswith(TOKEN_PREFIX) and len(local) <= _TOKEN_LIMIT:
            return local.removeprefix(TOKEN_PREFIX)
    return ""


def _stops(mail: _Mail) -> str:
    """Our message whose reader wants no more like it: the mail came to the address that he was given for this."""
    found = (identity.stopped(address, key=mail.house.key) for address in _recipients(mail))
    return next(filter(None, found), "")


def _returned_to(mail: _Mail) -> str:
    """Our message whose own return path this mail came to."""
    found = (identity.returned(address, key=mail.house.key) for address in _recipients(mail))
    return next(filter(None, found), "")


def _poor_report(mail: _Mail, found: Content) -> Report | None:
    """A mail to a return path of ours that reads like no report: a holiday notice is none, a server's words are one."""
    box = addresses.sole(mail.head.every("from"))
    is_server = box is None or _local(box).startswith(("mailer-daemon", "postmaster"))
    return Report(bounce.FAILED, reason=headers.plain(found.reply)[:160]) if is_server else None


def _local(box: Mailbox) -> str:
    return box.address.partition("@")[0].lower()


def _about(report: Report, house: House) -> str:
    return next(filter(None, (identity.own(one, key=house.key) for one in report.message_ids)), "")


def _status(whole: Inbound, report: Report, about: str) -> Inbound:
    """A report: the message that failed or arrived. A delay and a receipt change nothing."""
    status = {bounce.FAILED: "failed", bounce.DELIVERED: "delivered"}.get(report.outcome, "")
    return replace(
        whole,
        kind=Kind.STATUS if status else Kind.NOTHING,
        address=Address(SCHEME, report.recipients[0]) if report.recipients else whole.address,
        external_id="" if about else _named(report.message_ids),
        about=about,
        status=status,
        reason=" ".join(filter(None, (report.status, report.reason.removeprefix(report.status).strip())))[:200],
        automatic=True,
        token="",
    )


def _named(message_ids: Sequence[str]) -> str:
    return identity.short(message_ids[0]) if message_ids else ""
