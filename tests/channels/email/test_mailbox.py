"""Mailboxes against a real IMAP server: nothing lost, nothing twice, old mail as the settings want it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.contract import Health
from channels.email import origin, poll
from channels.email.mailbox import Mailbox, Refused, Unreachable
from channels.email.poll import Poller
from channels.email.settings import Imap
from channels.email.trouble import Trouble
from kernel import errors
from kernel.loops import Loop
from tests.channels.email import parts
from tests.channels.email.parts import MemoryMarks, Taking, mail, until
from tests.support.imap import PASSWORD, USER, ImapServer, Stranger

OLD = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


@pytest.fixture
def marks() -> MemoryMarks:
    return MemoryMarks()


def access(server: ImapServer, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD, "tls": "none"} | more


@asynccontextmanager
async def reading(
    server: ImapServer, taking: Taking, marks: MemoryMarks, *, is_traceless: bool = False, **more: Any
) -> AsyncIterator[Health]:
    """A poller that runs; the body begins when it has connected and looked once."""
    found = parts.settings(imap=[access(server, **more)], max_bytes=64 * 1024)
    health = Health()
    poller = Poller(
        found,
        found.imap[0],
        accept=taking.accept,
        marks=marks,
        trouble=Trouble(health),
        is_traceless=lambda: is_traceless,
    )
    loop = Loop("test", poller.turn)
    loop.start()
    try:
        await until(lambda: marks.marks or health.degraded)
        yield health
    finally:
        await loop.stop(grace_s=0)


def subjects(taking: Taking) -> list[str]:
    bodies = [origin.opened(raw.body)[1].decode() for raw in taking.raws]
    return [line.removeprefix("Subject: ") for body in bodies for line in body.splitlines() if "Subject: " in line]


def histories(taking: Taking) -> list[bool]:
    return [origin.opened(raw.body)[0]["history"] for raw in taking.raws]


async def test_new_mail_is_pushed_stored_and_flagged_seen(imap: ImapServer, taking: Taking, marks: MemoryMarks) -> None:
    """M-8: by IDLE, in less than its shortest turn."""
    async with reading(imap, taking, marks):
        await Stranger(imap).put(mail("One", number=1))
        await until(lambda: subjects(taking) == ["One"])
        await Stranger(imap).put(mail("Two", number=2), mail("Three", number=3))
        await until(lambda: subjects(taking) == ["One", "Two", "Three"])
        await seen(imap, [1, 2, 3])
    known, content = origin.opened(taking.raws[0].body)
    assert content == mail("One", number=1)
    assert known == {"via": "imap", "history": False}  # an envelope of nobody's would be a bounce's


async def test_while_another_desk_reads_there_too_nothing_is_flagged(
    imap: ImapServer, taking: Taking, marks: MemoryMarks
) -> None:
    """B-7: a desk that goes by what is unseen would pass over what we have read."""
    async with reading(imap, taking, marks, is_traceless=True):
        await Stranger(imap).put(mail("One", number=1))
        await until(lambda: subjects(taking) == ["One"])
        await Stranger(imap).put(mail("Two", number=2))
        await until(lambda: subjects(taking) == ["One", "Two"])
        assert await Stranger(imap).seen() == []


async def seen(server: ImapServer, wanted: list[int]) -> None:
    deadline = time.monotonic() + parts.PATIENCE_S
    while (found := await Stranger(server).seen()) != wanted:
        assert time.monotonic() < deadline, found


async def test_what_is_not_stored_is_not_seen_and_comes_again(
    imap: ImapServer, taking: Taking, marks: MemoryMarks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Store, then flag: FreeScout lost mail the other way round."""
    monkeypatch.setattr(poll, "PAUSES_S", (0.05,))
    taking.refusal = errors.TryLater()
    async with reading(imap, taking, marks):
        await Stranger(imap).put(mail())
        await until(lambda: taking.asked > 1)
        assert await Stranger(imap).seen() == []
        taking.refusal = None
        await until(lambda: taking.raws)
        await seen(imap, [1])
    assert len(taking.raws) == 1


class BrokenMarks(MemoryMarks):
    async def get(self, key: str) -> str | None:
        raise LookupError("no such table: marks")


