"""Small builders of mails as they come over the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from channels.contract import Inbound, Raw
from channels.email import origin
from channels.email.parse import House, parse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
KEY = b"0123456789abcdef0123456789abcdef"
HELP = "help@desk.example"
HOUSE = House(frozenset({HELP, "office@desk.example"}), authserv="mx.desk.example", key=KEY)
ESZTER = "Eszter Kovács <eszter@ugyfel.example>"
USUAL = {
    "From": "Eszter <eszter@ugyfel.example>",
    "To": HELP,
    "Subject": "Card",
    "Date": "Tue, 10 Mar 2026 09:55:00 +0100",
    "Message-ID": "<one@ugyfel.example>",
}


def mail(body: str | bytes = "Hello", /, **fields: str | None) -> bytes:
    """A mail with the usual fields; `content_type` stands for Content-Type, None leaves a field out."""
    named = USUAL | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in named.items() if value is not None]
    content = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + content


def plain(text: str, **fields: str | None) -> bytes:
    return mail(text, **{"Content-Type": "text/plain; charset=utf-8"}, **fields)


def html(page: str, **fields: str | None) -> bytes:
    return mail(page, **{"Content-Type": "text/html; charset=utf-8"}, **fields)


def part(content: str | bytes, kind: str = "text/plain; charset=utf-8", **fields: str) -> bytes:
    """A part of a multipart."""
    head = [f"Content-Type: {kind}", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    body = content if isinstance(content, bytes) else content.encode()
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "b1", **fields: str | None) -> bytes:
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in parts)
    whole = body + b"--" + boundary.encode() + b"--\r\n"
    return mail(whole, **{"Content-Type": f'multipart/{kind}; boundary="{boundary}"'}, **fields)


def nested(*parts: bytes, kind: str = "alternative", boundary: str = "b2") -> bytes:
    """A multipart as a part."""
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in parts)
    return part(body + b"--" + boundary.encode() + b"--\r\n", f'multipart/{kind}; boundary="{boundary}"')


def raw(mime: bytes, **facts: Any) -> Raw:
    """A mail as it is stored. `sender` is the envelope's, else as the facts are named."""
    if "sender" in facts:
        facts["from"] = facts.pop("sender")
    stored = origin.sealed(mime, **facts) if facts else mime
    return Raw("email", "email:help@desk.example", "1", "eszter@ugyfel.example", stored, NOW)


def understood(mime: bytes, **facts: Any) -> Inbound:
    return parse(raw(mime, **facts), HOUSE)
