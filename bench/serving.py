"""What the servers under comparison share: the same event loop, a printed port, an end by SIGTERM."""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any


def run(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `serve` on uvloop where it is installed, as the hub itself does, else on asyncio's own loop."""
    try:
        factory = importlib.import_module("uvloop").new_event_loop
    except ImportError:
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve())


def stopped() -> asyncio.Event:
    """An event that SIGTERM sets."""
    event = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, event.set)
    return event


def end_cleanly() -> None:
    """SIGTERM ends this process as an error does: what it has started is stopped too."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))


def tell(line: str) -> None:
    """A line for the process that started this one."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
