"""`centrala companies import` and `export`, as an operator meets them; and a process that is killed in the middle."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub import database
from kernel.clock import Clock
from kernel.unit import Store
from tests.stories.test_outage_files import Operator

FIRMS = "Nazwa firmy;NIP;Kraj;Miasto;Uwagi\nŻółta Gęś;5261040828;PL;Łódź;x\nOrlik;;PL;Gdynia;\nZła;123;PL;;\n"
MANY = 3_000


@pytest.fixture
def operator(tmp_path: Path, database_url: str) -> Operator:
    return Operator(tmp_path, database_url)


async def names(operator: Operator) -> list[str]:
    return [one["name"] for one in await operator.lists("companies", "list")]


async def test_refused_lines_are_mended_and_imported(operator: Operator, tmp_path: Path) -> None:
    """S1-2, crm.md 3.5: good lines are in, the others are a file of their own; exit 1 says that there are some."""
    file, refused = operator.file(FIRMS, "cp1250"), tmp_path / "refused.csv"
    code, out, err = await operator.runs("companies", "import", file, "--dry-run")
    assert (code, await names(operator)) == (1, [])
    assert out.endswith("2 created, 0 updated, 0 unchanged, 0 conflicts, 1 errors. Nothing was written.\n")
    assert "CSV, cp1250, parted by ;: 3 lines" in err and "1 columns are not used: Uwagi" in err
    assert "line 4 error: tax_number: expected a NIP of 10 digits" in err
    code, out, err = await operator.runs("companies", "import", file, "--errors", str(refused))
    assert (code, "refused lines are in" in err) == (1, True)
    assert await names(operator) == ["Żółta Gęś", "Orlik"]
    text = refused.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "Nazwa firmy;NIP;Kraj;Miasto;Uwagi;_error"
    refused.write_text(text.replace("123;", "525-244-57-67;"), encoding="utf-8-sig")
    code, out, _ = await operator.runs("companies", "import", str(refused))
    assert (code, out.startswith("companies: 1 created, 0 updated")) == (0, True)
    assert await names(operator) == ["Żółta Gęś", "Orlik", "Zła"]


async def test_what_was_said_of_a_column_is_remembered(operator: Operator) -> None:
    file = operator.file("Kto;Gdzie\nOrlik;Gdynia\n")
    code, _, err = await operator.runs("companies", "import", file)
    assert (code, "--map HEADING=name" in err) == (1, True)
    code, _, err = await operator.runs("companies", "import", file, "--map", "Kto=company.name", "--map", "gdzie=city")
    assert (code, "Gdzie → city" in err) == (0, True)
    *_, end = await operator.lists("companies", "import", operator.file("Kto;Gdzie\nLis;Sopot\n"))
    assert end["created"] == 1
    assert await names(operator) == ["Orlik", "Lis"]


async def test_every_line_is_told_as_json(operator: Operator) -> None:
    read, *rows, end = await operator_json(operator, "companies", "import", operator.file(FIRMS), "--dry-run")
    assert read["columns"] == {
        "Nazwa firmy": "name",
        "NIP": "tax_number",
        "Kraj": "country",
        "Miasto": "city",
        "Uwagi": None,
    }
    told = {row["row"]: row for row in rows if "row" in row}
    assert [told[line]["action"] for line in (2, 3, 4)] == ["create", "create", "error"]
    assert {"field": "city", "before": "", "after": "Łódź"} in told[2]["changes"]
    assert (told[4]["faults"][0]["column"], told[4]["faults"][0]["rule"]) == ("tax_number", "format")
    assert [row for row in rows if row.get("progress")] == [
        {"progress": "check", "done": 3, "of": 3},
        {"progress": "write", "done": 3, "of": 3},
    ]
    assert (end["import"], end["created"], end["errors"], end["dry_run"]) == (None, 2, 1, True)


async def test_out_and_in_again_changes_nothing_and_undo_takes_it_back(operator: Operator, tmp_path: Path) -> None:
    """S4-11."""
    await operator.runs("companies", "import", operator.file(FIRMS))
    for name, more in (("x.csv", ["--bom"]), ("x.xlsx", []), ("x.vcf", ["--version", "4.0"])):
        target = str(tmp_path / name)
        code, out, err = await operator.runs("companies", "export", target, *more)
        assert (code, out) == (0, f"companies: 2 written to {target}.\n"), err
        *_, end = await operator.lists("companies", "import", target)
        assert (end["unchanged"], end["created"], end["updated"]) == (2, 0, 0)
    code, out, _ = await operator.runs("companies", "export", "-")
    assert (code, out.splitlines()[0].startswith("number;external_id;name")) == (0, True)
    done = await operator.lists("companies", "imports")
    assert [(one["import"], one["created"], one["unchanged"]) for one in done][-1] == ("I1", 2, 0)
    code, out, _ = await operator.runs("companies", "import", "--undo", "I1")
    assert (code, out) == (0, "companies: 2 archived, 0 restored, 0 kept as they are.\n")
    assert await names(operator) == []
    assert (await operator.runs("companies", "import", "--undo", "I1"))[0] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["companies", "import"], 2),
        (["companies", "import", "nowhere.csv"], 2),
        (["companies", "export", "x.pdf"], 2),
        (["companies", "export", "x.vcf", "--version", "2.1"], 2),
        (["companies", "import", "--undo", "I77"], 1),
        (["contacts", "export", "-", "--as", "Nobody"], 1),
    ],
)
async def test_what_cannot_be_done_is_told(operator: Operator, words: list[str], code: int) -> None:
    got, out, err = await operator.runs(*words)
    assert (got, out) == (code, "")
    assert err.startswith("centrala: ") and "Traceback" not in err


async def test_people_come_in_from_cards(operator: Operator, tmp_path: Path) -> None:
    """S1-9."""
    await operator.runs("companies", "import", operator.file(FIRMS))
    cards = tmp_path / "people.vcf"
    cards.write_text("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jan\r\nORG:Orlik\r\nTEL:+48601234567\r\nEND:VCARD\r\n")
    *_, end = await operator.lists("contacts", "import", str(cards))
    assert end["created"] == 1
    [jan] = await operator.lists("contacts", "list")
    assert (jan["name"], jan["companies"]) == ("Jan", ["B2"])


@pytest.mark.kill
@pytest.mark.timeout(240)
async def test_killed_in_the_middle_it_goes_on_and_does_no_line_twice(
    operator: Operator, tmp_path: Path, database_url: str
) -> None:
    """M-5, M-7: exact by the import's cursor."""
    lines = "".join(f"K{place};Firma {place};office{place}@x.example\n" for place in range(MANY))
    file = operator.file(f"id;name;email\n{lines}")
    await operator.runs("companies", "list")  # writes the settings
    killed = await asyncio.to_thread(_killed, tmp_path, file)
    assert 0 < killed < MANY
    code, out, err = await operator.runs("companies", "import", file)
    assert (code, out.startswith(f"companies: {MANY} created, 0 updated, 0 unchanged")) == (0, True), err
    assert "I1 was cut off after" in err
    await database.connect(database_url)
    try:
        rows = await Store(Clock()).reading().fetch("SELECT number, name FROM companies ORDER BY number")
        kept = await Store(Clock()).reading().fetch("SELECT DISTINCT line, ref_id FROM import_rows")
    finally:
        await database.close()
    assert [(row["number"], row["name"]) for row in rows] == [(n, f"Firma {n - 1}") for n in range(1, MANY + 1)]
    assert len(kept) == MANY


def _killed(folder: Path, file: str) -> int:
    """Import and kill after the third unit; how many lines were written by then, as it said."""
    command = [sys.executable, "-m", "hub", "companies", "import", file, "--json"]
    command += ["--config", str(folder / "centrala.toml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder) as process:
        assert process.stdout is not None
        done = 0
        for line in process.stdout:
            said: dict[str, Any] = orjson.loads(line)
            if said.get("progress") == "write":
                done = said["done"]
                if done >= 600:
                    process.send_signal(signal.SIGKILL)
                    break
        process.wait(30)
        assert process.returncode == -signal.SIGKILL
    return done


async def operator_json(operator: Operator, *words: str) -> list[dict[str, Any]]:
    """As `Operator.lists`, also where some lines were refused."""
    _, out, _ = await operator.runs(*words, "--json")
    return [orjson.loads(line) for line in out.splitlines()]
