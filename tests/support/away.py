"""A store that goes away under a running hub and comes back: a file another process holds, a server that is stopped."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.support.databases import ENGINE, PostgresServer


class LockedFile:
    """A file that we hold as BEGIN EXCLUSIVE does, for a backup or by mistake."""

    def __init__(self, url: str) -> None:
        self.url = url

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        path = self.url.removeprefix("sqlite://")
        other = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        await asyncio.to_thread(other.execute, "BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()


class StoppedServer:
    """A server of its own, because others use the session's."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.url = server.url(server.name)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        await asyncio.to_thread(self._server.halt)
        try:
            yield
        finally:
            await asyncio.to_thread(self._server.resume)


@contextmanager
def leaving(database_url: str) -> Iterator[LockedFile | StoppedServer]:
    """`database_url`: the test's own database, used where it can be taken away alone."""
    if ENGINE == "sqlite":
        yield LockedFile(database_url)
        return
    folder = Path(tempfile.mkdtemp(prefix="centrala-away-"))
    server = PostgresServer(folder / "pg", "away")
    try:
        yield StoppedServer(server)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
