"""Claiming and settling outbox rows, no network: how many a second each engine takes, each in its own process."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.children import Broken, child
from bench.figures import Figure

GOALS = {"sqlite": 15_000, "postgres": 6_000}


def measure() -> list[Figure]:
    return [
        Figure("outbox", f"claim and settle, {engine}", _rate(engine), "rows/s", goal) for engine, goal in GOALS.items()
    ]


def _rate(engine: str) -> float:
    with (
        TemporaryDirectory(prefix="centrala-bench-") as folder,
        child(["-m", "bench.settling", engine], Path(folder) / f"settling-{engine}.log") as started,
    ):
        started.process.wait()
        said = [line for line in started.said().splitlines() if line.startswith("rate ")]
        if not said:
            raise Broken(started.said()[-2000:])
        return float(said[-1].split()[1])
