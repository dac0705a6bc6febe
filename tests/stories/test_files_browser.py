"""Files on the agent's page in a real browser: small pictures come by themselves, and one opens as it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.stories import test_email as mails
from tests.stories.test_console import address, shot, sign_in
from tests.stories.test_files import with_files
from tests.support import browser as browsers
from tests.support import pictures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.CHROMIUM, reason="needs a Chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browsers.launched() as launched:
        yield launched


async def test_a_picture_shows_itself_while_the_page_is_open(
    database_url: str, tmp_path: Path, browser: Browser
) -> None:
    """4.5: nobody loads the page again; the file that is saved is the one that was sent."""
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter), browsers.tab(browser) as tab:
        first = await eszter.write(mails.ADDRESS, "Receipt", "I paid.")
        await mails.come(stage, server, eszter.address, 1)
        await sign_in(stage, tab)
        await tab.goto(address(stage, "/tickets/T1"))
        sent = with_files(
            eszter,
            ("bon.png", "image/png", pictures.png()),
            ("számla.pdf", "application/pdf", pictures.PDF),
            ("bomb.png", "image/png", pictures.bomb()),
        )
        sent["In-Reply-To"] = first  # what nobody vouches for joins an open ticket by what it answers
        await eszter.post(sent, mails.ADDRESS)
        small = tab.locator("#thread .file img")
        await expect(small).to_have_count(1)
        assert await small.evaluate("async image => { await image.decode(); return image.naturalWidth }") == 320
        await expect(tab.locator("#thread .file .name")).to_have_text(["bon.png", "számla.pdf", "bomb.png"])
        await shot(tab, "files")
        async with tab.expect_download() as waiting:
            await tab.get_by_role("link", name="számla.pdf").first.click()
        download = await waiting.value
        assert download.suggested_filename == "számla.pdf"
        assert await asyncio.to_thread(Path(await download.path()).read_bytes) == pictures.PDF
        await tab.set_viewport_size({"width": 390, "height": 800})
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 390
        await shot(tab, "files-390")