async def test_a_fault_of_ours_is_named_by_the_channel(shared: ImapServer, taking: Taking) -> None:
    """Not taken for a mailbox that is away, and not kept from readiness."""
    async with reading(shared, taking, BrokenMarks()) as health:
        assert health.degraded.startswith("mailbox at 127.0.0.1: LookupError")


async def test_a_mail_that_can_never_be_stored_does_not_hold_up_the_others(
    imap: ImapServer, taking: Taking, marks: MemoryMarks
) -> None:
    async with reading(imap, taking, marks):
        taking.refusal = errors.Invalid()
        await Stranger(imap).put(mail("Bad", number=1))
        await until(lambda: taking.asked)
        taking.refusal = None
        await Stranger(imap).put(mail("Good", number=2))
        await until(lambda: subjects(taking) == ["Good"])
        await seen(imap, [2])


async def test_a_mailbox_with_five_thousand_old_mails_yields_nothing(
    imap: ImapServer, taking: Taking, marks: MemoryMarks
) -> None:
    """B-11: connecting it makes no noise; what comes afterwards does."""
    await Stranger(imap).put(*(mail(number=number) for number in range(5_000)), at=OLD)
    async with reading(imap, taking, marks):
        await Stranger(imap).put(mail("New", number=9_999))
        await until(lambda: taking.raws)
    assert subjects(taking) == ["New"]
    assert histories(taking) == [False]
    assert await Stranger(imap).seen() == [5_001]


@pytest.mark.parametrize(
    ("since", "wanted"),
    [("all", ["Christmas", "Winter"]), ("2026-01-01", ["Winter"])],
    ids=["all of it", "from a day on"],
)
async def test_old_mail_is_read_as_history_and_left_unseen(
    imap: ImapServer, taking: Taking, marks: MemoryMarks, since: str, wanted: list[str]
) -> None:
    await Stranger(imap).put(mail("Christmas", number=1), at=datetime(2025, 12, 24, 12, tzinfo=UTC))
    await Stranger(imap).put(mail("Winter", number=2), at=OLD)
    async with reading(imap, taking, marks, since=since):
        await Stranger(imap).put(mail("New", number=3))
        await until(lambda: len(taking.raws) == len(wanted) + 1)
        await seen(imap, [3])
    found = dict(zip(subjects(taking), histories(taking), strict=True))
    assert found == dict.fromkeys(wanted, True) | {"New": False}


async def test_more_mails_than_one_answer_can_carry_all_arrive(
    imap: ImapServer, taking: Taking, marks: MemoryMarks
) -> None:
    """aioimaplib dies of some 900 lines in one answer: windows of 200 it survives."""
    await Stranger(imap).put(*(mail(number=number) for number in range(1_100)), at=OLD)
    async with reading(imap, taking, marks, since="all"):
        await until(lambda: len(taking.raws) == 1_100)
    assert len({raw.external_id for raw in taking.raws}) == 1_100
    assert all(histories(taking))


async def test_a_restart_goes_on_where_it_was(imap: ImapServer, taking: Taking, marks: MemoryMarks) -> None:
    async with reading(imap, taking, marks):
        await Stranger(imap).put(mail("One", number=1))
        await until(lambda: taking.raws)
        await seen(imap, [1])
    await Stranger(imap).put(mail("Two", number=2))
    asked = taking.asked
    async with reading(imap, taking, marks):
        await until(lambda: subjects(taking) == ["One", "Two"])
    assert taking.asked == asked + 1


