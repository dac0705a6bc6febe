"""A mailbox full of old mail is connected by setting up: nobody hears of it, neither in quiet mode nor live."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from channels.email.simulator import MailServer
from hub import database
from kernel import unit
from tests.stories.test_setup_restart import browser
from tests.support import setting_up
from tests.support.imap import PASSWORD, USER, ImapServer, Stranger
from tests.support.setting_up import Running

pytestmark = pytest.mark.timeout(240)
OLD_MAILS, AT_ONCE = 5_000, 1_000
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)
PATIENCE_S = 60
MAIL = (
    "From: Eszter <eszter{number}@example.hu>\r\nTo: help@desk.example\r\nMessage-ID: <{number}@example.hu>\r\n"
    "Subject: {subject}\r\n\r\nWhere is my parcel?\r\n"
)


def mail(number: int, subject: str) -> bytes:
    return MAIL.format(number=number, subject=subject).encode()


@pytest.fixture
async def server() -> AsyncIterator[tuple[MailServer, int]]:
    """The mail server of the world, which keeps all that leaves."""
    made = MailServer(user=USER, password=PASSWORD)
    yield made, await made.start()
    await made.stop()


async def connect(hub: Running, imap: ImapServer, smtp: int) -> None:
    """The step about e-mail, in a browser that runs no scripts."""
    answers = {
        "address": "help@desk.example",
        "imap.0.user": USER,
        "imap.0.password": PASSWORD,
        "imap.0.host": "127.0.0.1",
        "imap.0.port": str(imap.port),
        "imap.0.tls": "none",
        "smtp.host": "127.0.0.1",
        "smtp.port": str(smtp),
        "smtp.tls": "none",
    }
    async with browser() as session:
        async with session.get(hub.link) as answer:
            [proof] = set(re.findall(r'name="proof" value="(\w+)"', await answer.text()))
        data = {"proof": proof, "do": "save", **{f"channels.email.{key}": value for key, value in answers.items()}}
        with contextlib.suppress(aiohttp.ServerDisconnectedError):  # the page that waits, while the hub starts anew
            async with session.post(f"{hub.base}/setup/email", data=data) as answer:
                assert answer.status == 200, await answer.text()


async def tickets(database_url: str, wanted: int) -> list[str]:
    """The subjects of all tickets, once there are as many as that, or after a minute."""
    await database.connect(database_url)
    try:
        for _ in range(PATIENCE_S * 10):
            found = await database.connection(unit.READING).execute_query_dict(
                "SELECT subject FROM tickets ORDER BY id"
            )
            if len(found) >= wanted:
                break
            await asyncio.sleep(0.1)
        return [row["subject"] for row in found]
    finally:
        await database.close()


async def withheld(database_url: str) -> int:
    await database.connect(database_url)
    try:
        [row] = await database.connection(unit.READING).execute_query_dict(
            "SELECT count(*) AS n FROM messages WHERE state = 'withheld'"
        )
        return int(row["n"])
    finally:
        await database.close()


async def test_a_mailbox_with_5000_old_mails_is_connected_and_not_one_message_leaves(
    tmp_path: Path, empty_url: str, server: tuple[MailServer, int]
) -> None:
    """B-7, B-11: no old mail becomes a ticket; what is new does, and is answered once the hub is live."""
    world, smtp = server
    imap = ImapServer()
    await asyncio.to_thread(imap.start)
    try:
        stranger, file = Stranger(imap), tmp_path / "centrala.toml"
        for begin in range(0, OLD_MAILS, AT_ONCE):
            old = [mail(number, f"Old {number}") for number in range(begin, begin + AT_ONCE)]
            await stranger.put(*old, at=LONG_AGO)
        file.write_text("quiet = true\n")
        async with setting_up.running(tmp_path, empty_url) as hub:
            await connect(hub, imap, smtp)
            await hub.until_ready("email")
            await stranger.put(mail(OLD_MAILS, "Tried in quiet"))
            assert await tickets(empty_url, 1) == ["Tried in quiet"]
            assert (world.letters, await withheld(empty_url)) == ([], 1)
            await go_live(file, empty_url)
            await stranger.put(mail(OLD_MAILS + 1, "New and live"))
            assert await tickets(empty_url, 2) == ["Tried in quiet", "New and live"]
            await until(lambda: bool(world.letters))
    finally:
        imap.stop()
    assert [one.recipients for one in world.letters] == [(f"eszter{OLD_MAILS + 1}@example.hu",)]


async def go_live(file: Path, database_url: str) -> None:
    """The command; a hub that runs has it within two seconds, as it says in its log."""
    command = [sys.executable, "-m", "hub", "go-live", "--yes", "--config", str(file)]
    environment = setting_up.environment(database_url)
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    await until(lambda: "hub.live" in (file.parent / "hub.out").read_text())


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_S * 10):
        if holds():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE_S} s")
