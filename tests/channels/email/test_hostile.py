"""Mails as an enemy would write them, at the wire and on their way to the store: none stops or slows the others."""

from __future__ import annotations

import time

import pytest

from channels.email import peek
from tests.channels.email import parts

OWN = parts.ADDRESS
PEEKED_MS = 250  # of a slow core under load; what is quadratic takes seconds


@pytest.mark.parametrize(
    "head",
    [
        b"From: " + b"(" * 30_000,
        b"From: " + b'"\\' * 20_000,
        b"From: " + b"<" * 20_000,
        b"From: a@b.example, " * 3_000,
        b"From: \x00\x00@\x00.example",
        b"From: \xed\xa0\x80@example.com",
        b"From: =?utf-8?q?" + b"=" * 30_000,
        b"From:" + b"\r\n " * 5_000 + b"a@b.example",
        b"From" + b" " * 30_000 + b": a@b.example",
        b"X: y\r\n" * 10_000,
        b"",
    ],
    ids=[
        "comments",
        "quotes",
        "brackets",
        "many",
        "NUL",
        "surrogate",
        "encoded",
        "folds",
        "spaces",
        "lines",
        "nothing",
    ],
)
def test_whatever_stands_in_from_is_looked_at_soon(head: bytes) -> None:
    """M-4: a look that fails would hold up its mailbox for ever, and its sender would come again for days."""
    began = time.perf_counter()
    raw = peek.from_mailbox(head + b"\r\n\r\nhi", OWN, history=False)
    assert (time.perf_counter() - began) * 1000 < PEEKED_MS
    assert raw.address and len(raw.address) <= 320
    raw.address.encode()
