"""A simulated Twilio, an adapter that talks to it, and the adapter's routes in a server of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from channels.contract import Accepted, Address, MessageId, Operation, Outbound, Raw, RawId
from channels.sms import Settings, Sms, build
from channels.sms.simulator import TwilioApi
from kernel import errors

TOKEN = "0123456789abcdef0123456789abcdef"
SENDER = "+48732000111"
ESZTER = "+36301234567"
PATIENCE_S = 15.0


@dataclass
class Store:
    """What stands for the acceptor: keeps each external id once."""

    raws: list[Raw] = field(default_factory=list)
    trouble: Exception | None = None
    asked: int = 0

    async def accept(self, raw: Raw) -> Accepted:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        known = [one for one in self.raws if one.external_id == raw.external_id]
        if not known:
            self.raws.append(raw)
        return Accepted(RawId(len(self.raws)), not known)

    def be_away(self) -> None:
        self.trouble = errors.TryLater()


@dataclass
class Desk:
    """One adapter, its store and the address its routes are found at."""

    adapter: Sms
    store: Store
    url: str


@pytest.fixture
async def api() -> AsyncIterator[TwilioApi]:
    simulated = TwilioApi(TOKEN, retry_delay_s=0.01)
    await simulated.start()
    yield simulated
    await simulated.stop()


def configured(api: TwilioApi, **more: Any) -> Settings:
    values = {"account_sid": api.world.account_sid, "auth_token": TOKEN, "sender": SENDER, "api_url": api.url, **more}
    return Settings.model_validate(values)


@pytest.fixture
async def opened(api: TwilioApi) -> AsyncIterator[Callable[..., Any]]:
    """Makes adapters that are loaded and connected, with their routes mounted; all are stopped at the end."""
    ends: list[Callable[[], Any]] = []

    async def make(**more: Any) -> Desk:
        store = Store()
        server = web.Application()
        holder: dict[str, Any] = {}

        async def late(request: web.Request) -> web.StreamResponse:
            """The adapter is built when its public address is known, which is when the server listens."""
            for route in holder["adapter"].routes(store.accept):
                if route.path == request.path and route.method == request.method:
                    found: web.StreamResponse = await route.handler(request)
                    return found
            raise web.HTTPNotFound

        server.router.add_route("*", "/{rest:.*}", late)
        runner = web.AppRunner(server, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        adapter = build(configured(api, **more), public_url="" if more.get("receive") == "poll" else url)
        holder["adapter"] = adapter
        adapter.load()
        await adapter.connect()
        ends.extend([runner.cleanup, adapter.stop, adapter.stop_receiving])
        return Desk(adapter, store, url)

    yield make
    for end in reversed(ends):
        await end()


async def until(holds: Callable[[], Any]) -> None:
    """Wait for a condition; fails after 15 s."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        if holds():
            return
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s"
        await asyncio.sleep(0.01)


async def quiet(api: TwilioApi) -> None:
    """Wait until Twilio has nothing more to post."""
    await until(lambda: not api.world.outgoing.pending)


def outbound(text: str = "Jövök", to: str = ESZTER, *, id: int = 77) -> Outbound:
    return Outbound(MessageId(id), 1, Operation.SEND, Address("", to), text)
