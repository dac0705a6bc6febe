"""What a strict receiver of mail insists on: RFC 5321 and 5322, where lenient ones hide a sender's mistakes. Pure."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bqBQ]\?[^?]*\?=")
ONCE = ("From", "Date", "Message-ID", "Subject", "To")
AT_MOST_ONCE = ("Reply-To", "In-Reply-To", "References", "Auto-Submitted", "MIME-Version", "Content-Type")


class Unacceptable(Exception):
    """The mail breaks a rule; the message says which."""


def check(content: bytes, *, eight_bit: bool) -> EmailMessage:
    """The mail understood. Raises Unacceptable."""
    if _BARE.search(content):
        raise Unacceptable("a bare CR or LF")
    if b"\x00" in content:
        raise Unacceptable("a NUL")
    if not eight_bit and not content.isascii():
        raise Unacceptable("octets above 127 without 8BITMIME")
    lines = content.split(b"\r\n")
    if max(map(len, lines)) > 998:
        raise Unacceptable("a line of more than 998 octets")
    mail = message_from_bytes(content, policy=policy.default)
    for name in ONCE:
        if len(mail.get_all(name, [])) != 1:
            raise Unacceptable(f"{len(mail.get_all(name, []))} headers {name}")
    for name in AT_MOST_ONCE:
        if len(mail.get_all(name, [])) > 1:
            raise Unacceptable(f"two headers {name}")
    for part in mail.walk():
        if part.defects:
            raise Unacceptable(f"a defect: {type(part.defects[0]).__name__}")
    _headers(content)
    return mail


def _headers(content: bytes) -> None:
    head = content.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace")
    for word in _ENCODED_WORD.findall(head):
        if len(word) > 75:
            raise Unacceptable("an encoded word of more than 75 characters")
    for name in ("message-id", "in-reply-to", "references"):
        found = re.search(rf"^{name}:(.*(?:\r\n[ \t].*)*)", head, re.IGNORECASE | re.MULTILINE)
        if found and not all(re.fullmatch(r"<[^<>\s]+@[^<>\s]+>", one) for one in found[1].split()):
            raise Unacceptable(f"{name} that is no list of ids")
