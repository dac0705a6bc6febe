"""Writing the end of quiet mode: into the file alone, and refused with the next step where that would not end it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import quiet, settings
from kernel import errors


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "centrala.toml"
    path.write_text("quiet = true\n")
    return path


def test_the_file_says_live_afterwards(file: Path) -> None:
    assert settings.load(file).quiet and not quiet.says_live(file)
    quiet.write(file)
    assert quiet.says_live(file) and not settings.load(file).quiet


def test_without_a_file_the_variable_is_named(file: Path) -> None:
    with pytest.raises(errors.Conflict, match="CENTRALA_QUIET"):
        quiet.write(None)


@pytest.mark.parametrize("name", ["CENTRALA_QUIET", "centrala_quiet", "CENTRALA_QUIET_FILE"])
def test_a_variable_that_wins_over_the_file_is_named(file: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "true")
    with pytest.raises(errors.Conflict, match="Take it away"):
        quiet.write(file)
    assert not quiet.says_live(file)


def test_a_file_that_cannot_be_changed_is_told_with_what_to_write(file: Path) -> None:
    file.write_text("quiet = \n")
    with pytest.raises(errors.Conflict, match="quiet = false into it by hand"):
        quiet.write(file)
    assert file.read_text() == "quiet = \n"


@pytest.mark.parametrize("text", ["", "quiet = true", 'quiet = "false"', "quiet = 0", "[quiet]\n", "quiet ="])
def test_nothing_but_false_is_live(file: Path, text: str) -> None:
    file.write_text(text)
    assert not quiet.says_live(file)
    assert not quiet.says_live(file.with_name("gone.toml"))
