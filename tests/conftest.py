"""Fixtures of all rings: a database of the engine under test, the opened store, and nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.support.databases import ENGINE, PostgresServer, SqliteTemplate

hypothesis.settings.register_profile("tests", deadline=None)  # how fast an example is says something of the machine
hypothesis.settings.load_profile("tests")
START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # a Tuesday morning
LONG = ("kill", "timeout", "paced")  # markers of what takes long
MEMORY, ROOM = Path("/dev/shm"), 1 << 30  # files that are in memory alone, and as much of it as the tests may want


def pytest_configure() -> None:
    """Test databases stand in memory where there is room: tests end hubs, never the machine, and a disk that writes
    each commit through would be what most of them wait for. Who sets PYTEST_DEBUG_TEMPROOT has them there.
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Whatever uses a database runs on both engines: marked before `-m` looks, so that `make test` can ask for those.

    The longest go first: begun last, one would keep a single worker busy when all others are done.
    """
    for item in items:
        if {"database_url", "empty_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.database)
    yield
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in LONG))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[SqliteTemplate | PostgresServer]:
    if ENGINE == "sqlite":
        yield SqliteTemplate(tmp_path_factory.mktemp("template"))
        return
    # not below pytest's own folder: as root the server runs under another user, who may not look in there
    shared = server_folder(os.getpid() if worker_id == "master" else os.getppid())
    shared.mkdir(exist_ok=True)
    with FileLock(shared / "postgres.lock"):
        running = PostgresServer(shared / "pg", worker_id)
    yield running
    running.stop()


def server_folder(session: int) -> Path:
    """Where the PostgreSQL of a test session lives; `session` is the process id of the one that was started."""
    return Path(tempfile.gettempdir()) / f"centrala-tests-{session}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """The session that was started clears up; its workers leave that to it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(server_folder(os.getpid()), ignore_errors=True)


@pytest.fixture
def database_url(template: SqliteTemplate | PostgresServer, tmp_path: Path) -> str:
    """A migrated, empty database of the engine under test."""
    return template.fresh(tmp_path)


@pytest.fixture
def empty_url(template: SqliteTemplate | PostgresServer, tmp_path: Path) -> str:
    """A database without any table."""
    if isinstance(template, PostgresServer):
        return template.new(f"empty_{template.name}")
    return f"sqlite://{tmp_path / 'empty.db'}"


@pytest.fixture
def clock() -> Clock:
    """Stands at nine on a Tuesday until a test pushes it."""
    return Clock(START)


@pytest.fixture
async def store(database_url: str, clock: Clock) -> AsyncIterator[Store]:
    """The opened store, with no handlers: a package alone."""
    await database.connect(database_url)
    yield Store(clock)
    await database.close()
