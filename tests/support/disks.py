"""A disk of a few blocks: what a full one does is seen on a real one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BYTES = 128 * 1024


@contextmanager
def small_disk(folder: Path, *, size_bytes: int = BYTES) -> Iterator[Path]:
    """A file system in memory of that size at `folder`; the test is skipped where we may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _ran("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "centrala-test", str(folder)):
        pytest.skip("mounting a small disk takes root")
    try:
        yield folder
    finally:
        _ran("umount", "--lazy", str(folder))


def grow(folder: Path, *, size_bytes: int) -> None:
    """Somebody has made room on a small disk."""
    assert _ran("mount", "-o", f"remount,size={size_bytes}", str(folder))


def _ran(*words: str) -> bool:
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
