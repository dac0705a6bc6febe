"""The content-addressed file store: bytes under their own digest, on disk before any row names them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from pathlib import Path

from kernel import errors

_NAME = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """Keeps bytes under `root`/ab/abcd…; the same bytes are kept once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def keep(self, body: bytes) -> str:
        """Write and fsync `body` (in a thread) and return its name, the sha-256 in hex."""
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

    def _keep(self, body: bytes) -> str:
        name = hashlib.sha256(body).hexdigest()
        path = self.path(name)
        if path.exists():
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
        _sync_folder(path.parent)
        return name

    def path(self, name: str) -> Path:
        """Where the bytes of that name are, or would be. Raises Invalid for what is no name."""
        if not _NAME.fullmatch(name):
            raise errors.Invalid(f"{name!r} is not the name of a stored file")
        return self.root / name[:2] / name


def _sync_folder(folder: Path) -> None:
    """The new name itself must be on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
