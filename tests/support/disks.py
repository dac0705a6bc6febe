"""A disk without room: no file of this process may grow beyond a size, and the kernel refuses what does."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_room(*, beyond_bytes: int) -> Iterator[None]:
    """Writes beyond that size of a file fail meanwhile, as on a full disk, and as much as fits is written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (beyond_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
