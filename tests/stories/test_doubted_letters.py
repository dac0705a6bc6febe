"""Letters whose sender nobody has proved: what colleagues see of it, and which tickets such a letter joins."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from tests.stories.test_email import playing
from tests.stories.test_history import command
from tests.stories.test_relay import PROVIDER, heard, write

FORGED = "(sender forged? DMARC failed)"


@pytest.mark.parametrize(
    ("proof", "kept", "mark"),
    [
        ("pass", "pass", ""),
        ("none", "none", " (sender not proven)"),
        ("", "none", " (sender not proven)"),
        ("fail", "fail", f" {FORGED}"),
    ],
)
async def test_colleagues_see_what_was_found_of_the_sender(
    database_url: str, tmp_path: Path, proof: str, kept: str, mark: str
) -> None:
    """Issue 3.2: the DMARC result of our own server is kept with the message, and shown wherever it is read."""
    async with playing(database_url, tmp_path, trusted_authserv=PROVIDER) as (stage, server, eszter):
        await write(eszter, 1, proof)
        await heard(stage, server, 1)
        await stage.settled()
        assert f"Eszter Nagy{mark}:\nPlease help, no. 1." in stage.texts(stage.desk.id)
        await stage.staff("/show T1")
        assert stage.find(f"Eszter Nagy{mark}: Please help")
        shown = await asyncio.to_thread(command, database_url, tmp_path, "tickets", "show", "T1", "--json")
        assert [one["dmarc"] for one in orjson.loads(shown.stdout)["entries"]][:1] == [kept]
        listed = await asyncio.to_thread(command, database_url, tmp_path, "messages", "list", "--json")
        came = [orjson.loads(one) for one in listed.stdout.splitlines()]
        assert [one["dmarc"] for one in came if one["channel"] == "email" and one["direction"] == "in"] == [kept]


async def test_where_no_server_is_trusted_nobody_is_doubted(database_url: str, tmp_path: Path) -> None:
    """Issue 3.2: what a mail says of itself marks nobody, either way."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        await write(eszter, 1, "fail")
        await heard(stage, server, 1)
        assert "Eszter Nagy:\nPlease help, no. 1." in stage.texts(stage.desk.id)
        [came] = await stage.rows("SELECT dmarc FROM messages WHERE direction = 'in'")
        assert came["dmarc"] is None
