"""Child processes under measurement: started with files of their own, ended by pid, watched through /proc."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
START_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0


class Broken(Exception):
    """A process under measurement did not do its part; the message carries the end of what it said."""


@dataclass(slots=True)
class Child:
    """A started process; its output goes to `log`."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """CPU seconds of the process so far, all threads, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND

    def rss_mb(self) -> float:
        """Resident memory in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024

    def loop_cpu_s(self) -> float:
        """CPU seconds of the main thread alone, to the nanosecond."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1e9

    def tell(self, sign: signal.Signals, word: str) -> str:
        """Send `sign` and return what the process says next after `word`. Raises Broken if it says nothing."""
        before = self._told(word)
        self.process.send_signal(sign)
        self.wait(lambda: len(self._told(word)) > len(before))
        return self._told(word)[-1]

    def answers(self, path: str, status: str = "") -> bool:
        """True if the hub answers 200, with that status in its body."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                wanted = f'"status":"{status}"' if status else ""
                return answer.status == 200 and wanted in answer.read().decode().replace(" ", "")
            except OSError:
                return False

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def _told(self, word: str) -> list[str]:
        lines = self.said().split("\n")[:-1]  # the last one may still be on its way
        return [line.partition(" ")[2] for line in lines if line.partition(" ")[0] == word]

    def wait(self, done: Callable[[], bool], *, within_s: float = START_WITHIN_S, every_s: float = 0.01) -> None:
        """Poll until `done`. Raises Broken if the process ends first or the time is over."""
        deadline = time.monotonic() + within_s
        while not done():
            if self.process.poll() is not None:
                raise Broken(f"{self.log.stem} ended with {self.process.returncode}:\n{self.said()[-2000:]}")
            if time.monotonic() > deadline:
                raise Broken(f"{self.log.stem} was not ready after {within_s:.0f} s:\n{self.said()[-2000:]}")
            time.sleep(every_s)


@contextmanager
def child(words: Sequence[str], log: Path, *, port: int = 0) -> Iterator[Child]:
    """`python words…` in a session of its own; stopped by SIGTERM, and by SIGKILL if that does not help."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield Child(process, log, port)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
