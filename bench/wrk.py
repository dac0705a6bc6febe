"""Drives wrk, the HTTP load generator, with posts from a file, and reads what it says."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.children import Broken, Child

SCRIPT = Path(__file__).parent / "wrk.lua"


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of wrk measured. `cpu_us`: the server's CPU a request."""

    requests: int
    sent: int
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


def load(server: Child, posts: Path, *, connections: int, seconds: float) -> Run:
    """Post for `seconds` over `connections`. Raises Broken if any answer was not a success."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise Broken("wrk is not installed: scripts/system-packages wrk")
    before = server.cpu_s()
    words = [wrk, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(SCRIPT)]
    done = subprocess.run(
        [*words, server.url, "--", str(posts)], capture_output=True, text=True, check=False, timeout=seconds + 60
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("figures ")), None)
    if line is None:
        raise Broken(f"wrk said nothing of use:\n{done.stdout}{done.stderr}")
    requests, duration_us, errors, p50_us, p99_us, sent = (int(word) for word in line.split()[1:])
    if errors or not requests:
        raise Broken(f"{errors} of {requests} posts were not taken:\n{server.said()[-1000:]}")
    cpu_us = (server.cpu_s() - before) / requests * 1e6
    return Run(requests, sent, requests / duration_us * 1e6, p50_us / 1000, p99_us / 1000, cpu_us)
