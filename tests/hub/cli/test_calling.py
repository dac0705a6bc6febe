"""Commands that are suggested are spelled as the reader called us."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hub.cli import calling


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a virtual environment that is not activated."""
    program = tmp_path / ".venv" / "bin" / "centrala"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv(calling.STARTED_BY, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("demo",), "make demo"),
        (("demo", "--port", "8081"), "make demo ARGS='--port 8081'"),
        (("demo", "--data", "two words"), """make demo ARGS='--data '"'"'two words'"'"''"""),
        (("check", "web"), ".venv/bin/centrala check web"),
    ],
)
def test_what_make_started_is_started_by_make_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], expected: str
) -> None:
    monkeypatch.setenv(calling.STARTED_BY, "make")
    monkeypatch.setattr(sys, "argv", [".venv/bin/centrala", "demo"])
    assert calling.spelled(*words) == expected


def test_a_program_that_is_not_on_the_path_is_named_with_its_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(here / ".venv/bin/centrala"), "demo"])
    assert calling.spelled("demo", "--fresh") == ".venv/bin/centrala demo --fresh"
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert calling.spelled("demo") == f"{here}/.venv/bin/centrala demo"


def test_a_program_on_the_path_needs_no_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(here / ".venv/bin/centrala"), "demo"])
    monkeypatch.setenv("PATH", str(here / ".venv/bin"))
    assert calling.spelled("demo") == "centrala demo"


def test_another_centrala_on_the_path_is_not_ours(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = here / "other" / "centrala"
    other.parent.mkdir()
    other.touch(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    monkeypatch.setattr(sys, "argv", [".venv/bin/centrala", "demo"])
    assert calling.spelled("demo") == ".venv/bin/centrala demo"


def test_a_module_is_called_as_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/hub/__main__.py", "demo"])
    monkeypatch.setattr(sys, "executable", str(here / ".venv/bin/python"))
    assert calling.spelled("demo") == ".venv/bin/python -m hub demo"
