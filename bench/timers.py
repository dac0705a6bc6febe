"""Due times: how late one is among a million that wait, and how soon 20,000 are fired that came due in a stop.

So it is with clocks that begin an alert, and with steps of chains that are under way.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.children import Broken, child
from bench.figures import Figure, tell

OPEN = 1_000_000
OVERDUE = 20_000
LATENESS_GOAL_MS = 50
FIRED_GOAL_S = {"sqlite": 2, "postgres": 6}
IDLE_GOAL = 0.1


def measure() -> list[Figure]:
    return [figure for engine in FIRED_GOAL_S for figure in _figures(engine)]


def _figures(engine: str) -> list[Figure]:
    late_ms, fired_s, climbed_s, idle = _measured(engine)
    return [
        Figure("timers", f"p99 lateness, {OPEN:,} wait, {engine}", late_ms, "ms", LATENESS_GOAL_MS, at_most=True),
        Figure("timers", f"{OVERDUE:,} overdue fired, {engine}", fired_s, "s", FIRED_GOAL_S[engine], at_most=True),
        Figure(
            "timers", f"{OVERDUE:,} overdue steps run, {engine}", climbed_s, "s", FIRED_GOAL_S[engine], at_most=True
        ),
        Figure("timers", f"idle, {engine}", idle, "% CPU", IDLE_GOAL, at_most=True),
    ]


def _measured(engine: str) -> list[float]:
    tell(f"timers on {engine}: {OPEN:,} clocks are made first")
    with (
        TemporaryDirectory(prefix="centrala-bench-") as folder,
        child(["-m", "bench.timing", engine, str(OPEN), str(OVERDUE)], Path(folder) / "timing.log") as started,
    ):
        started.process.wait()
        said = [line for line in started.said().splitlines() if line.startswith("figures ")]
        if not said:
            raise Broken(started.said()[-2000:])
        return [float(word) for word in said[-1].split()[1:]]
