"""The file store: bytes are on disk before anybody names them, and nothing half written is left behind."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from channels.files import FileStore
from kernel import errors
from tests.support.disks import no_room

BODY = os.urandom(200_000)
NAME = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "files"


def left(root: Path) -> list[str]:
    """The files below `root`, by name."""
    return sorted(path.name for path in root.rglob("*") if path.is_file())


async def test_the_same_bytes_are_one_file(root: Path) -> None:
    files = FileStore(root)
    assert await asyncio.gather(*(files.keep(BODY) for _ in range(20))) == [NAME] * 20
    assert left(root) == [NAME]
    assert await files.read(NAME) == BODY


async def test_what_is_not_there_is_said(root: Path) -> None:
    with pytest.raises(errors.NotFound):
        await FileStore(root).read(NAME)
    with pytest.raises(errors.Invalid):
        await FileStore(root).read("../centrala.toml")


async def test_bytes_and_every_new_name_are_on_disk_before_it_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-5: a power cut after the commit leaves no row without its file, not even below folders made for it."""
    synced: list[tuple[str, int]] = []
    real = os.fsync

    def recorded(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append(("file", path.stat().st_size) if path.is_file() else (str(path.relative_to(root.parents[1])), 0))
        real(handle)

    monkeypatch.setattr(os, "fsync", recorded)
    await FileStore(root).keep(BODY)
    folder = f"data/files/{NAME[:2]}"
    assert synced[:3] == [(".", 0), ("data", 0), ("data/files", 0)], "the folders' own names"
    assert synced[3:] == [("file", len(BODY)), (folder, 0)], "whole, and only then under its name"


async def test_a_file_found_there_is_made_sure_of(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub may have been killed between the name and its fsync: the next row must not rely on it unseen."""
    await FileStore(root).keep(BODY)
    synced: list[str] = []
    real = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (synced.append(Path(f"/proc/self/fd/{handle}").readlink().name), real(handle))[1]
    )
    await FileStore(root).keep(BODY)
    assert synced == [NAME[:2]]


async def test_no_room_leaves_nothing_behind(root: Path) -> None:
    """R4: what was half written is gone, so that a full disk does not fill itself by every try."""
    with no_room(beyond_bytes=65_536):
        for _ in range(3):
            with pytest.raises(OSError):
                await FileStore(root).keep(BODY)
        assert left(root) == []


async def test_what_a_kill_left_half_written_is_swept(root: Path) -> None:
    """And what is being written meanwhile is not."""
    files = FileStore(root)
    await files.keep(BODY)
    leavings = root / "ab" / f"{'ab' * 32}.4711.part"
    leavings.parent.mkdir(exist_ok=True)
    leavings.write_bytes(b"half a mail")
    await asyncio.gather(files.sweep(), *(files.keep(os.urandom(100_000)) for _ in range(10)))
    assert len(left(root)) == 11
    assert all(len(name) == 64 for name in left(root))


async def test_sweeping_where_nothing_was_ever_kept_is_nothing(root: Path) -> None:
    await FileStore(root).sweep()
    assert left(root) == []
