"""The loop that keeps the search index behind the changes, and builds it where it has never been."""

from __future__ import annotations

from hub.behind import Behind, Kept, Progress
from kernel import log
from kernel.unit import Store
from tickets.search import index, rebuild, stretches

_log = log.get(__name__)
LOOK_S = 0.5  # a change can be found within a second
SHARE = 4  # live work comes first


class Searching(Behind):
    """The index of the search."""

    def __init__(self, store: Store) -> None:
        steps = (index.catch_up, rebuild.progress, rebuild.step, _built)
        kept = Kept("search_waiting", *steps, LOOK_S, SHARE, tidy=stretches.step)
        super().__init__(store, kept)


def _built(now: Progress) -> None:
    _log.info("search.built", rows=now.done)
