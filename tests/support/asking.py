"""How a command is asked for from tests/support/forking.py. Imports little: it is a program's whole start."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys

STAY = ("run", "demo")  # these run until they are stopped


def ask(
    server: str, streams: list[int], words: list[str], folder: str, environment: dict[str, str], timeout_s: float | None
) -> int:
    """Run it there with these streams; its exit code, below 0 if a signal ended it. Raises TimeoutError."""
    said = {"words": words, "folder": folder, "environment": environment}
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(timeout_s)
        asked.connect(server)
        sent = json.dumps(said).encode() + b"\n"
        done = socket.send_fds(asked, [sent], streams)
        asked.sendall(sent[done:])
        child = int(_line(asked))
        try:
            return int(_line(asked))
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            asked.settimeout(None)
            _line(asked)  # now it is gone
            raise


class Running:
    """A command that runs meanwhile; asked and ended as a `subprocess.Popen` is."""

    def __init__(
        self,
        server: str,
        streams: list[int],
        words: list[str],
        folder: str,
        environment: dict[str, str],
        constants: dict[str, float],
    ) -> None:
        said = {"words": words, "folder": folder, "environment": environment, "leads": True, "constants": constants}
        self.returncode: int | None = None
        self._asked = socket.socket(socket.AF_UNIX)
        self._asked.connect(server)
        sent = json.dumps(said).encode() + b"\n"
        self._asked.sendall(sent[socket.send_fds(self._asked, [sent], streams) :])
        self.pid = int(_line(self._asked))

    def poll(self) -> int | None:
        """Its exit code, below 0 if a signal ended it; None while it runs."""
        try:
            return self.wait(0)
        except TimeoutError:
            return None

    def wait(self, timeout_s: float | None = None) -> int:
        """The same, at its end. Raises TimeoutError."""
        if self.returncode is None:
            if not select.select([self._asked], [], [], timeout_s)[0]:
                raise TimeoutError(f"process {self.pid} still runs")
            self.returncode = int(_line(self._asked))
            self._asked.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Nothing for a process that has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _line(asked: socket.socket) -> bytes:
    """What was told next. Raises TimeoutError, ConnectionError if nothing will be told any more."""
    found = b""
    while not found.endswith(b"\n"):
        one = asked.recv(1)
        if not one:
            raise ConnectionError("the server of commands has ended")
        found += one
    return found


def program(server: str, real: str) -> None:
    """This process's own words, folder and streams, as `centrala`."""
    if sys.argv[1:2] and sys.argv[1] in STAY:
        os.execv(real, [real, *sys.argv[1:]])
    words = [real, *sys.argv[1:]]
    folder = os.getcwd()  # noqa: PTH109 - pathlib would cost more than all the rest here
    sys.exit(ask(server, [0, 1, 2], words, folder, dict(os.environ), None))
