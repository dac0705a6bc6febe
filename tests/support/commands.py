"""The command line, run by forks of a process that has imported it once: a command costs what it does, not its start.

Each is still a process of its own, with its own streams, folder and environment, and ends as a program ends: so is a
hub that runs until it is stopped or killed, with the channels' client libraries imported too. For what is about the
start itself (help, terminals, a whole service) start `python -m hub` instead.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import asking
from tests.support.asking import Running

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
# What a hub imports while its channels open: half of its start, and all of it the same every time.
CHANNELS = (
    "channels.telegram.send",
    "channels.telegram.poll",
    "channels.sms.send",
    "channels.email.send",
    "channels.email.listen",
    "channels.email.parse",
    "channels.email.worker",
    "channels.email.poll",
)
PROGRAM = f"""#!{sys.executable} -IS
import sys
sys.path.insert(0, {str(ROOT / "tests" / "support")!r})
import asking
asking.program({{server!r}}, {{real!r}})
"""


@functools.cache
def server(*modules: str) -> str:
    """The socket of this process's server, started at the first need and ended with this process.

    `modules`: what it has imported besides what all commands share.
    """
    folder = Path(tempfile.mkdtemp(prefix="centrala-commands-"))
    path, log = folder / "s", folder / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forking", str(path), *modules],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    atexit.register(_end, process, folder)
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    return str(path)


def run(
    *words: str,
    folder: Path | str = ROOT,
    environment: Mapping[str, str] | None = None,
    given: bytes = b"",
    timeout_s: float = PATIENCE_S,
    is_loaded: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """`centrala WORDS` to its end: exit code and what it wrote. Raises TimeoutError, and kills it then.

    `is_loaded`: with the channels' client libraries, for a command that would import them.
    """
    env = dict(os.environ if environment is None else environment)
    with tempfile.TemporaryFile() as put, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        put.write(given)
        put.seek(0)
        streams = [put.fileno(), out.fileno(), err.fileno()]
        code = asking.ask(
            server(*(CHANNELS if is_loaded else ())), streams, ["centrala", *words], str(folder), env, timeout_s
        )
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(["centrala", *words], code, out.read(), err.read())


def run_text(*words: str, given: str = "", **more: Any) -> subprocess.CompletedProcess[str]:
    """The same, where all of it is text."""
    done = run(*words, given=given.encode(), **more)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def start(
    *words: str,
    folder: Path | str,
    environment: Mapping[str, str] | None = None,
    out: Path,
    constants: Mapping[str, float] | None = None,
) -> Running:
    """`centrala WORDS`, a hub that runs until it is ended, in a session of its own; what it writes goes to `out`.

    `constants`: module.NAME → value, there and for that one: how often it looks at what a story would wait for.
    """
    env = dict(os.environ if environment is None else environment)
    with Path(os.devnull).open("rb") as nothing, out.open("wb") as sink:
        streams = [nothing.fileno(), sink.fileno(), sink.fileno()]
        return Running(server(*CHANNELS), streams, ["centrala", *words], str(folder), env, dict(constants or {}))


def program(folder: Path, real: str) -> Path:
    """A `centrala` in that folder that runs here; what runs until it is stopped is left to the `real` one."""
    path = folder / "centrala"
    path.write_text(PROGRAM.format(server=server(), real=real))
    path.chmod(0o755)
    return path


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.kill()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)
