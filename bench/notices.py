"""Telling ten thousand people of an outage: how soon it is counted and queued, and what live posts feel of it."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from bench.children import Broken, child
from bench.figures import Figure, tell
from bench.knocking import p99

ENGINES = ("sqlite", "postgres")
COUNTED_GOAL_S, QUEUED_GOAL_S, SLOWER_GOAL = 1, 3, 2
ROUNDS = 4  # one queues its notices within 75 posts: too few to say what the slowest of a hundred takes


def measure() -> list[Figure]:
    return [figure for engine in ENGINES for figure in _figures(engine)]


def _figures(engine: str) -> list[Figure]:
    found = [_measured(engine) for _ in range(ROUNDS)]
    idle_ms, busy_ms = (p99([took for one in found for took in one[name]]) for name in ("idle_ms", "busy_ms"))
    counted_s, queued_s = (median(one[name] for one in found) for name in ("counted_s", "queued_s"))
    note = f"{busy_ms:.1f} and {idle_ms:.1f} ms"
    slower = busy_ms / idle_ms
    return [
        Figure("notices", f"preview for 10,000, {engine}", counted_s, "s", COUNTED_GOAL_S, at_most=True),
        Figure("notices", f"10,000 queued, {engine}", queued_s, "s", QUEUED_GOAL_S, at_most=True),
        Figure("notices", f"p99 of posts / idle p99, {engine}", slower, "x", SLOWER_GOAL, at_most=True, note=note),
    ]


def _measured(engine: str) -> dict[str, Any]:
    tell(f"notices on {engine}: 10,000 people subscribe first")
    with (
        TemporaryDirectory(prefix="centrala-bench-") as folder,
        child(["-m", "bench.noticing", engine], Path(folder) / f"noticing-{engine}.log") as started,
    ):
        started.process.wait()
        said = [line for line in started.said().splitlines() if line.startswith("figures ")]
        if not said:
            raise Broken(started.said()[-2000:])
        found: dict[str, Any] = orjson.loads(said[-1].partition(" ")[2])
        return found
