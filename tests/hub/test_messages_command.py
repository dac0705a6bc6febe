"""`centrala messages`: what is parked and dead is listed, put back in line, and printed as it came."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from channels.contract import Address, Raw, RawId
from channels.files import FileStore
from channels.intake import Claimed, count_try
from channels.models import RawMessage
from channels.outbox import Draft, enqueue
from kernel import ids
from kernel.unit import Store
from tests.conftest import START
from tests.support import commands
from webhooks import mapped

NAMES = {"id", "direction", "channel", "state", "tries", "reason", "ticket", "received_at", "dmarc"}
POSTED = b'{"e-mail": "eszter@example.hu",\n "words": "\xc5\x91"}'


@pytest.fixture
async def ids_of(store: Store, tmp_path: Path) -> dict[str, int]:
    """One message of each kind: waiting, parked, large, queued, dead, maybe sent."""
    files = FileStore(tmp_path / "files")
    found = {name: ids.new() for name in ("waiting", "parked", "large")}
    large = await files.keep(b"x" * 100_000)
    async with store.unit() as work:
        for name, known in found.items():
            row = {"id": known, "channel": "webhook", "account": "hook:form", "external_key": name, "address": name}
            row |= {"body": mapped.kept(b"{}", POSTED), "file": None, "received_at": START, "state": "waiting"}
            row |= {"tries": 4, "due_at": START} | ({"body": None, "file": large} if name == "large" else {})
            await work.insert(RawMessage, [row])
        raw = Raw("webhook", "hook:form", "", "parked", b"", START)
        assert await count_try(work, Claimed(RawId(found["parked"]), raw, 4), "LookupError at routing/intake.py:1")
        for name, state in (("queued", "queued"), ("dead", "failed"), ("maybe", "maybe_sent")):
            draft = Draft("sms", "sms:+48", Address("tel", "+36301234567"), "reply", "Hello")
            [found[name]] = await enqueue(work, [draft])
            await work.change("UPDATE messages SET state = ?, reason = 'refused' WHERE id = ?", state, found[name])
    return found


def run(folder: Path, url: str, *words: str) -> tuple[int, bytes, str]:
    (folder / "centrala.toml").write_text(f'[database]\nurl = "{url}"\n')
    done = commands.run("messages", *words, "--config", str(folder / "centrala.toml"))
    return done.returncode, done.stdout, done.stderr.decode()


def listed(folder: Path, url: str, *flags: str) -> list[dict[str, Any]]:
    code, out, err = run(folder, url, "list", "--json", *flags)
    assert (code, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


async def test_parked_and_dead_ones_are_listed_and_put_back(
    store: Store, database_url: str, tmp_path: Path, ids_of: dict[str, int]
) -> None:
    """M-5: nothing that failed is out of sight, and each can be tried again."""

    def found(*flags: str) -> set[str]:
        names = {str(value): name for name, value in ids_of.items()}
        return {names[row["id"]] for row in listed(tmp_path, database_url, *flags)}

    assert found() == set(ids_of)
    assert found("--parked") == {"parked"}
    assert found("--dead") == {"dead", "maybe"}
    assert found("--parked", "--dead") == {"parked", "dead", "maybe"}
    [parked] = listed(tmp_path, database_url, "--parked")
    assert set(parked) == NAMES
    assert (parked["state"], parked["tries"], parked["ticket"]) == ("parked", 5, None)
    assert (parked["reason"], parked["received_at"]) == ("LookupError at routing/intake.py:1", "2026-03-10T09:00:00Z")
    for name in ("parked", "dead"):
        code, out, _ = run(tmp_path, database_url, "retry", str(ids_of[name]))
        assert (code, out.decode()) == (0, f"{ids_of[name]} is back in line.\n")
    assert found("--parked", "--dead") == {"maybe"}
    states = {row["id"]: (row["state"], row["reason"]) for row in listed(tmp_path, database_url)}
    assert states[str(ids_of["parked"])] == ("waiting", None) and states[str(ids_of["dead"])] == ("queued", None)


async def test_what_came_in_is_printed_as_it_was_posted(
    store: Store, database_url: str, tmp_path: Path, ids_of: dict[str, int]
) -> None:
    """M-11: to try a corrected map on."""
    assert run(tmp_path, database_url, "raw", str(ids_of["parked"]))[:2] == (0, POSTED)
    assert run(tmp_path, database_url, "raw", str(ids_of["large"]))[:2] == (0, b"x" * 100_000)


async def test_what_is_not_there_is_refused_with_the_next_step(
    store: Store, database_url: str, tmp_path: Path, ids_of: dict[str, int]
) -> None:
    for words in (("retry", str(ids_of["queued"])), ("retry", "77"), ("retry", "x"), ("raw", "77"), ("raw", "x")):
        code, out, err = run(tmp_path, database_url, *words)
        assert (code, out) == (1, b"")
        assert "centrala messages list" in err
