"""A mail that the server will not hand out, or dies of, holds up no other; and many mails cost few commits."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from channels.email import poll
from channels.email.answers import Listed
from tests.channels.email.parts import AT, MemoryMarks, Taking, mail, until
from tests.channels.email.test_mailbox import reading, seen, subjects
from tests.support.imap import ImapServer, Stranger


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


class Moody(ImapServer):
    """What stands at another port for a server: hands everything on but one mail's text."""

    def __init__(self, port: int) -> None:
        self.port = port


@asynccontextmanager
async def moody(server: ImapServer, *, hangs_up: bool) -> AsyncIterator[Moody]:
    """The second mail that is asked for is the one."""
    asked: list[bytes] = []

    def is_sore(line: bytes) -> bool:
        found = re.search(rb"FETCH (\d+) .*BODY.PEEK", line.upper())
        if found and found[1] not in asked:
            asked.append(found[1])
        return found is not None and asked.index(found[1]) == 1

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", server.port)
        back = asyncio.ensure_future(_carry(inner, writer))
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                if not is_sore(line):
                    outer.write(line)
                elif hangs_up:
                    break
                else:
                    writer.write(line.split()[0] + b" NO [SERVERBUG] this mail cannot be read\r\n")
        back.cancel()
        outer.close()
        writer.close()

    front = await asyncio.start_server(converse, "127.0.0.1", 0)
    try:
        yield Moody(front.sockets[0].getsockname()[1])
    finally:
        front.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)


@pytest.mark.parametrize("hangs_up", [False, True], ids=["it says no", "it hangs up"])
async def test_a_mail_that_cannot_be_fetched_is_passed_over(
    imap: ImapServer, taking: Taking, marks: MemoryMarks, monkeypatch: pytest.MonkeyPatch, hangs_up: bool
) -> None:
    """M-4: it stays unread in the mailbox, where a person finds it."""
    monkeypatch.setattr(poll, "PAUSES_S", (0.05,))
    async with moody(imap, hangs_up=hangs_up) as front, reading(front, taking, marks):
        await Stranger(imap).put(mail("One", number=1), mail("Two", number=2), mail("Three", number=3))
        await until(lambda: subjects(taking) == ["One", "Three"])
        await seen(imap, [1, 3])
        await Stranger(imap).put(mail("Four", number=4))
        await until(lambda: subjects(taking)[2:] == ["Four"])


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        ([], []),
        ([10] * 120, [50, 50, 20]),
        ([9 << 20, 9 << 20, 1], [1, 2]),
        ([1, 90 << 20, 1], [1, 1, 1]),  # of it no more than the limit is fetched
    ],
    ids=["none", "many small", "two large", "a huge one"],
)
def test_mails_go_together_as_far_as_memory_allows(sizes: list[int], batches: list[int]) -> None:
    listed = [Listed(uid, size, AT) for uid, size in enumerate(sizes, 1)]
    found = poll._batches(listed, 25 << 20)
    assert [len(batch) for batch in found] == batches
    assert [one for batch in found for one in batch] == listed


@pytest.fixture
def marks() -> MemoryMarks:
    return MemoryMarks()


async def test_a_window_of_mails_is_noted_a_few_times_only(imap: ImapServer, taking: Taking) -> None:
    class Counting(MemoryMarks):
        puts = 0

        async def put(self, key: str, value: str) -> None:
            self.puts += 1
            await super().put(key, value)

    marks = Counting()
    await Stranger(imap).put(*(mail(number=number) for number in range(150)), at=AT)
    async with reading(imap, taking, marks, since="all"):
        await until(lambda: len(taking.raws) == 150)
        await until(lambda: '"old":[]' in next(iter(marks.marks.values())))
    assert marks.puts == 1 + 3
