"""Mails of the sizes that are measured, each with a Message-ID that no other has."""

from __future__ import annotations

import base64
import itertools
import random
from collections.abc import Callable
from functools import lru_cache

ADDRESS = "help@desk.example"
WORDS = (
    "Dear colleagues, the charger at Lipova 12 shows a red lamp since this\r\n"
    "morning and my card is not read any more; the screen says that the\r\n"
    "session cannot start. I have tried both plugs and another car. Could\r\n"
    "you please look at it, or tell me where the nearest free one is? I need\r\n"
    "to drive to Brno at four.\r\n\r\n"
)
ATTACHED = 3_750_000  # bytes before base64, which makes 5 MB of them
_numbers = itertools.count(1)

Letter = Callable[[], bytes]


def plain() -> bytes:
    """2 KB of text."""
    return _headed("text/plain; charset=utf-8", _PLAIN)


def both() -> bytes:
    """22 KB: the same words as text and as HTML."""
    return _headed('multipart/alternative; boundary="one"', _BOTH)


def attached() -> bytes:
    """5 MB: some words and a file in base64."""
    return _headed('multipart/mixed; boundary="two"', _with_file())


def _headed(kind: str, below: bytes) -> bytes:
    number = next(_numbers)
    head = (
        f"Received: from relay.customers.example (relay.customers.example [192.0.2.7]) by mx.desk.example;"
        " Tue, 17 Nov 2026 10:15:00 +0100\r\n"
        "Date: Tue, 17 Nov 2026 10:14:58 +0100\r\n"
        f"From: =?utf-8?q?Eszter_Kov=C3=A1cs?= <eszter{number % 997}@customers.example>\r\n"
        f"To: Help <{ADDRESS}>\r\n"
        f"Message-ID: <{number}.bench@customers.example>\r\n"
        "Subject: Charger at Lipova 12 is out of order\r\n"
        "MIME-Version: 1.0\r\n"
        "User-Agent: Mozilla Thunderbird\r\n"
        f"Content-Type: {kind}\r\n\r\n"
    )
    return head.encode() + below + b"%d\r\n" % number


def _part(kind: str, body: bytes, *more: str) -> bytes:
    lines = "".join(f"{line}\r\n" for line in (f"Content-Type: {kind}", *more))
    return lines.encode() + b"\r\n" + body + b"\r\n"


def _html(words: str) -> str:
    lines = words.replace("\r\n", "<br>\r\n")
    return f"<div style='font-family: sans-serif'><p>{lines}</p><blockquote>{lines}</blockquote></div>\r\n"


@lru_cache(maxsize=1)
def _with_file() -> bytes:
    file = base64.encodebytes(random.Random(1).randbytes(ATTACHED)).replace(b"\n", b"\r\n")
    words = _part("text/plain; charset=utf-8", _PLAIN)
    pdf = _part('application/pdf; name="invoice.pdf"', file, "Content-Transfer-Encoding: base64")
    return b"--two\r\n" + words + b"--two\r\n" + pdf + b"--two--\r\n"


_PLAIN = (WORDS * 4).encode()
_BOTH = (
    b"--one\r\n"
    + _part("text/plain; charset=utf-8", (WORDS * 20).encode())
    + b"--one\r\n"
    + _part("text/html; charset=utf-8", (_html(WORDS) * 18).encode())
    + b"--one--\r\n"
)
