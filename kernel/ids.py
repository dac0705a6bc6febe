"""Ids: 64-bit, time-ordered integers that any process can make without asking the database."""

from __future__ import annotations

import secrets
import threading
import time

EPOCH_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z; 41 bits of milliseconds last until 2094
PROCESS_BITS = 10
COUNTER_BITS = 12
_COUNTER_MASK = (1 << COUNTER_BITS) - 1


class Mint:
    """Makes ids of 41 bits of milliseconds, 10 bits of process and 12 bits of counter (Twitter's Snowflake layout).

    Ids of one mint rise strictly, also when the wall clock is set back: the mint then stays on its last millisecond
    and counts on. Safe to call from threads.
    """

    def __init__(self, process: int | None = None) -> None:
        """`process`: 0 to 1023; drawn by chance when absent, as two processes may write one store."""
        self._process = secrets.randbelow(1 << PROCESS_BITS) if process is None else process
        self._last_ms = 0
        self._counter = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            now_ms = time.time_ns() // 1_000_000 - EPOCH_MS
            if now_ms > self._last_ms:
                self._last_ms, self._counter = now_ms, 0
            else:
                self._counter += 1
                if self._counter > _COUNTER_MASK:  # 4,096 ids within a millisecond: borrow the next one
                    self._last_ms, self._counter = self._last_ms + 1, 0
            return (self._last_ms << (PROCESS_BITS + COUNTER_BITS)) | (self._process << COUNTER_BITS) | self._counter


def first_of(at_s: float) -> int:
    """The smallest id of that moment (seconds of the wall clock): what is older lies below it."""
    return max(0, int(at_s * 1000) - EPOCH_MS) << (PROCESS_BITS + COUNTER_BITS)


# The one piece of module state: uniqueness is a property of the process, not of an object handed around.
new = Mint()
