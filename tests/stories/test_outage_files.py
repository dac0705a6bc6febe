"""`centrala stations`, `subscribers` and `outages`, as an operator meets them: files in, lists and reasons out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.stories.test_check import run

STATIONS = "kod;nazwa;adres;strefa\n0412;Gdynia;Świętojańska 1;Europe/Warsaw\n0415;Sopot;;Europe/Warsaw\n"
PEOPLE = (
    "name,company,e-mail,phone,language,stations\n"
    "Anna,Orlik,anna@orlik.pl,+48600123456,pl,0412\nJan,,,+48600123457,,all\n"
)


class Operator:
    """Somebody at a terminal in a folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._config = f'[database]\nurl = "{url}"\n'

    async def runs(self, *words: str) -> tuple[int, str, str]:
        return await run(self._folder, self._config, *words)

    async def lists(self, *words: str) -> list[dict[str, Any]]:
        code, out, err = await self.runs(*words, "--json")
        assert code == 0, err
        return [orjson.loads(line) for line in out.splitlines()]

    def file(self, text: str, encoding: str = "utf-8") -> str:
        path = self._folder / "list.csv"
        path.write_bytes(text.encode(encoding))
        return str(path)


@pytest.fixture
def operator(tmp_path: Path, database_url: str) -> Operator:
    return Operator(tmp_path, database_url)


async def test_stations_and_subscribers_come_from_files_again_and_again(operator: Operator) -> None:
    """S0-7: Windows-1250 with semicolons, UTF-8 with commas; the second time nothing changes."""
    stations = operator.file(STATIONS, "cp1250")
    assert (await operator.runs("stations", "import", stations))[1] == "stations: 2 created, 0 updated, 0 unchanged.\n"
    assert (await operator.lists("stations", "import", stations))[0]["unchanged"] == 2
    [gdynia, _] = await operator.lists("stations", "list")
    assert (gdynia["code"], gdynia["address"], gdynia["zone"]) == ("0412", "Świętojańska 1", "Europe/Warsaw")
    people = operator.file(PEOPLE)
    dry = await operator.lists("subscribers", "import", people, "--dry-run")
    assert dry == [{"created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "dry_run": True}]
    assert await operator.lists("subscribers", "list") == []
    await operator.lists("subscribers", "import", people)
    [anna, jan] = await operator.lists("subscribers", "list")
    assert (anna["name"], anna["stations"], sorted(anna["addresses"])) == (
        "Anna",
        ["0412"],
        ["mailto:anna@orlik.pl", "tel:+48600123456"],
    )
    assert (jan["stations"], isinstance(jan["id"], str)) == (["all"], True)


async def test_one_bad_line_and_nothing_is_imported_unless_it_is_to_be_passed_over(operator: Operator) -> None:
    """S0-7: the line, the column, what was expected; the good ones by --skip-bad."""
    bad = operator.file(f"{STATIONS}0415;Twice;;\n;None;;\n0420;Mars;;Mars/Base\n")
    code, out, err = await operator.runs("stations", "import", bad)
    assert (code, out) == (1, "")
    for place in ("line 3, code", "line 4, code", "line 5, code", "line 6, zone"):
        assert f"{place}: expected " in err
    assert await operator.lists("stations", "list") == []
    assert (await operator.lists("stations", "import", bad, "--skip-bad"))[0]["skipped"] == 4
    assert [one["code"] for one in await operator.lists("stations", "list")] == ["0412"]


async def test_what_is_not_there_is_said(operator: Operator) -> None:
    """Exit 1 refused, 2 usage."""
    code, _, err = await operator.runs("subscribers", "import", operator.file(PEOPLE))
    assert code == 1 and "line 2, stations: expected codes of stations that are there; got '0412'" in err
    code, _, err = await operator.runs("outages", "show", "O-9")
    assert code == 1 and "There is no O-9." in err
    code, _, err = await operator.runs("stations", "import", "nowhere.csv")
    assert code == 2 and "cannot be read" in err
    assert await operator.lists("outages", "list") == []
