"""Stored files and old backups: what no row names goes, what somebody is just keeping never does."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import importlib
import inspect
import os
import time
from pathlib import Path

import pytest
from tortoise import Model

from channels.files import FileStore, _held
from hub import database
from hub.retention import stored
from kernel.unit import Store
from tests.hub.retention.rows_of import days_before, put, run, sweep

DAY_S = 24 * 3600
NAMES_ONLY = {("imports", "file")}  # what a list was called where it came from; nothing of it is stored


def age(path: Path, days: float) -> None:
    at = time.time() - days * DAY_S
    os.utime(path, (at, at))


async def test_a_file_goes_with_the_payload_that_named_it(store: Store, tmp_path: Path) -> None:
    files = FileStore(tmp_path / "files")
    kept, gone, young = [await files.keep(word * 100) for word in (b"kept", b"gone", b"young")]
    for name in (kept, gone):
        age(files.path(name), 2)
    for number, (name, days) in enumerate(((kept, 10), (gone, 91)), 1):
        at = days_before(store, days)
        await put(store, "raw_messages", number, state="done", body=None, file=name, received_at=at, due_at=at)
    assert await run(sweep(store, tmp_path)) == {"payloads": 1, "files": 1}
    assert set(files.names()) == {kept, young}


async def test_a_file_that_two_messages_have_stays_for_the_younger(store: Store, tmp_path: Path) -> None:
    files = FileStore(tmp_path / "files")
    name = await files.keep(b"the same attachment")
    age(files.path(name), 100)
    for number, days in ((1, 91), (2, 1)):
        at = days_before(store, days)
        await put(store, "raw_messages", number, state="done", body=None, file=name, received_at=at, due_at=at)
    assert await run(sweep(store, tmp_path)) == {"payloads": 1}
    assert files.names() == [name]


async def test_a_file_kept_once_more_before_it_is_removed_stays(tmp_path: Path) -> None:
    """The same bytes come again between the look and the removal: the row that will name them is not there yet."""
    files = FileStore(tmp_path / "files")
    name = await files.keep(b"again")
    age(files.path(name), 3)
    assert await files.older(DAY_S) == [name]
    await FileStore(tmp_path / "files").keep(b"again")
    assert not await files.drop(name, DAY_S)
    assert await files.read(name) == b"again"


async def test_a_removal_waits_for_who_is_just_keeping(tmp_path: Path) -> None:
    """Two stores as two processes: between the look at a file's age and its removal nobody has kept it again."""
    hub, command = FileStore(tmp_path / "files"), FileStore(tmp_path / "files")
    name = await hub.keep(b"much asked for")
    age(hub.path(name), 3)
    with _held(hub.root, fcntl.LOCK_SH):  # as `keep` has it from before its look until the file is on the disk
        dropping = asyncio.create_task(command.drop(name, DAY_S))
        done, _ = await asyncio.wait({dropping}, timeout=0.2)
        os.utime(hub.path(name))
    assert not done
    assert not await dropping
    assert hub.path(name).exists()


async def test_another_users_file_is_kept_as_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore by root leaves files that the hub may read and replace, but not make young again."""
    files = FileStore(tmp_path / "files")
    name = await files.keep(b"restored")
    age(files.path(name), 3)

    def refused(path: Path) -> None:
        raise PermissionError(errno.EPERM, "not the owner", str(path))

    monkeypatch.setattr(os, "utime", refused)
    assert await files.keep(b"restored") == name
    assert await files.older(DAY_S) == []


async def test_a_name_that_is_gone_already_is_no_trouble(tmp_path: Path) -> None:
    files = FileStore(tmp_path / "files")
    name = await files.keep(b"once")
    files.path(name).unlink()
    assert not await files.drop(name, DAY_S)


def test_every_column_that_names_a_file_is_asked() -> None:
    """A new table that names stored files must be asked before any is removed."""
    modules = [importlib.import_module(name) for name in database.MODELS]
    models = {model for module in modules for model in vars(module).values() if inspect.isclass(model)}
    columns = {
        (model._meta.db_table, column)
        for model in models
        if issubclass(model, Model)
        for column in model._meta.db_fields
        if "file" in column
    }
    assert columns - NAMES_ONLY == set(stored.NAMED_IN)


async def test_old_backups_of_upgrades_go_but_for_the_newest(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name, days in (
        ("before-a.tar.gz", 900),
        ("before-b.tar.gz", 500),
        ("before-c.tar.gz", 400),
        ("mine.tar.gz", 999),
    ):
        (folder / name).touch()
        age(folder / name, days)
    assert await stored.old_backups(tmp_path, 0) == []
    found = await stored.old_backups(tmp_path, 365)
    assert [path.name for path in found] == ["before-a.tar.gz", "before-b.tar.gz"]
    assert await stored.drop_backups(found) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["before-c.tar.gz", "mine.tar.gz"]
    assert await stored.old_backups(tmp_path / "nothing here", 365) == []
