"""Fixtures of the channels' own part: dispatchers that run."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from channels.dispatcher import Dispatcher
from kernel.unit import Store
from tests.channels.fake import FakeAdapter, Started


@pytest.fixture
async def started(store: Store) -> AsyncIterator[Started]:
    """Starts dispatchers that the units poke, and stops them."""
    running: list[Dispatcher] = []

    def poke(loop: str) -> None:
        for dispatcher in running:
            dispatcher.poke()

    def start(adapter: FakeAdapter, over: Store | None = None) -> Dispatcher:
        running.append(Dispatcher(over or store, adapter))
        running[-1].start()
        return running[-1]

    store.poke = poke
    yield start
    for dispatcher in running:
        await dispatcher.stop()
