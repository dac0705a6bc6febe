"""An upgrade begins with a backup: a database in use is copied before it changes, an empty or current one is not."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from hub import database
from kernel.unit import WRITING
from tests.hub import schema
from tests.support import commands
from tests.support.databases import PostgresServer, SqliteTemplate

ROOT = Path(__file__).parents[3]
EARLIER = "0008_keys"


@pytest.fixture
def environment(template: SqliteTemplate | PostgresServer, empty_url: str, tmp_path: Path) -> dict[str, str]:
    path = os.environ["PATH"]
    if isinstance(template, PostgresServer):
        path = f"{template.tools}{os.pathsep}{path}"
    set_here = {"CENTRALA_DATABASE__URL": empty_url, "CENTRALA_DATA": str(tmp_path / "data")}
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **set_here}


async def run(environment: dict[str, str], *words: str) -> str:
    done = await asyncio.to_thread(commands.run_text, *words, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def backups(folder: Path) -> list[Path]:
    return sorted(folder.glob("data/backups/*"))


async def test_a_database_in_use_is_backed_up_first(
    environment: dict[str, str], empty_url: str, tmp_path: Path
) -> None:
    await schema.migrate(empty_url, to=EARLIER)
    await database.connect(empty_url)
    await schema.fill(database.connection(WRITING))
    before = await schema.counts_of_those_there(database.connection(WRITING))
    await database.close()
    assert "Backed up to" in await run(environment, "migrate")
    [made] = backups(tmp_path)
    assert await run(environment, "migrate") == "The database is up to date.\n"
    assert backups(tmp_path) == [made]
    await schema.empty(empty_url)
    assert "Before the hub can use it" in await run(environment, "restore", str(made))
    await database.connect(empty_url)
    assert await schema.counts_of_those_there(database.connection(WRITING)) == before
    await database.close()


async def test_an_empty_one_is_not(environment: dict[str, str], tmp_path: Path) -> None:
    assert "Backed up" not in await run(environment, "migrate")
    assert backups(tmp_path) == []
