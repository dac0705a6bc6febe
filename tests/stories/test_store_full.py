"""A full disk: the mail comes again, nothing half written stays, and room is all that the hub needs to go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from channels.email import Email
from channels.email.simulator import MailServer, Person
from hub import settings
from hub.app import App
from kernel import rows
from tests.support.disks import no_room
from tests.support.load import until

ADDRESS = "help@desk.example"
LARGE = "A long story. " * 600_000
ROOM = 4 * 1024 * 1024  # for each file: more than the store takes, less than the mail


@asynccontextmanager
async def running(url: str, data: Path, **channels: Any) -> AsyncIterator[App]:
    """A hub that keeps its files under `data`."""
    given = {"data": str(data), "database": {"url": url}, "web": {"port": 0}, "channels": channels}
    app = App(settings.check(given, base=data.parent))
    await app.start()
    try:
        await until(lambda: app.is_running and all(one.health.ready for one in app.adapters), "ready")
        yield app
    finally:
        await app.stop()


async def test_a_mail_that_finds_no_room_comes_again_and_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    """R4: 452, never 250 and never a bounce; what is small still comes in; with room the same mail does."""
    server, disk = MailServer(), tmp_path / "disk"
    smtp = {"host": "127.0.0.1", "port": await server.start(), "tls": "none"}
    email = {"address": ADDRESS, "listen": "127.0.0.1:0", "smtp": smtp}
    try:
        async with running(database_url, disk, email=email) as app:
            eszter = Person("eszter@example.hu", "Eszter", _port(app))
            mail = eszter.new(ADDRESS, "Large", LARGE)
            with no_room(beyond_bytes=ROOM):
                for _ in range(3):
                    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
                        await eszter.post(mail, ADDRESS)
                    assert (refused.value.code, refused.value.message[:5]) == (452, "4.3.1")
                assert _left(disk) == []
                await eszter.write(ADDRESS, "Small", "Do you hear me?")
            await eszter.post(mail, ADDRESS)
            await until(lambda: app.fork.handled == 2, "both handled")
            found = await app.store.reading().fetch("SELECT subject FROM tickets ORDER BY id")
            assert [row["subject"] for row in found] == ["Small", "Large"]
            assert [len(name) for name in _left(disk)] == [64]
    finally:
        await server.stop()


async def test_what_a_kill_left_half_written_is_gone_after_the_start(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "centrala-data"
    leavings = data / "files" / "ab" / f"{'ab' * 32}.4711.part"
    leavings.parent.mkdir(parents=True)
    leavings.write_bytes(b"half a mail")
    async with running(database_url, data):
        await until(lambda: not leavings.exists(), "swept")


async def test_the_running_hub_commits_to_the_disk(database_url: str, tmp_path: Path) -> None:
    """M-5: what it acknowledges survives a power cut, on the very connections that it commits by."""
    async with running(database_url, tmp_path / "data") as app:
        is_postgres = app.store.reading().is_postgres
        asked, wanted = ("SHOW synchronous_commit", "on") if is_postgres else ("PRAGMA synchronous", 2)
        [direct] = await rows.fetch(app.store.direct(), asked)
        async with app.store.unit() as work:
            [within] = await work.fetch(asked)
        assert [*direct.values(), *within.values()] == [wanted, wanted]


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def _port(app: App) -> int:
    [found] = [one for one in app.adapters if isinstance(one, Email)]
    return found.port
