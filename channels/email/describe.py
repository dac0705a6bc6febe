"""What `centrala inspect mail` shows: a mail as the channel understands it, as one plain value for JSON."""

from __future__ import annotations

from typing import Any

from channels.email import addresses, auto, body, content, headers, proof
from channels.email.addresses import Mailbox
from channels.email.content import Understand
from channels.email.headers import Head


def describe(raw: bytes, understand: Understand = content.understand, *, authserv: str = "") -> dict[str, Any]:
    """The mail, or {"refused": why} for one that is turned away. `unreadable` is named only if it is.

    `dmarc` is named only where `authserv` is: the mail server whose Authentication-Results are to be believed.
    """
    if why := content.refusal(raw):
        return {"refused": why}
    head = headers.read(raw)
    found = understand(raw)
    report = found.report if found.report is not None and found.report.is_bounce else None
    box = addresses.sole(head.every("from"))
    dmarc = proof.result(head, address=box.address if box else "", authserv=authserv)
    described = {
        "message_id": headers.message_id(head) or None,
        "in_reply_to": next(iter(headers.in_reply_to(head)), None),
        "references": headers.references(head),
        "from": _sender(box),
        "to": _listed(head, "to"),
        "cc": _listed(head, "cc"),
        "subject": body.subject_of(head),
        "date": _date(head),
        "text": found.text,
        "reply_text": found.reply,
        "html_present": found.html_present,
        "attachments": [
            {"filename": one.filename or None, "content_type": one.content_type, "size": one.size}
            for one in found.attachments
        ],
        "auto_submitted": auto.is_automatic(head, envelope_sender=None, ours=frozenset(), domains=frozenset()),
        "is_bounce": report is not None,
        "bounce_recipients": list(report.recipients) if report else [],
        "bounce_temporary": report.outcome == "delayed" if report else None,
    }
    more = {"unreadable": found.unreadable, "dmarc": dmarc.value if dmarc else ""}
    return described | {name: said for name, said in more.items() if said}


def _sender(box: Mailbox | None) -> dict[str, str] | None:
    """The one clean address of From: an odd From names nobody."""
    return {"name": box.name, "address": box.address} if box else None


def _listed(head: Head, name: str) -> list[str]:
    found = [box.address for value in head.every(name) for box in addresses.mailboxes(value)]
    return [address for address in found if address][: addresses.LIMIT]


def _date(head: Head) -> str | None:
    at = headers.date_of(head)
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
