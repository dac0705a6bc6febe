"""Back up, lose everything, restore: nothing is missing, an old thread goes on, and colleagues sign in as before."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from console import session as sessions
from crmcore import staff
from hub import database
from kernel import rows
from kernel.unit import WRITING
from tests.hub import schema
from tests.stories.test_email import ADDRESS, come, playing
from tests.support import commands
from tests.support.databases import PostgresServer, SqliteTemplate
from tests.support.stage import Stage

LARGE = "Árvíztűrő tükörfúrógép. " * 4_000  # more than a row holds: kept as a file
Seen = dict[str, tuple[int, str]]


@pytest.fixture(autouse=True)
def tools(template: SqliteTemplate | PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs, of the server's version."""
    if isinstance(template, PostgresServer):
        monkeypatch.setenv("PATH", f"{template.tools}{os.pathsep}{os.environ['PATH']}")


async def run(file: Path, *words: str) -> str:
    """A command; what it printed."""
    done = await asyncio.to_thread(commands.run_text, *words, "--config", str(file))
    assert done.returncode == 0, done.stderr
    return done.stdout


async def tables(url: str) -> Seen:
    """Every table: how many rows it has, and a digest of them all."""
    await database.connect(url)
    connection = database.connection(WRITING)
    found = {}
    for name in sorted(await schema.tables(connection)):
        held = sorted(repr(sorted(row.items())) for row in await rows.fetch(connection, f'SELECT * FROM "{name}"'))
        found[name] = (len(held), hashlib.sha256("\n".join(held).encode()).hexdigest())
    await database.close()
    return found


def stored(folder: Path) -> dict[str, str]:
    """The files that were kept, with their digests."""
    files = [path for path in (folder / "files").rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


async def signed_in(stage: Stage, token: str) -> str:
    """What a browser sees that was signed in before all was lost."""
    async with (
        aiohttp.ClientSession(cookies={"centrala": token}) as session,
        session.get(f"http://127.0.0.1:{stage.app.port}/tickets/T1") as answer,
    ):
        assert answer.status == 200
        return await answer.text()


async def sign_in(stage: Stage) -> str:
    async with stage.app.store.unit() as work:
        anna = await staff.named(work, "Anna")
        return await sessions.open_one(work, anna.id, agent="Chrome", now=datetime.now(UTC))


async def test_what_was_backed_up_and_lost_comes_back_and_work_goes_on(database_url: str, tmp_path: Path) -> None:
    """B-11: one command each; every table, every file, the sign-in, and the answer to an old letter."""
    file, saved = tmp_path / "centrala.toml", tmp_path / "saved.tar.gz"
    file.write_text(f'[database]\nurl = "{database_url}"\n')
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.write(ADDRESS, "Card blocked", f"My card is blocked.\n{LARGE}")
        await come(stage, server, eszter.address, 1)
        await stage.staff("It works again.", reply_to=stage.find("My card is blocked").id)
        letter = await come(stage, server, eszter.address, 2)
        token = await sign_in(stage)
        await stage.app.stop()
        before, files = await tables(database_url), stored(tmp_path)
        assert files and all(before[name][0] for name in ("tickets", "entries", "messages", "staff", "sessions"))
        print(await run(file, "backup", str(saved)))
        await schema.empty(database_url)
        await asyncio.to_thread(shutil.rmtree, tmp_path / "files")
        print(await run(file, "restore", str(saved)))
        assert (await tables(database_url), stored(tmp_path)) == (before, files)
        await stage.start()
        assert "It works again." in await signed_in(stage, token)
        await back(eszter, stage).reply(letter, "Thank you!")
        await stage.settled()
        assert stage.find("Thank you!")
        assert [row["number"] for row in await stage.rows("SELECT number FROM tickets")] == [1]


def back(eszter: Any, stage: Stage) -> Any:
    """Her mail program, which finds the hub where it listens now."""
    [eszter.port] = [one.port for one in stage.app.adapters if one.name == "email"]
    return eszter
