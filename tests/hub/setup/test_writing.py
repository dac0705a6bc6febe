"""A setting written into a file that a person keeps: his words stay, and a failure leaves the file as it was."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hub.setup import writing


def test_a_key_is_set_and_what_stands_beside_it_stays(tmp_path: Path) -> None:
    """B-11."""
    file = tmp_path / "centrala.toml"
    file.write_text('# ours\n[channels.telegram] # the bot\ntoken = "x"\n\n[bot]\nhold_s = 3\n')
    writing.write(file, {"channels.telegram.staff_chat": -100, "web.port": 8081})
    writing.write(file, {"channels.telegram.staff_chat": -200})
    text = file.read_text()
    assert text.startswith('# ours\n[channels.telegram] # the bot\ntoken = "x"\nstaff_chat = -200\n')
    found = tomllib.loads(text)
    assert found["channels"]["telegram"] == {"token": "x", "staff_chat": -200}
    assert (found["bot"], found["web"]) == ({"hold_s": 3}, {"port": 8081})


def test_a_file_that_is_no_toml_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "centrala.toml"
    file.write_text("= broken")
    with pytest.raises(ValueError, match="line 1"):
        writing.write(file, {"a.b": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["centrala.toml"] and file.read_text() == "= broken"
