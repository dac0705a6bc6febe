"""The real hub on a stand: intake may be paused, and a heartbeat may watch its loop. Run as `-m bench.stand CONFIG`."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from pathlib import Path

from bench import serving
from hub import settings
from hub.app import App
from kernel import log

BEAT_S = 0.001


async def serve(config: Path, *, paused: bool, watched: bool) -> None:
    stop = serving.stopped()
    hub = App(settings.load(config))
    hub.fork.is_paused = paused
    await hub.start()
    serving.tell(f"port {hub.port}")
    if watched:
        gap_s = await _largest_gap(hub)
        serving.tell(f"gap {gap_s}")
    gc.freeze()
    await stop.wait()
    await hub.stop()


async def _largest_gap(hub: App) -> float:
    """The longest time the loop did not turn until every channel was ready, beyond the beat itself."""
    largest_s, before = 0.0, time.perf_counter()
    while not all(adapter.health.ready for adapter in hub.adapters):
        await asyncio.sleep(BEAT_S)
        now = time.perf_counter()
        largest_s, before = max(largest_s, now - before - BEAT_S), now
    return largest_s


def main() -> None:
    words = sys.argv[1:]
    log.setup()
    serving.run(lambda: serve(Path(words[0]), paused="--paused" in words, watched="--watched" in words))


if __name__ == "__main__":
    main()
