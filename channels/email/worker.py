"""Understanding mail that is large or suspicious in a process of its own, which is killed when it takes too long."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from channels.email import child, content
from channels.email.content import Content
from kernel.children import Child, Gone

DEADLINE_S = 2.0
START_S = 20.0  # a child that is not ready by then will never be
LIGHT = 64 * 1024  # bytes up to which a mail is understood in the hub itself
# What a mail may have of the things that cost: up to there 10 to 30 ms on a slow core, however they are put together.
_SEPARATORS = 100  # lines beginning with two dashes, each of them perhaps a part
_LINES = 1_000  # each perhaps the start of a header, or of a quote
_TAGS = 1_500
_SEPARATOR = re.compile(rb"[\r\n]--")
_ROOT = Path(__file__).parent.parent.parent
# The package's own front door would bring in the receivers; the child has no use for them.
_START = """
import sys, types
sys.path.insert(0, sys.argv[1])
for name in ("channels", "channels.email"):
    package = sys.modules[name] = types.ModuleType(name)
    package.__path__ = [sys.argv[1] + "/" + name.replace(".", "/")]
    parent, _, last = name.rpartition(".")
    if parent: setattr(sys.modules[parent], last, package)
from channels.email import child
child.serve(int(sys.argv[2]))
"""


def is_light(mime: bytes) -> bool:
    """True for what may be understood here and now: small, and without the marks of a mail made to be slow."""
    if len(mime) > LIGHT or mime.count(b"<") > _TAGS or max(mime.count(b"\n"), mime.count(b"\r")) > _LINES:
        return False
    return sum(1 for _ in _SEPARATOR.finditer(mime)) <= _SEPARATORS


class Worker:
    """One child and a warm spare. Safe to call from several threads; one mail is understood at a time."""

    def __init__(self, deadline_s: float = DEADLINE_S, memory: int = child.MEMORY) -> None:
        self._deadline_s = deadline_s
        self._memory = memory
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._spare: Child | None = None

    def understand(self, mime: bytes) -> Content:
        """What is below the headers. Blocks for at most the deadline (2 s); raises nothing but OSError if no process
        can be started. After a deadline or a crash only `unreadable` is set.
        """
        if is_light(mime):
            try:
                return content.understand(mime)
            except content.SLIPS as error:
                return Content(unreadable=f"the text could not be read ({type(error).__name__})")
        with self._lock:
            return self._in_child(mime)

    def warm(self) -> None:
        """Start the child and its spare before they are needed."""
        with self._lock:
            self._child = self._child or self._new()
            self._spare = self._spare or self._new()

    def stop(self) -> None:
        with self._lock:
            for one in (self._child, self._spare):
                if one is not None:
                    one.kill()
            self._child = self._spare = None

    def _in_child(self, mime: bytes) -> Content:
        if self._child is None or not self._child.is_alive():
            self._replace()
        assert self._child is not None
        try:
            self._child.wait_ready(START_S)
            return child.unpacked(self._child.ask(mime, self._deadline_s))
        except TimeoutError:
            self._replace()
            return Content(unreadable=f"not understood within {self._deadline_s:g} s")
        except (Gone, ValueError, TypeError, KeyError):
            self._replace()
            return Content(unreadable="the process that read it stopped")

    def _replace(self) -> None:
        """The spare takes over, and a new spare begins to warm up."""
        if self._child is not None:
            self._child.kill()
        self._child = self._spare if self._spare is not None and self._spare.is_alive() else self._new()
        self._spare = self._new()

    def _new(self) -> Child:
        return Child(_START, (str(_ROOT), str(self._memory)))