async def test_a_server_that_is_killed_is_found_again(
    imap: ImapServer, taking: Taking, marks: MemoryMarks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost connection wakes nobody in aioimaplib: the poller notices by itself and connects anew."""
    monkeypatch.setattr(poll, "PAUSES_S", (0.05,))
    async with reading(imap, taking, marks) as health:
        imap.stop()
        await until(lambda: health.degraded)
        imap.start()
        await until(lambda: not health.degraded)
        await Stranger(imap).put(mail("Two", number=2))
        await until(lambda: taking.raws)
    assert subjects(taking) == ["Two"]


@pytest.mark.parametrize(
    ("since", "wanted"),
    [("now", {"One": False, "Two": False}), ("all", {"One": False, "Two": False, "Recent": True})],
    ids=["from now on", "all of it"],
)
async def test_a_mailbox_numbered_anew_loses_nothing_and_makes_no_noise(
    imap: ImapServer, taking: Taking, marks: MemoryMarks, since: str, wanted: dict[str, bool]
) -> None:
    """Another UIDVALIDITY: what came lately is looked at again and known again; what was there before us is history."""
    async with reading(imap, taking, marks, since=since):
        await Stranger(imap).put(mail("One", number=1))
        await until(lambda: taking.raws)
    imap.stop()
    imap.start()
    await Stranger(imap).put(mail("Ancient", number=7), at=OLD)
    await Stranger(imap).put(mail("Recent", number=8), at=datetime.now(UTC) - timedelta(hours=5))
    await Stranger(imap).put(mail("One", number=1), mail("Two", number=2))
    async with reading(imap, taking, marks, since=since):
        await until(lambda: len(taking.raws) == len(wanted))
        await Stranger(imap).put(mail("Last", number=9))
        await until(lambda: "Last" in subjects(taking))
    assert dict(zip(subjects(taking), histories(taking), strict=True)) == wanted | {"Last": False}


async def test_a_mail_too_big_is_taken_in_part_and_the_rest_stays(
    imap: ImapServer, taking: Taking, marks: MemoryMarks
) -> None:
    big = mail("Photos", text="\r\n".join(["a" * 70] * 2_000))
    async with reading(imap, taking, marks):
        await Stranger(imap).put(big)
        await until(lambda: taking.raws)
    content = origin.opened(taking.raws[0].body)[1]
    assert big.startswith(content) and len(content) == 64 * 1024


async def test_the_same_mail_by_both_ways_is_one(imap: ImapServer, taking: Taking, marks: MemoryMarks) -> None:
    traced = b"Received: from mx.example by mail.example\r\n" + mail(number=5)
    async with reading(imap, taking, marks):
        await Stranger(imap).put(mail(number=5), traced)
        await until(lambda: taking.asked == 2)
    assert len(taking.raws) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "wrong"}, "Invalid authentication"),
        ({"folder": "Nowhere"}, "does not exist"),
        ({"port": 1}, "ConnectionRefusedError"),
        ({"tls": "implicit"}, "TLS|connection lost|SSL|Connection"),
    ],
    ids=["password", "folder", "port", "no TLS there"],
)
async def test_what_is_wrong_is_told(shared: ImapServer, wrong: dict[str, Any], said: str) -> None:
    mailbox = Mailbox(Imap.model_validate(access(shared, **wrong)))
    try:
        with pytest.raises((Refused, Unreachable), match=said):
            await mailbox.connect()
            await mailbox.sign_in()
            await mailbox.select()
    finally:
        await mailbox.close()


async def test_starttls_is_spoken_and_verified() -> None:
    found, key = parts.certificate()
    with ImapServer(certificate=found, key=key) as server:
        trusting = Mailbox(Imap.model_validate(access(server, tls="starttls", certificates=str(found))))
        await trusting.connect()
        await trusting.sign_in()
        assert (await trusting.select()).next_uid >= 1
        await trusting.close()
        doubting = Mailbox(Imap.model_validate(access(server, tls="starttls")))
        with pytest.raises(Refused, match="TLS"):
            await doubting.connect()
        await doubting.close()


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watchdog stands at every call: a network that swallows everything says nothing either."""
    monkeypatch.setattr("channels.email.mailbox.CALL_S", 0.2)

    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    access = {"host": "127.0.0.1", "port": port, "user": "a", "password": "b", "tls": "none"}
    mailbox = Mailbox(Imap.model_validate(access))
    with pytest.raises(Unreachable):
        await mailbox.connect()
    await mailbox.close()
    server.close()
    await ended.wait()


async def test_who_is_told_to_end_while_he_says_goodbye_leaves_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub stops while a server does not answer LOGOUT: its connection ends all the same."""
    monkeypatch.setattr("channels.email.mailbox.GOODBYE_S", 60.0)
    asked, ended = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                tag, command = line.split()[:2]
                if command == b"CAPABILITY":
                    writer.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                if command == b"LOGOUT":
                    asked.set()
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    access = {"host": "127.0.0.1", "port": port, "user": "a", "password": "b", "tls": "none"}
    mailbox = Mailbox(Imap.model_validate(access))
    await mailbox.connect()
    closing = asyncio.create_task(mailbox.close())
    await asyncio.wait_for(asked.wait(), 30)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await asyncio.wait_for(ended.wait(), 30)
    server.close()
