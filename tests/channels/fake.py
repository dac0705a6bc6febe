"""A channel without a wire: an adapter that does what a test tells it, and drafts for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from aiohttp import web
from msgspec.structs import replace

from channels import leases, outbox
from channels.contract import Accept, Address, Bucket, Capabilities, Health, Inbound, Kind, Outbound, Raw, Receipt
from channels.dispatcher import Dispatcher
from channels.leases import Leased
from channels.outbox import Draft
from kernel.unit import Store, Work

CHANNEL, ACCOUNT = "fake", "fake:1"
Send = Callable[[Outbound], Awaitable[Receipt]]
Started = Callable[..., Dispatcher]  # what the fixture of that name gives: starts one for an adapter


async def until(check: Callable[[], Awaitable[bool]] | Callable[[], bool], *, timeout_s: float = 10.0) -> None:
    """Wait for a condition, not for milliseconds."""
    async with asyncio.timeout(timeout_s):
        while True:
            answer = check()
            if answer is True or (not isinstance(answer, bool) and await answer):
                return
            await asyncio.sleep(0.005)


class FakeAdapter:
    """Sends into a list. `plan`: what the next sends do instead (raise, hang), one each."""

    def __init__(self, account: str = ACCOUNT, **capable: Any) -> None:
        self.name = CHANNEL
        self.account = account
        self.capabilities = replace(Capabilities("Fake", "fake"), **capable)
        self.health = Health(ready=True)
        self.staff_chat: Address | None = None
        self.budget: Sequence[Bucket] = ()
        self.plan: list[Send] = []
        self.sent: list[Outbound] = []

    async def send(self, outbound: Outbound) -> Receipt:
        if self.plan:
            return await self.plan.pop(0)(outbound)
        self.sent.append(outbound)
        return Receipt(f"x{len(self.sent)}")

    def buckets(self, outbound: Outbound) -> Sequence[Bucket]:
        return self.budget

    def parse(self, raw: Raw) -> Inbound:
        address = Address("fake", raw.address)
        return Inbound(Kind.MESSAGE, address, address, text=raw.body.decode(), external_id=raw.external_id)

    def routes(self, accept: Accept) -> Sequence[web.RouteDef]:
        return []

    async def start(self, accept: Accept) -> None: ...

    def load(self) -> None: ...

    async def connect(self) -> None: ...

    async def stop_receiving(self) -> None: ...

    async def stop(self) -> None: ...


def raising(error: Exception) -> Send:
    async def send(outbound: Outbound) -> Receipt:
        raise error

    return send


def hanging(until_set: asyncio.Event) -> Send:
    async def send(outbound: Outbound) -> Receipt:
        await until_set.wait()
        return Receipt("late")

    return send


def telling(told: list[Any]) -> Callable[[Work, Sequence[Any]], Awaitable[None]]:
    """A handler that keeps the events it is told of."""

    async def tell(work: Work, events: Sequence[Any]) -> None:
        told.extend(events)

    return tell


def draft(text: str = "Hello", to: str = "4711", **more: Any) -> Draft:
    """A draft of the fake channel; `hold_s` and whatever Draft takes."""
    hold = timedelta(seconds=more.pop("hold_s", 0))
    account = more.pop("account", ACCOUNT)
    return Draft(CHANNEL, account, Address("fake", to), more.pop("purpose", "reply"), text, hold=hold, **more)


async def queue(store: Store, *drafts: Draft) -> list[int]:
    async with store.unit() as work:
        return [int(one) for one in await outbox.enqueue(work, drafts)]


async def claim(store: Store, *, limit: int = 50, account: str = ACCOUNT) -> list[Leased]:
    async with store.unit() as work:
        return list((await leases.claim(work, CHANNEL, account, scheme="fake", limit=limit)).ready)


async def row(store: Store, message_id: int) -> dict[str, Any]:
    found = await store.reading().one("SELECT * FROM messages WHERE id = ?", message_id)
    assert found is not None
    return found


async def states(store: Store) -> list[str]:
    found = await store.reading().fetch("SELECT state FROM messages WHERE direction = 'out' ORDER BY id")
    return [one["state"] for one in found]


async def attempts(store: Store, message_id: int) -> list[tuple[int, str]]:
    found = await store.reading().fetch(
        "SELECT number, outcome FROM attempts WHERE message_id = ? ORDER BY number", message_id
    )
    return [(one["number"], one["outcome"]) for one in found]


def reached(store: Store, *expected: str) -> Callable[[], Awaitable[bool]]:
    """Whether the messages that go out are in these states, for `until`."""

    async def check() -> bool:
        return await states(store) == list(expected)

    return check
