"""The demo's data folder: that it is the demo's, that one demo at a time plays in it, and emptying it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from msgspec import Struct

from kernel.errors import Conflict

MARK = "this-is-a-centrala-demo"
LOCK = "in-use"
FOREIGN, IN_USE = "foreign", "in-use"  # codes of the refusals
_MARKED = "Made by `centrala demo`. Live channels are never connected to this data.\n"


class Folder(Struct, frozen=True):
    """A data folder that is ours alone while it is held."""

    path: Path
    _lock: TextIOWrapper

    def name(self, address: str) -> None:
        """Write down where this demo is to be found, for the one that is refused."""
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(f"{os.getpid()} {address}\n")
        self._lock.flush()

    def empty(self) -> None:
        """Start over: everything goes but the mark and the lock."""
        for one in self.path.iterdir():
            if one.name in (MARK, LOCK):
                continue
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            else:
                one.unlink()


@contextmanager
def held(path: Path) -> Iterator[Folder]:
    """Make the folder if it is not there and hold it until the block ends; nothing in it is touched.

    Raises Conflict (FOREIGN: something else lies or stands there; IN_USE: a demo runs on it) and OSError. The lock
    is the kernel's: it ends with its process, however that ends.
    """
    if path.exists() and not path.is_dir():
        raise Conflict(f"{path} is a file, not a folder", code=FOREIGN)
    if path.exists() and any(path.iterdir()) and not (path / MARK).exists():
        raise Conflict(f"{path} holds something that is not the demo's", code=FOREIGN)
    path.mkdir(parents=True, exist_ok=True)
    (path / MARK).write_text(_MARKED)
    with (path / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise Conflict(f"a demo runs already on this data ({path}): {_who(lock.read())}", code=IN_USE) from error
        yield Folder(path, lock)


def _who(noted: str) -> str:
    """`PID ADDRESS` as a reader wants it; the other demo may not have come far enough to note it."""
    process, _, address = noted.strip().partition(" ")
    return f"{address} (process {process})" if address else "it is just starting"
