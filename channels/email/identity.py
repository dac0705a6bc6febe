"""Names of mails: the id under which a mail is stored once, and the ids by which our own are known when they return."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from channels.email import headers

LIMIT = 200  # characters of an id that the message store keeps
_OWN = re.compile(r"<m\.(\d{1,19})\.([a-z2-7]{16})@([^<>@\s]{1,253})>")
_STOP = re.compile(r"u\+(\d{1,19})\.([a-z2-7]{16})@([^<>@\s]{1,253})")
_RETURN = re.compile(r"b\+(\d{1,19})\.([a-z2-7]{16})@([^<>@\s]{1,253})")


def of(mime: bytes) -> str:
    """The external id of a mail: its Message-ID with a digest of its From and of all below the headers.

    Senders give one Message-ID to different mails; the digest tells those apart. Line ends do not count: one mail
    that comes by SMTP and by IMAP is one.
    """
    head = headers.read(mime)
    body = mime[headers.split(mime)[1] :].replace(b"\r\n", b"\n").rstrip()
    digest = hashlib.sha256(head.first("from").encode("utf-8", "surrogateescape") + b"\n")
    digest.update(body)
    return f"{short(headers.message_id(head))}#{digest.hexdigest()[:32]}"


def short(message_id: str) -> str:
    """An id as the store keeps it: one that is too long goes under its digest, wherever it is named."""
    if len(message_id) <= LIMIT and message_id.isprintable():
        return message_id
    return f"<{hashlib.sha256(message_id.encode('utf-8', 'surrogateescape')).hexdigest()}@long.invalid>"


def made(message: int, *, domain: str, key: bytes) -> str:
    """The Message-ID of our message: the same over all tries, and nobody else can make it."""
    return f"<m.{message}.{_mac(message, 'id', key)}@{domain}>"


def return_path(message: int, *, domain: str, key: bytes) -> str:
    """An envelope sender that names our message, so that any bounce, however poor, says what it is about."""
    return f"b+{message}.{_mac(message, 'path', key)}@{domain}"


def stop_address(message: int, *, domain: str, key: bytes) -> str:
    """Where a mail ends our notices to a reader. It names the one that it came with: only he has it."""
    return f"u+{message}.{_mac(message, 'stop', key)}@{domain}"


def stopped(address: str, *, key: bytes) -> str:
    """Our own id of the message that this address to stop came with; "" if it is none."""
    return _recognised(_STOP.fullmatch(address.strip().lower()), "stop", key)


def own(message_id: str, *, key: bytes) -> str:
    """Our own id of the message that carries this Message-ID; "" if it is not one of ours."""
    return _recognised(_OWN.fullmatch(message_id.strip()), "id", key)


def returned(address: str, *, key: bytes) -> str:
    """Our own id of the message whose return path this envelope recipient is; "" if it is none."""
    return _recognised(_RETURN.fullmatch(address.strip().lower()), "path", key)


def looks_own(message_id: str, domains: frozenset[str]) -> bool:
    """True for the shape of our ids under our own domain, whoever made it."""
    found = _OWN.fullmatch(message_id.strip())
    return found is not None and found[3].lower() in domains


def _recognised(found: re.Match[str] | None, purpose: str, key: bytes) -> str:
    if found is None or not hmac.compare_digest(found[2], _mac(int(found[1]), purpose, key)):
        return ""
    return str(int(found[1]))


def _mac(message: int, purpose: str, key: bytes) -> str:
    """80 bits over the message and what the name is for."""
    digest = hmac.new(key, f"{purpose}:{message}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode().lower()
