"""`centrala run` where it cannot listen: the right setting is named, and what to do."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.errors import CannotListen
from hub.cli import run

PATIENCE_S = 60


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def started(folder: Path, *, web: int, mail: str, more: str = "") -> tuple[int, str]:
    """Exit code and complaint of a hub that cannot start."""
    config = folder / "centrala.toml"
    email = f'address = "help@desk.example"\nlisten = "{mail}"\n{more}'
    config.write_text(
        f'[database]\nurl = "sqlite://{folder}/centrala.db"\n[web]\nport = {web}\n[channels.email]\n{email}'
    )
    words = [sys.executable, "-m", "hub", "run", "--config", str(config)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return done.returncode, done.stderr


def test_a_mail_port_that_is_taken_is_named_as_such(tmp_path: Path, taken: int) -> None:
    code, said = started(tmp_path, web=0, mail=f"127.0.0.1:{taken}")
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{taken} (channels.email.listen): Address already in use." in said
    assert "set channels.email.listen to a free one" in said
    assert "web.port" not in said and "Traceback" not in said


def test_a_web_port_that_is_taken_is_named_as_such(tmp_path: Path, taken: int) -> None:
    code, said = started(tmp_path, web=taken, mail="127.0.0.1:0")
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{taken} (web.port): Address already in use." in said
    assert "set web.port to a free one" in said and "channels.email" not in said


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    code, said = started(tmp_path, web=0, mail="127.0.0.1:0", more=f'certificate = "{wrong}"\nkey = "{wrong}"\n')
    assert code == 1
    assert f"cannot use {wrong} (channels.email.certificate)" in said and "PEM" in said


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (errno.EACCES, "Ports below 1024 are for privileged users: set web.port to a higher one."),
        (errno.EADDRINUSE, "set web.port to a free one."),
        (errno.EADDRNOTAVAIL, "Set web.host to an address that this machine has"),
        (socket.EAI_NONAME, "Set web.host to an address that this machine has"),
    ],
    ids=["no right", "taken", "not ours", "no such name"],
)
def test_each_refusal_has_a_next_step(number: int, step: str) -> None:
    [first, second] = run.told(CannotListen("web.port", "desk.example:80", OSError(number, "said by the system")))
    assert first.startswith("centrala: cannot listen on desk.example:80 (web.port): ")
    assert step in second
