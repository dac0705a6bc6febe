"""From a stored form or record to an Inbound. Pure; raises nothing."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from channels.contract import Address, File, Inbound, Kind, Raw
from channels.sms import errors, peek, wire
from channels.sms.peek import Fields
from kernel import phones

# Twilio's states of a message (docs: Message resource) as we tell them. All others say nothing new: it is on its way.
STATES = {"sent": "sent", "delivered": "delivered", "read": "delivered", "undelivered": "failed", "failed": "failed"}
_INBOUND = frozenset({"", "receiving", "received"})
LISTED = "listed:"  # before message and place of a part whose address the provider's list does not tell
MEDIA_LIMIT = 10  # an MMS has at most so many parts


def parse(raw: Raw) -> Inbound:
    """What `raw` says. What cannot be read becomes an unreadable message of that number."""
    if raw.body.startswith(b"{"):
        return _record(raw)
    given = peek.fields(wire.form(raw.body))
    if not peek.sid(given):
        return _unreadable(raw, "no MessageSid")
    if peek.state(given) not in _INBOUND:
        return _status(given.get("To", ""), given, raw)
    if not given.get("From"):
        return _unreadable(raw, "no sender")
    return _message(given, _media(given))


def _record(raw: Raw) -> Inbound:
    """A record of the message list: the same words under other names."""
    found = wire.decode(raw.body)
    if not isinstance(found, dict) or not isinstance(found.get("sid"), str):
        return _unreadable(raw, "no record of a message")
    given = {
        "MessageSid": found["sid"],
        "From": _string(found, "from"),
        "To": _string(found, "to"),
        "Body": _string(found, "body"),
        "MessageStatus": _string(found, "status"),
        "ErrorCode": _string(found, "error_code"),
    }
    if found.get("direction") != "inbound":
        return _status(given["To"], given, raw)
    if not given["From"]:
        return _unreadable(raw, "no sender")
    number = _string(found, "num_media")
    parts = min(int(number), MEDIA_LIMIT) if number.isdecimal() and len(number) < 4 else 0
    media = [("file", f"{LISTED}{found['sid']}/{place}", "") for place in range(parts)]
    return _message(given, media, sent_at=_moment(_string(found, "date_sent")))


def _message(given: Fields, media: list[tuple[str, str, str]], *, sent_at: datetime | None = None) -> Inbound:
    number = _address(given["From"])
    marks = " ".join(f"[{kind}]" for kind, _, _ in media)
    return Inbound(
        kind=Kind.MESSAGE,
        address=number,
        sender=number,
        text=f"{marks} {given.get('Body', '')}".strip() if marks else given.get("Body", ""),
        external_id=peek.sid(given),
        sent_at=sent_at,
        recipients=tuple(filter(None, (given.get("To", ""),))),
        attachments=tuple(kind for kind, _, _ in media),
        files=tuple(File(_named(kind, said), said, reference=reference) for kind, reference, said in media),
    )


def _status(recipient: str, given: Fields, raw: Raw) -> Inbound:
    number = _address(recipient or raw.address)
    said = peek.state(given)
    if said not in STATES:
        return Inbound(Kind.NOTHING, number, number, external_id=peek.sid(given))
    status = STATES[said]
    return Inbound(
        kind=Kind.STATUS,
        address=number,
        sender=number,
        external_id=peek.sid(given),
        about=given.get(wire.ABOUT, ""),
        status=status,
        reason=errors.why(given.get("ErrorCode") or said) if status == "failed" else "",
    )


def _media(given: Fields) -> list[tuple[str, str, str]]:
    """What each part of an MMS is called, where it is, and its type: "image", "https://…", "image/jpeg"."""
    found = []
    for number in range(MEDIA_LIMIT):
        url = given.get(f"MediaUrl{number}")
        if url:
            said = given.get(f"MediaContentType{number}", "")
            kind = said.partition("/")[0]
            found.append((kind if kind in ("image", "video", "audio") else "file", url, said))
    return found


def _named(kind: str, content_type: str) -> str:
    """A name for what has none: the ending is what the type says."""
    return f"{kind}{mimetypes.guess_extension(content_type.partition(';')[0].strip().lower()) or ''}"


def _address(number: str) -> Address:
    """A number as E.164; short codes and names that sent something stay as they are."""
    return Address(wire.SCHEME, phones.e164(number) or number)


def _unreadable(raw: Raw, why: str) -> Inbound:
    number = _address(raw.address)
    return Inbound(Kind.MESSAGE, number, number, unreadable=why)


def _string(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return "" if value is None else str(value).replace("\x00", "")


def _moment(written: str) -> datetime | None:
    """A time as the REST API writes it, RFC 2822; None for anything else, and for one without a zone."""
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo is not None else None
