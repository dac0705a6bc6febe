"""A real Chromium for stories: one a module, a fresh profile a test, and whatever it complains of fails the test."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@asynccontextmanager
async def tab(browser: Browser, *, expected: str = r"$^", **profile: Any) -> AsyncIterator[Page]:
    """A page in a profile of its own. `expected`: complaints (script, file, policy) that are part of the play."""
    complaints: list[str] = []
    async with await browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **profile}) as own:
        opened = await own.new_page()
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        yield opened
    unexpected = [line for line in complaints if not re.search(expected, line)]
    assert unexpected == [], unexpected
