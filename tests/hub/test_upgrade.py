"""Upgrades: a database of the first release comes up to this version; one of a later version is left alone."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub import database
from kernel import rows
from kernel.unit import WRITING
from tests.hub import schema
from tests.support import commands
from tests.support.databases import PostgresServer, SqliteTemplate

ROOT = Path(__file__).parents[2]
FIRST_RELEASE = "0003_threads"
OF_THE_FUTURE = "9999_of_the_future"


@pytest.fixture
def environment(template: SqliteTemplate | PostgresServer, tmp_path: Path) -> dict[str, str]:
    path = os.environ["PATH"]
    if isinstance(template, PostgresServer):
        path = f"{template.tools}{os.pathsep}{path}"
    set_here = {"CENTRALA_DATA": str(tmp_path / "data"), "CENTRALA_WEB__PORT": "0"}
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **set_here}


async def centrala(environment: dict[str, str], url: str, *words: str) -> tuple[int, str, str]:
    known = {**environment, "CENTRALA_DATABASE__URL": url}
    done = await asyncio.to_thread(commands.run_text, *words, environment=known)
    return done.returncode, done.stdout, done.stderr


async def test_a_database_of_the_first_release_comes_up_to_this_version(
    environment: dict[str, str], empty_url: str, tmp_path: Path
) -> None:
    """Populated, with its backup made first, and used afterwards."""
    await schema.migrate(empty_url, FIRST_RELEASE)
    await database.connect(empty_url)
    await schema.fill(database.connection(WRITING))
    before = await schema.counts_of_those_there(database.connection(WRITING))
    await database.close()
    code, out, err = await centrala(environment, empty_url, "migrate")
    assert code == 0, err
    [made] = (tmp_path / "data" / "backups").iterdir()
    assert f"Backed up to {made}" in out
    assert out.splitlines()[1] == "applied 0004_mailboxes"
    await database.connect(empty_url)
    after = await schema.counts_of_those_there(database.connection(WRITING))
    await database.close()
    own = ("tortoise_migrations", "counters")  # a new series brings its counter
    assert {table: count for table, count in before.items() if after[table] != count and table not in own} == {}
    code, out, _ = await centrala(environment, empty_url, "tickets", "show", "T1")
    assert (code, "Card blocked" in out) == (0, True)


@pytest.fixture
async def later(database_url: str) -> str:
    """A database that a later version has brought up."""
    await database.connect(database_url)
    await rows.change(
        database.connection(WRITING),
        "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('centrala', ?, ?)",
        OF_THE_FUTURE,
        datetime.now(UTC),
    )
    await database.close()
    return database_url


@pytest.fixture
async def _as_it_was(later: str) -> object:
    """The server's databases are used again: what this test noted there goes."""
    yield None
    await database.connect(later)
    await rows.change(database.connection(WRITING), "DELETE FROM tortoise_migrations WHERE name = ?", OF_THE_FUTURE)
    await database.close()


@pytest.mark.usefixtures("_as_it_was")
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("run",), id="run"),
        pytest.param(("migrate",), id="migrate"),
        pytest.param(("tickets", "list"), id="a listing"),
        pytest.param(("retention",), id="retention"),
        pytest.param(("staff", "add", "Anna", "--role", "agent", "--phone", "+48500100200"), id="a change"),
    ],
)
async def test_a_database_of_a_later_version_is_left_alone(
    environment: dict[str, str], later: str, words: tuple[str, ...]
) -> None:
    """An old hub on new tables would write what the new one cannot read: refused with the next step, exit 3."""
    code, _, err = await centrala(environment, later, *words)
    assert code == 3
    assert "later version" in err
    assert "docs/how-to/upgrade.md" in err
    await database.connect(later)
    assert (await schema.counts(database.connection(WRITING)))["hub_runs"] == 0
    await database.close()


@pytest.mark.usefixtures("_as_it_was")
async def test_the_check_names_a_later_version(environment: dict[str, str], later: str) -> None:
    code, out, _ = await centrala(environment, later, "check", "config")
    assert (code, "a later version's" in out) == (1, True)
