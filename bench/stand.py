"""The real hub on a stand: intake may be paused, and a heartbeat may watch its loop. Run as `-m bench.stand CONFIG`.

--paused: takes in and handles nothing. --watched: says the largest gap until all channels are ready. --beating: says
at SIGUSR1 the largest gap since the one before.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from pathlib import Path

from bench import serving
from hub import settings
from hub.app import App
from kernel import log, loops

BEAT_S = 0.001


async def serve(config: Path, *, paused: bool, watched: bool, beating: bool) -> None:
    stop = serving.stopped()
    hub = App(settings.load(config))
    hub.fork.is_paused = paused
    gc.collect()
    await hub.start()
    gc.freeze()  # as `centrala run` does: what start made is not walked again
    gc.enable()
    serving.tell(f"port {hub.port}")
    if watched:
        gap_s = await _largest_gap(hub)
        serving.tell(f"gap {gap_s}")
    if beating:
        heart = Heart()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heart.tell)
        loops.spawn(heart.beat(), name="heart")
    await stop.wait()
    await hub.stop()


class Heart:
    """Beats once a millisecond and remembers the longest time beyond it that the loop did not turn."""

    def __init__(self) -> None:
        self._largest_s = 0.0

    async def beat(self) -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(BEAT_S)
            now = time.perf_counter()
            self._largest_s, before = max(self._largest_s, now - before - BEAT_S), now

    def tell(self) -> None:
        serving.tell(f"gap {self._largest_s}")
        self._largest_s = 0.0


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
    gc.disable()  # until the hub has started, as `centrala run` does
    log.setup()
    paused, watched, beating = (option in words for option in ("--paused", "--watched", "--beating"))
    serving.run(lambda: serve(Path(words[0]), paused=paused, watched=watched, beating=beating))


if __name__ == "__main__":
    main()
