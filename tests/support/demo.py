"""The demo as a process of its own, as `make demo` starts it, for robots that look at its page."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 30.0
BROWSER = "/usr/bin/chromium"
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def running(data: Path) -> Iterator[str]:
    """Start the demo with its data in `data`; yields the page's address; stops it with SIGTERM."""
    out = data.parent / "demo.out"
    words = [sys.executable, "-m", "hub", "demo", "--no-browser", "--port", "0", "--data", str(data)]
    with out.open("wb") as sink:
        process = subprocess.Popen(
            words, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, "TZ": "UTC"}
        )
    try:
        yield _address(process, out)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert code == 0, out.read_text()


def _address(process: subprocess.Popen[bytes], out: Path) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+/sandbox", out.read_text())
        if found:
            return found.group(0)
        time.sleep(0.05)
    raise AssertionError(f"the demo did not come up: {out.read_text()}")
