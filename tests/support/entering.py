"""A colleague's browser without a screen: signed in to the hub's pages, for what is asked at the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp

from console import session
from tests.support.stage import Stage


@asynccontextmanager
async def entered(stage: Stage, name: str = "Anna") -> AsyncIterator[aiohttp.ClientSession]:
    """Requests by path only, as `name`."""
    async with stage.app.store.unit() as work:
        who = await work.one("SELECT id FROM staff WHERE name = ?", name)
        token = await session.open_one(work, who["id"] if who else 0, agent="", now=datetime.now(UTC))
    base = f"http://127.0.0.1:{stage.app.port}"
    async with aiohttp.ClientSession(base, cookies={"centrala": token}) as browser:
        yield browser
