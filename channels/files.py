"""The content-addressed file store: bytes under their own digest, on disk before any row names them."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import itertools
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kernel import errors, log

_log = log.get(__name__)
_NAME = re.compile(r"[0-9a-f]{64}")
PART = ".part"  # the ending of what is being written


class FileStore:
    """Keeps bytes under `root`/ab/abcd…; the same bytes are kept once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._mark = secrets.token_hex(4)  # of this run: after a restart the process id may be the same
        self._serial = itertools.count()

    async def keep(self, body: bytes) -> str:
        """Write and fsync `body` (in a thread) and return its name, the sha-256 in hex.

        Raises OSError where there is no room; nothing is left behind then.
        """
        return await asyncio.to_thread(self._keep, body)

    async def read(self, name: str) -> bytes:
        """The bytes of that name. Raises NotFound if the file is gone."""
        try:
            return await asyncio.to_thread(self.path(name).read_bytes)
        except FileNotFoundError as error:
            raise errors.NotFound(f"the file {name} is not in the store") from error

    def names(self) -> list[str]:
        """All that is kept."""
        return [found.name for found in self.root.glob("??/*") if _NAME.fullmatch(found.name)]

    async def older(self, than_s: float) -> list[str]:
        """Names of what nobody has kept for `than_s` seconds."""
        return await asyncio.to_thread(lambda: [name for name in self.names() if self._age_s(name) >= than_s])

    async def drop(self, name: str, than_s: float) -> bool:
        """Remove what no row names any more; False if somebody has kept it again within `than_s` seconds."""
        return await asyncio.to_thread(self._drop, name, than_s)

    async def sweep(self) -> None:
        """Remove what an earlier run left half written (in a thread). What cannot be removed stays, and is logged."""
        await asyncio.to_thread(self._sweep)

    def _keep(self, body: bytes) -> str:
        name = hashlib.sha256(body).hexdigest()
        path = self.path(name)
        _make(self.root)
        with _held(self.root, fcntl.LOCK_SH):
            self._put(path, body)
        return name

    def _put(self, path: Path, body: bytes) -> None:
        try:
            os.utime(path)  # young again: a row is about to name it
        except (FileNotFoundError, PermissionError):  # not there, or another user's: written, it is ours
            _make(path.parent)
            part = path.with_suffix(f".{self._mark}-{next(self._serial)}{PART}")  # of this call alone
            try:
                _write(part, body)
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        _sync_folder(path.parent)  # also of a file found there: a kill may have come between its name and the fsync

    def _drop(self, name: str, than_s: float) -> bool:
        with _held(self.root, fcntl.LOCK_EX):  # nobody keeps anything between the look and the removal
            is_old = self._age_s(name) >= than_s
            if is_old:
                self.path(name).unlink(missing_ok=True)
        return is_old

    def _age_s(self, name: str) -> float:
        try:
            return time.time() - self.path(name).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _sweep(self) -> None:
        for part in self.root.glob(f"*/*{PART}"):
            if f".{self._mark}-" in part.name:
                continue
            try:
                part.unlink(missing_ok=True)
            except OSError as error:
                _log.warning("files.unswept", error=log.cause(error))

    def path(self, name: str) -> Path:
        """Where the bytes of that name are, or would be. Raises Invalid for what is no name."""
        if not _NAME.fullmatch(name):
            raise errors.Invalid(f"{name!r} is not the name of a stored file")
        return self.root / name[:2] / name


@contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    """A lock on the folder, shared or alone, against other processes too (the hub and the command line)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _write(path: Path, body: bytes) -> None:
    with path.open("wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())


def _make(folder: Path) -> None:
    """The folder and those above it, every new name on disk."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """The new name itself must be on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
