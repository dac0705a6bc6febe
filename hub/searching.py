"""The loop that keeps the search index behind the changes, and builds it where it has never been."""

from __future__ import annotations

from hub.behind import Behind, Kept, Progress
from kernel import log
from kernel.unit import Store
from tickets.search import index, rebuild

_log = log.get(__name__)
LOOK_S = 0.5  # a change can be found within a second
SHARE = 4  # live work comes first


class Searching(Behind):
    """The index of the search."""

    def __init__(self, store: Store) -> None:
        kept = Kept("search_waiting", index.catch_up, rebuild.progress, rebuild.step, _built, LOOK_S, SHARE)
        super().__init__(store, kept)


def _built(now: Progress) -> None:
    _log.info("search.built", rows=now.done)
