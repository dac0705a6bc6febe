"""Mails as an enemy would write them, at the wire and on their way to the store: none stops or slows the others."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from channels.email import peek
from tests.channels.email import parts
from tests.channels.email.parts import Taking, mail
from tests.channels.email.test_listen import ENVELOPE, listening, post, say

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


async def test_who_trickles_a_mail_is_sent_away(taking: Taking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each octet starts the silence anew; a hundred such connections would shut out all others."""
    monkeypatch.setattr("channels.email.conversation.DATA_S", 0.2)
    async with listening(taking) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        await reader.readline()
        for command in ENVELOPE:
            writer.write(command)
            await asyncio.wait_for(reader.readline(), 10)
        answers = asyncio.ensure_future(reader.read())
        with contextlib.suppress(ConnectionError):
            while not answers.done():
                writer.write(b"x")
                await asyncio.wait({answers}, timeout=0.02)
        assert (await asyncio.wait_for(answers, 10)).startswith(b"421 4.4.2")
        writer.close()
        assert (await post(listener, mail()))[0] == 250
    assert len(taking.raws) == 1


@pytest.mark.parametrize("command", [b"AUTH PLAIN AGEAYg==\r\n", b"AUTH LOGIN\r\n", b"AUTH\r\n"])
async def test_nobody_signs_in_here(taking: Taking, command: bytes) -> None:
    """A listener that asks for passwords in the clear gathers them."""
    async with listening(taking) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        await reader.readline()
        writer.write(b"EHLO sender.example\r\n")
        offered = [line := await asyncio.wait_for(reader.readline(), 10)]
        while line[3:4] == b"-":
            offered.append(line := await asyncio.wait_for(reader.readline(), 10))
        assert not [line for line in offered if b"AUTH" in line.upper()]
        writer.write(command)
        assert (await asyncio.wait_for(reader.readline(), 10))[:1] == b"5"
        writer.close()


async def test_a_mail_said_before_its_recipient_was_taken_is_no_mail(taking: Taking) -> None:
    """RFC 2920: DATA without a recipient is refused; what was sent behind it are no commands that do anything."""
    breath = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<nobody@desk.example>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\n"
    async with listening(taking) as listener:
        answers = await say(listener, b"HELO sender.example\r\n", breath)
    assert [one[:3] for one in answers[2:5]] == [b"250", b"550", b"503"]
    assert taking.raws == []
