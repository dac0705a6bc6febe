"""The demo as a process of its own, as `make demo` starts it, for robots that look at its page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import commands

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
def running(data: Path, *, words: tuple[str, ...] = (), **environment: str) -> Iterator[str]:
    """Start the demo with its data in `data`; yields the page's address; stops it with SIGTERM."""
    out = data.parent / f"{data.name}.out"
    given = ("demo", "--no-browser", "--port", "0", "--data", str(data), *words)
    process = commands.start(*given, folder=commands.ROOT, environment=_environment(environment), out=out)
    try:
        yield _address(process, out)
    finally:
        process.terminate()
        try:
            code = process.wait(10)
        except TimeoutError:
            process.kill()
            raise
        assert code == 0, out.read_text()


def refused(*words: str, **environment: str) -> tuple[int, str]:
    """Start a demo that must not come up, by a Python of its own; its exit code and all it said."""
    command = [sys.executable, "-m", "hub", "demo", "--no-browser", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=_environment(environment)
    )
    return done.returncode, done.stdout + done.stderr


def picture(address: str) -> dict[str, Any]:
    """What the page shows, as the page reads it."""
    with urllib.request.urlopen(f"{address}/picture", timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def order(address: str, what: str, **body: Any) -> None:
    """What the page posts when somebody uses it."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/{what}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 204


def bubbles(address: str, device: str, count: int = 1) -> list[dict[str, Any]]:
    """The messages on a device, once there are so many."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = next(one for one in picture(address)["devices"] if one["id"] == device)["bubbles"]
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"fewer than {count} came to {device}")


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "TZ": "UTC", **more}


def _address(process: commands.Running, out: Path) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+/sandbox", out.read_text())
        if found:
            return found.group(0)
        time.sleep(0.05)
    raise AssertionError(f"the demo did not come up: {out.read_text()}")
