"""Writing single keys of the settings file: comments stay, rights stay, and a reader never sees half a file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hub.setup import writing

FILE = """\
# our desk
quiet = true # until June

[web]
port = 8081 # behind the proxy
"""


def test_a_key_is_changed_and_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "centrala.toml"
    path.write_text(FILE)
    path.chmod(0o640)
    writing.write(path, {"quiet": False, "web.host": "0.0.0.0", "queues.cards.manager": "Marek"})
    text = path.read_text()
    assert "# our desk" in text and "quiet = false # until June" in text and "# behind the proxy" in text
    found = tomllib.loads(text)
    assert found["web"] == {"port": 8081, "host": "0.0.0.0"}
    assert found["queues"] == {"cards": {"manager": "Marek"}}
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["centrala.toml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text(FILE)
    link = tmp_path / "centrala.toml"
    link.symlink_to(real)
    writing.write(link, {"quiet": False})
    assert link.is_symlink() and tomllib.loads(real.read_text())["quiet"] is False


def test_what_is_no_table_is_not_written_into(tmp_path: Path) -> None:
    path = tmp_path / "centrala.toml"
    path.write_text(FILE)
    with pytest.raises(ValueError, match="quiet is no table"):
        writing.write(path, {"quiet.mode": "on"})
    assert path.read_text() == FILE
