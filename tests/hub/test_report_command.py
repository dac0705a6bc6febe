"""`centrala report`: the numbers on the screen, as JSON, CSV and XLSX, and everything counted anew."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kernel.unit import Store
from tests.support import commands
from tests.tickets import letters

DAYS = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture
async def url(store: Store, database_url: str) -> str:
    """Two tickets, one of a queue whose name a spreadsheet would run."""
    for name in ("eszter", "ilona"):
        await letters.ticket(store, name)
    async with store.unit() as work:
        await work.change("UPDATE tickets SET queue = '=1+1' WHERE number = 2")
    return database_url


async def run(folder: Path, url: str, *words: str, more: str = "") -> tuple[int, str, str]:
    (folder / "centrala.toml").write_text(f'[database]\nurl = "{url}"\n[company]\nzone = "Europe/Warsaw"\n{more}')
    given = ("report", *words, "--config", str(folder / "centrala.toml"))
    done = await asyncio.to_thread(commands.run_text, *given)
    return done.returncode, done.stdout, done.stderr


async def test_a_report_is_told_in_every_shape(url: str, tmp_path: Path) -> None:
    """S0-14, S1-7: the same numbers; nothing in a file is run as a formula."""
    code, said, _ = await run(tmp_path, url, "rebuild", "--json")
    assert (code, json.loads(said)) == (0, {"tickets": 2, "waiting": 0})
    code, said, complaints = await run(tmp_path, url, "volumes", *DAYS, "--by", "queue", "--json")
    assert (code, complaints) == (0, "")
    queue, inbox, total = (json.loads(line) for line in said.splitlines())
    assert (queue["queue"], inbox["queue"], total["queue"]) == ("=1+1", "inbox", "total")
    assert (queue["opened"], inbox["in"], total["opened"], total["closed"]) == (1, 1, 2, 0)
    files = tmp_path / "r.csv", tmp_path / "r.xlsx"
    words = ("volumes", *DAYS, "--by", "queue", "--csv", str(files[0]), "--xlsx", str(files[1]))
    assert await run(tmp_path, url, *words) == (0, "", "")
    with files[0].open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.reader(opened, delimiter=";"))
    assert lines[:2] == [["queue", "opened", "in", "out", "closed"], ["'=1+1", "1", "1", "0", "0"]]
    sheet = load_workbook(files[1]).active
    assert sheet is not None and sheet["A2"].value == "=1+1" and sheet["A2"].data_type == "s"


async def test_what_is_asked_wrongly_is_refused_with_every_problem(url: str, tmp_path: Path) -> None:
    code, said, complaints = await run(tmp_path, url, "load", "--from", "yesterday", "--by", "day")
    assert (code, said) == (1, "")
    assert "from: expected a day like 2026-03-31; got 'yesterday'" in complaints
    assert "by: expected one of: person; got 'day'" in complaints


async def test_targets_are_told_with_what_was_found(url: str, tmp_path: Path) -> None:
    """S0-14: two tickets are open in two queues; nobody has answered."""
    wanted = """[queues.inbox]
[[targets]]
name = "few open"
measure = "backlog.open"
at_most = 1
queue = "inbox"
[[targets]]
name = "answered"
measure = "response.median"
at_most = "15m"
"""
    code, said, complaints = await run(tmp_path, url, "targets", *DAYS, "--json", more=wanted)
    assert (code, complaints) == (0, "")
    few, answered = (json.loads(line) for line in said.splitlines())
    assert (few["of"], few["at_most"], few["found"], few["met"]) == ("inbox", 1, 1, "yes")
    assert (answered["of"], answered["at_most"], answered["found"], answered["met"]) == ("all", 900, None, "")
