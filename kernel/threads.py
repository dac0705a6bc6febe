"""Work that blocks for seconds, in a thread of its own that gives way when the process ends."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from weakref import WeakSet

GRACE_S = 3.0  # of the five within which a stop is over


class Left(BaseException):
    """Nobody waits any more for what this thread does. No Exception: a library that imports must not catch it."""


class _Thread(threading.Thread):
    is_left = False


async def run(act: Callable[[], None], *, name: str) -> None:
    """Run `act` in a thread; who is cancelled meanwhile does not wait for it. Raises what `act` raises.

    The thread is a daemon, so that no import of a minute outlasts a stop. But a thread that the interpreter kills
    in the middle of compiled code takes the process with it (CPython issue 87135, until 3.14): therefore the process
    waits at its end, `GRACE_S` at most, and an import that is `leavable` ends at its next module.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def within() -> None:
        error: BaseException | None = None
        try:
            act()
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(_finish, done, error)

    thread = _Thread(target=within, name=name, daemon=True)
    _running.add(thread)
    thread.start()
    try:
        await done
    finally:
        thread.is_left = True


@contextlib.contextmanager
def leavable() -> Iterator[None]:
    """Every import within raises Left once nobody waits for this thread any more."""
    finder = _Leaving()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Leaving(MetaPathFinder):
    """Finds nothing; it is asked before every import."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        thread = threading.current_thread()
        if isinstance(thread, _Thread) and thread.is_left:
            raise Left(name)


def _finish(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


_running: WeakSet[_Thread] = WeakSet()


@atexit.register
def _wait() -> None:
    until = time.monotonic() + GRACE_S
    for thread in list(_running):
        thread.join(max(0.0, until - time.monotonic()))
