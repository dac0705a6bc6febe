"""Asking Telegram for updates: stored before the offset moves, and nothing holds up what comes after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from channels.contract import Accepted, Health, Raw, RawId
from channels.telegram.poll import Poller
from channels.telegram.simulator import BotApi
from kernel import errors, loops

TOKEN = "123456789:AAtest-token-of-a-bot"


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    simulated = BotApi(TOKEN, bot_id=123456789)
    await simulated.start()
    yield simulated
    await simulated.stop()


class Store:
    """Takes what comes; refuses texts that say so."""

    def __init__(self, refusal: errors.CentralaError) -> None:
        self.refusal: errors.CentralaError | None = refusal
        self.taken: list[Raw] = []
        self.more = asyncio.Event()

    async def accept(self, raw: Raw) -> Accepted:
        if self.refusal and b"refuse me" in raw.body:
            raise self.refusal
        self.taken.append(raw)
        self.more.set()
        return Accepted(RawId(len(self.taken)), True)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len({raw.external_id for raw in self.taken}) < count:
                await self.more.wait()
                self.more.clear()


def polled(api: BotApi, store: Store) -> asyncio.Task[None]:
    poller = Poller(f"{api.url}/bot{TOKEN}", bot_id="123456789", health=Health())
    return loops.spawn(poller.run(store.accept), name="poll")


async def test_an_update_that_no_store_can_take_holds_up_nobody(api: BotApi) -> None:
    """M-5: told in the log, passed over, and the offset moves on."""
    eszter = api.world.person(4711, "Eszter")
    chat = api.world.private(eszter)
    store = Store(errors.Invalid("this message cannot be stored"))
    for text in ("first", "refuse me", "last"):
        api.world.say(eszter, chat, text)
    task = polled(api, store)
    await store.until(2)
    api.world.say(eszter, chat, "after")
    await store.until(3)
    await loops.cancel(task)
    assert [b"refuse me" in raw.body for raw in store.taken] == [False, False, False]


async def test_a_store_that_is_away_gets_every_update_again(api: BotApi) -> None:
    """R11: the offset does not move before all of a batch is stored."""
    eszter = api.world.person(4711, "Eszter")
    chat = api.world.private(eszter)
    store = Store(errors.TryLater())
    for text in ("first", "refuse me"):
        api.world.say(eszter, chat, text)
    task = polled(api, store)
    await store.until(1)
    store.refusal = None
    await store.until(2)
    await loops.cancel(task)
    taken = list(dict.fromkeys(raw.external_id for raw in store.taken))
    assert len(taken) == 2 and b"first" in store.taken[0].body and b"refuse me" in store.taken[-1].body
