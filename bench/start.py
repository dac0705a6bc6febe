"""Starting the hub: CPU until it answers, the loop's largest gap while Telegram loads, memory; and the help texts."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.children import Broken, child
from bench.figures import Figure
from bench.ground import Ground, far_side, ground, stand
from tests.support.ports import free_port

ROUNDS = 3
TOKEN = "123456789:bench-token"  # noqa: S105 - the simulator's
LOAD_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class _Start:
    """One start: CPU seconds until /healthz answered, and memory in MB once every channel is ready."""

    cpu_s: float
    rss_mb: float


def measure() -> list[Figure]:
    with ground() as found:
        found.furnish(port=free_port())
        bare = [_start(found) for _ in range(ROUNDS)]
    with ground() as found, far_side(found, "telegram", TOKEN) as far:
        found.furnish(port=free_port(), more=f'[channels.telegram]\ntoken = "{TOKEN}"\napi_url = "{far.url}"\n')
        loaded = [_start(found) for _ in range(ROUNDS)]
        gap_ms = median(_gap_s(found) for _ in range(ROUNDS)) * 1e3
    return [
        Figure("start", "CPU until /healthz, no channel", median(one.cpu_s for one in bare), "s", 1.0, at_most=True),
        Figure("start", "CPU until /healthz, Telegram", median(one.cpu_s for one in loaded), "s", 1.0, at_most=True),
        Figure("start", "largest loop gap while Telegram loads", gap_ms, "ms", 30, at_most=True),
        Figure("start", "memory, no channel", median(one.rss_mb for one in bare), "MB", 80, at_most=True),
        Figure("start", "memory, Telegram", median(one.rss_mb for one in loaded), "MB", 210, at_most=True),
    ]


def helps() -> list[Figure]:
    """What a person waits for when he asks the command line for help."""
    asked = {"centrala --help": ["--help"], "centrala tickets --help": ["tickets", "--help"]}
    return [
        Figure("help", f"CPU of {name}", median(_help_s(words) for _ in range(ROUNDS)), "s", 0.25, at_most=True)
        for name, words in asked.items()
    ]


def _start(found: Ground) -> _Start:
    """`centrala run` itself, from exec to its first answer, and on until its channels are ready."""
    port = int(re.findall(r"^port = (\d+)$", found.config.read_text(), re.MULTILINE)[0])
    words = ["-m", "hub", "run", "--config", str(found.config)]
    with child(words, found.folder / "hub.log", port=port) as hub:
        hub.wait(lambda: hub.answers("/healthz"), every_s=0.005)
        cpu_s = hub.cpu_s()
        hub.wait(lambda: hub.answers("/readyz", "ok"), within_s=LOAD_WITHIN_S, every_s=0.1)
        return _Start(cpu_s, hub.rss_mb())


def _gap_s(found: Ground) -> float:
    with stand(found, "--watched") as hub:
        hub.wait(lambda: "gap " in hub.said(), within_s=LOAD_WITHIN_S, every_s=0.1)
        gap = re.search(r"^gap ([\d.e-]+)$", hub.said(), re.MULTILINE)
        if gap is None:
            raise Broken(hub.said()[-2000:])
        return float(gap.group(1))


def _help_s(words: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "hub", *words], stdout=subprocess.DEVNULL, check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
