"""The console with a browser before it that speaks HTTP only: for tests of pages that need no hub and no Chromium."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from bot.commands import registry
from bot.entrance import Entrance
from bot.house import House
from channels.lines import Lines
from console import app as console
from console import links
from console.live import Live
from console.office import Office
from crmcore import staff
from crmcore.access import Role
from hub import office, settings
from hub.settings import Web
from kernel.unit import Store
from routing.desk import Desk

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(slots=True)
class Visitor:
    """One browser, and everybody who may sit before it."""

    store: Store
    office: Office
    app: web.Application
    client: TestClient[web.Request, web.Application]
    staff: dict[str, int] = field(default_factory=dict)

    async def hire(self, *roles: Role) -> None:
        """A colleague a rank, called as it is."""
        async with self.store.unit() as work:
            for role in roles:
                self.staff[role.value] = int(await staff.add(work, role.value.capitalize(), role, []))

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        answer = await self.client.get(path, allow_redirects=False, headers=headers)
        return answer.status, answer.headers.get("Location") or await answer.text()

    async def post(self, path: str, *, shown: str = "", **sent: Any) -> tuple[int, str]:
        """Send the form of the page `shown`, or of the path itself."""
        csrf = CSRF.findall((await self.get(shown or path))[1])
        data = {**sent, "csrf": csrf[0] if csrf else ""}
        answer = await self.client.post(path, data=data, allow_redirects=False)
        return answer.status, answer.headers.get("Location") or await answer.text()

    async def enter(self, name: str) -> None:
        """Sign in as a colleague of `staff`; whoever sat here before is out."""
        self.client.session.cookie_jar.clear()
        async with self.store.unit() as work:
            path = await links.issue(work, self.staff[name], now=self.office.now())
        assert await self.post(path) == (303, "/")


@asynccontextmanager
async def visiting(store: Store, folder: Path, values: dict[str, Any], **more: Any) -> AsyncIterator[Visitor]:
    """The pages on `store`, with a desk as `values` of a settings file say. `more`: other parts of the office."""
    found = settings.check(values, base=folder)
    desk, app = Desk(found.queues, found.rules, calendars=found.calendars), web.Application()
    entrance = Entrance(House(Lines(), desk), registry())
    made = replace(office.furnish(store, entrance, Live(store, desk), Web()), **more)
    console.mount(app, made)
    async with TestClient(TestServer(app), cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Visitor(store, made, app, client)
