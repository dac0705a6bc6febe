"""A database whose making dies half-way: the next `centrala migrate` finds nothing of it, or all."""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

from hub import database, sqlite
from kernel.unit import WRITING
from tests.hub import schema
from tests.hub.test_migrations import STEPS
from tests.support import commands
from tests.support.databases import PostgresServer, SqliteTemplate

KILLS = 10


@pytest.mark.kill
@pytest.mark.timeout(300)
async def test_killed_at_any_moment_it_is_made_whole_by_the_next(
    template: SqliteTemplate | PostgresServer, tmp_path: Path
) -> None:
    """A first start that dies (power, out of memory) is simply done again; on both engines."""
    commands.server()  # its start is not what is killed
    whole_s = await _run(await _new(template, tmp_path, "whole"), tmp_path)
    chance = random.Random(20)
    died = []
    for number in range(KILLS):
        url = await _new(template, tmp_path, f"killed{number}")
        await _run(url, tmp_path, killed_after_s=whole_s * chance.uniform(0.5, 1.0))
        died.append(await _state(url))
        await _run(url, tmp_path)
        assert await _state(url) == "whole"
    assert set(died) <= {"new", "whole"}


async def test_a_making_that_fails_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step fails: no table of the ones before it stays, and the next try makes them all."""

    async def full(*_: object) -> None:
        raise RuntimeError("no room for the note of what was applied")

    with monkeypatch.context() as patch:
        patch.setattr(database, "_check_keys", full)
        with pytest.raises(RuntimeError, match="no room"):
            await database.migrate(empty_url)
    assert await _state(empty_url) == "new"
    assert await database.migrate(empty_url) == STEPS
    assert await _state(empty_url) == "whole"


@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" ; \n;", [], id="only ends"),
        pytest.param("SELECT 1", ["SELECT 1;"], id="one without an end"),
        pytest.param("SELECT 1; SELECT 2;", ["SELECT 1;", "SELECT 2;"], id="two"),
        pytest.param("SELECT 'a", ["SELECT 'a;"], id="a broken one, which the engine refuses"),
        pytest.param("SELECT 'a;b'; SELECT 2", ["SELECT 'a;b';", "SELECT 2;"], id="an end inside quotes"),
        pytest.param(
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END; SELECT 1;",
            ["CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END;", "SELECT 1;"],
            id="a trigger",
        ),
    ],
)
def test_a_script_is_parted_where_its_statements_end(script: str, found: list[str]) -> None:
    assert sqlite.statements(script) == found


async def _new(template: SqliteTemplate | PostgresServer, folder: Path, name: str) -> str:
    if isinstance(template, PostgresServer):
        return await asyncio.to_thread(template.new, f"{name}_{template.name}")
    return f"sqlite://{folder / name}.db"


async def _run(url: str, folder: Path, *, killed_after_s: float = 0) -> float:
    """`centrala migrate`, to its end or to a SIGKILL; returns how long it took in seconds."""
    known = {**os.environ, "CENTRALA_DATABASE__URL": url, "CENTRALA_DATA": str(folder)}
    words = ("migrate", "--no-backup")
    began = time.monotonic()
    try:
        done = await asyncio.to_thread(commands.run, *words, environment=known, timeout_s=killed_after_s or 60)
    except TimeoutError:
        assert killed_after_s
        return killed_after_s
    assert done.returncode == 0, done.stderr.decode()
    return time.monotonic() - began


async def _state(url: str) -> str:
    """`new` without a table of ours, `whole` with all of them and all noted as applied, else what is there."""
    await database.connect(url)
    try:
        connection = database.connection(WRITING)
        found = await schema.tables(connection) - {"tortoise_migrations"}
        missing = await database.missing(connection)
    finally:
        await database.close()
    if not found and missing == STEPS:
        return "new"
    if found == set(schema.FILLED) and not missing:
        return "whole"
    return f"{len(found)} tables, {len(missing)} migrations missing"
