"""`centrala history import` as an operator meets it: what it says, what it keeps, and what it refuses."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import orjson
import pytest

from tests.hub.history import exports
from tests.support import commands

LINES = "number,email,created,text,colour\n1,a@a.example,2024-01-01,Hello,red\n2,nobody,2024-01-01,secret words,blue\n"


@pytest.fixture
def folder(tmp_path: Path, database_url: str) -> Path:
    exports.put(tmp_path, "centrala.toml", f'[database]\nurl = "{database_url}"\n')
    exports.put(tmp_path, "old.csv", LINES)
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return commands.run_text(*words, folder=folder)


def test_bad_records_go_to_a_file_that_only_its_owner_reads(folder: Path) -> None:
    """B-7: file, line, field and what was expected; the words stay out of the terminal."""
    done = run(folder, "history", "import", "old.csv", "--from", "csv", "--system", "olddesk", "--json")
    assert done.returncode == 0, done.stderr
    told = orjson.loads(done.stdout)
    assert (told["system"], told["created"], told["bad"]) == ("olddesk", 1, 1)
    assert told["ignored"] == {"colour": 2}
    assert "left out: old.csv, line 3, customer e-mail: expected an address" in done.stderr
    assert "secret words" not in done.stderr + done.stdout
    kept = folder / "old.csv.errors.jsonl"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    [line] = kept.read_text().splitlines()
    assert orjson.loads(line)["record"][0]["text"] == "secret words"


def test_a_dry_run_writes_nothing_and_saves_what_it_recognised(folder: Path) -> None:
    words = ("history", "import", "old.csv", "--from", "csv")
    done = run(folder, *words, "--dry-run", "--save-mapping", "map.toml")
    assert done.returncode == 0, done.stderr
    assert "1 created, 0 updated, 0 unchanged, 1 left out. Nothing was written." in done.stdout
    assert not (folder / "old.csv.errors.jsonl").exists()
    assert run(folder, "tickets", "list", "--json").stdout == ""
    mapped = run(folder, *words, "--mapping", "map.toml", "--json")
    assert orjson.loads(mapped.stdout)["created"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("old.csv", "--from", "pdf"), "csv, xlsx, mbox, zammad or freescout", id="an unknown format"),
        pytest.param(("gone.csv", "--from", "csv"), "gone.csv: expected a file that can be read", id="no file"),
        pytest.param(("old.csv", "--from", "csv", "--system", "Old Desk"), "cannot be a desk's name", id="a name"),
        pytest.param(("old.csv", "--from", "xlsx"), "expected an XLSX workbook", id="another format"),
        pytest.param(("old.csv", "--from", "zammad"), "old.csv, line 1: expected JSON", id="no JSON"),
        pytest.param(("old.csv", "--from", "csv", "--mapping", "no.toml"), "no.toml: expected a TOML", id="no mapping"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = run(folder, "history", "import", *words)
    assert done.returncode == 1 and said in done.stderr, done.stderr
    assert "othing was imported" in done.stderr
