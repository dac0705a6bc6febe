"""History beside a running hub: it comes in without a sound, and a customer who answers an old mail is recognised."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import orjson

from tests.hub.history import exports
from tests.stories.test_email import ADDRESS, come, playing
from tests.support import commands


def command(url: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    config = exports.put(folder, "beside.toml", f'[database]\nurl = "{url}"\n')
    return commands.run_text(*words, "--config", str(config))


async def test_history_comes_in_silently_and_an_old_number_goes_on_as_a_new_ticket(
    database_url: str, tmp_path: Path
) -> None:
    """B-7: nothing old is answered, alerted or sent; the new ticket says what it continues, on its card."""
    async with playing(database_url, tmp_path) as (stage, server, eszter):
        export = exports.put(tmp_path, "z.json", orjson.dumps(exports.ZAMMAD))
        words = ("history", "import", str(export), "--from", "zammad", "--json")
        done = await asyncio.to_thread(command, database_url, tmp_path, *words)
        assert done.returncode == 0, done.stderr
        assert orjson.loads(done.stdout)["created"] == 1
        await stage.push(hours=30)
        assert (server.letters, stage.texts(stage.desk.id)) == ([], [])

        await eszter.write(ADDRESS, "Re: [Ticket#12345] Card blocked", "It is blocked again.")
        receipt = await come(stage, server, eszter.address, 1)
        assert "T2" in receipt.text
        card = stage.find("continues Zammad 12345")
        assert card.text.startswith("T2 ")
        shown = await asyncio.to_thread(command, database_url, tmp_path, "tickets", "show", "T2", "--json")
        assert orjson.loads(shown.stdout)["continues"] == "Zammad 12345"
        before = await asyncio.to_thread(command, database_url, tmp_path, "tickets", "show", "T1", "--json")
        old = orjson.loads(before.stdout)
        assert (old["was"], old["state"], len(old["entries"])) == ("Zammad 12345", "closed", 3)

        await stage.staff("It works.", reply_to=stage.find("It is blocked again.").id)
        letter = await come(stage, server, eszter.address, 2)
        assert letter.text == "It works."
        await stage.staff("/show T1")
        assert stage.find("was Zammad 12345")
