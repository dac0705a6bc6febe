"""A backup holds everything, is checked before it is used, and is never put over something (reliability)."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from channels import leases
from channels.contract import Raw, RawId
from channels.files import FileStore
from channels.intake import Acceptor
from hub import database
from hub.backups import archive, making, restoring
from kernel import errors, rows
from kernel.clock import Clock
from kernel.unit import Store
from tests.conftest import START
from tests.hub import schema
from tests.support.databases import PostgresServer, SqliteTemplate

ENOUGH = 20
LARGE = 70_000  # more than a row holds
Content = dict[str, list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def tools(template: SqliteTemplate | PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs, of the server's version."""
    if isinstance(template, PostgresServer):
        monkeypatch.setenv("PATH", f"{template.tools}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
async def filled(store: Store) -> Store:
    """A row in every table."""
    async with store.unit() as work:
        await schema.fill(work.connection)
    return store


@pytest.fixture
def known() -> list[str]:
    return sorted(path.stem for path in Path(database.__file__).parent.glob("migrations/0*.py"))


async def content(store: Store) -> Content:
    names = await schema.tables(store.direct())
    return {name: await rows.fetch(store.direct(), f'SELECT * FROM "{name}" ORDER BY 1') for name in sorted(names)}


def leftovers(folder: Path) -> list[Path]:
    return list(folder.glob(".backup-*"))


async def reopened(url: str) -> Store:
    await database.close()
    await database.connect(url)
    return Store(Clock(START))


async def test_everything_comes_back(
    filled: Store, database_url: str, empty_url: str, tmp_path: Path, known: list[str]
) -> None:
    files, other = FileStore(tmp_path / "files"), FileStore(tmp_path / "other")
    names = [await files.keep(body) for body in (b"a photo", b"\x00" * LARGE)]
    before = await content(filled)
    made = await making.make(database_url, files, tmp_path / "backup")
    held = await restoring.restore(tmp_path / "backup", empty_url, other, known=known)
    assert await content(await reopened(empty_url)) == before
    assert [await other.read(name) for name in names] == [b"a photo", b"\x00" * LARGE]
    assert held == made
    assert all(made.rows[table] for table in schema.FILLED)


async def test_a_backup_of_a_hub_at_work_is_whole(
    store: Store, database_url: str, empty_url: str, tmp_path: Path, known: list[str]
) -> None:
    """Messages with files are stored while it is made: whatever row is in it, its file is too."""
    files, other = FileStore(tmp_path / "files"), FileStore(tmp_path / "other")
    acceptor = Acceptor(store, files)
    acceptor.start()
    stored: list[RawId] = []
    enough = asyncio.Event()

    async def arrive() -> None:
        for number in range(10_000):
            body = str(number).encode() * (LARGE // len(str(number)) + 1)
            stored.append((await acceptor.accept(Raw("sms", "a", str(number), "+48", body, START))).id)
            if len(stored) == ENOUGH:
                enough.set()

    arriving = asyncio.create_task(arrive())
    await enough.wait()
    held = await making.make(database_url, files, tmp_path / "backup")
    arriving.cancel()
    await acceptor.stop()
    await restoring.restore(tmp_path / "backup", empty_url, other, known=known)
    restored = await reopened(empty_url)
    found = await rows.fetch(restored.direct(), "SELECT id, file FROM raw_messages")
    assert ENOUGH <= len(found) == held.rows["raw_messages"] <= len(stored) + 1
    assert all([len(await other.read(row["file"])) >= LARGE for row in found])


async def test_a_backup_is_for_its_owner_only_and_not_written_over_another(
    filled: Store, database_url: str, tmp_path: Path
) -> None:
    target = tmp_path / "backup"
    await making.make(database_url, FileStore(tmp_path / "files"), target)
    assert target.stat().st_mode & 0o077 == 0
    before = target.read_bytes()
    with pytest.raises(errors.Conflict, match="not written over another"):
        await making.make(database_url, FileStore(tmp_path / "files"), target)
    assert target.read_bytes() == before
    assert leftovers(tmp_path) == []


async def test_a_backup_is_not_put_over_a_database(
    filled: Store, database_url: str, tmp_path: Path, known: list[str]
) -> None:
    files = FileStore(tmp_path / "files")
    await making.make(database_url, files, tmp_path / "backup")
    before = await content(filled)
    with pytest.raises(errors.Conflict, match="already"):
        await restoring.restore(tmp_path / "backup", database_url, files, known=known)
    assert await content(filled) == before


def cut(whole: bytes) -> bytes:
    return whole[: len(whole) * 2 // 3]


def changed(part: str) -> Callable[[bytes], bytes]:
    """A byte of one member changed, the archive itself in order."""

    def change(whole: bytes) -> bytes:
        def flipped(name: str, body: bytes) -> bytes:
            return body[:-1] + bytes([body[-1] ^ 1]) if name.startswith(part) else body

        return rewritten(whole, flipped)

    return change


def said(**facts: Any) -> Callable[[bytes], bytes]:
    """A manifest that says something else."""

    def change(whole: bytes) -> bytes:
        def other(name: str, body: bytes) -> bytes:
            return json.dumps({**json.loads(body), **facts}).encode() if name == archive.MANIFEST else body

        return rewritten(whole, other)

    return change


def rewritten(whole: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(whole)) as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for member in old:
            reader = old.extractfile(member)
            body = change(member.name, reader.read() if reader else b"")
            member.size = len(body)
            new.addfile(member, io.BytesIO(body))
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut, "not a whole one"),
        (changed(archive.DUMP), "its digest is another"),
        (changed(archive.FILES), "not what was backed up"),
        (said(engine="oracle"), "is of oracle"),
        (said(migrations=["0001_initial", "9999_of_the_future"]), "is newer"),
        (said(format=99), "is newer"),
        (said(rows="many"), "cannot be read"),
        (said(files=["0" * 64]), "is not what was backed up|cut short"),
        (lambda whole: b"PK\x03\x04" + whole, "no backup"),
        (lambda whole: gzip.compress(b"no tar at all" * 100), "no backup"),
    ],
)
async def test_what_is_damaged_or_strange_changes_nothing(
    filled: Store,
    database_url: str,
    empty_url: str,
    tmp_path: Path,
    known: list[str],
    spoil: Callable[[bytes], bytes],
    why: str,
) -> None:
    files = FileStore(tmp_path / "files")
    await files.keep(b"a photo")
    await making.make(database_url, files, tmp_path / "backup")
    spoiled = tmp_path / "spoiled"
    spoiled.write_bytes(spoil((tmp_path / "backup").read_bytes()))
    with pytest.raises(errors.Invalid, match=why):
        await restoring.restore(spoiled, empty_url, FileStore(tmp_path / "other"), known=known)
    assert await schema.tables((await reopened(empty_url)).direct()) == set()


async def test_what_waited_then_is_not_sent_twice_if_it_has_left_since(filled: Store) -> None:
    """After a restore of old rows: what the operator says has left is settled as maybe sent, and said so."""
    async with filled.unit() as work:
        waiting = await leases.count_waiting(work)
        await work.change("UPDATE messages SET state = 'queued', direction = 'out', due_at = ?", work.now)
    async with filled.unit() as work:
        assert await leases.count_waiting(work) == waiting + 1 == 1
        assert await leases.assume_sent(work) == 1
    [row] = await rows.fetch(filled.direct(), "SELECT state, reason FROM messages")
    assert row == {"state": "maybe_sent", "reason": "waiting when the backup was made"}
