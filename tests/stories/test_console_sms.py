"""What a text costs while it is written: the page counts segments as `centrala inspect sms` does, in a real browser."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.stories.test_console import address, sign_in
from tests.stories.test_sms import playing
from tests.support import browser as browsers
from tests.support import commands

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.CHROMIUM, reason="needs a Chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]
# words → segments: a letter that folds costs nothing more, one that does not makes all of it cost more than twice
COUNTED = [
    ("a", 1),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 159 + "ą", 1),
    ("a" * 160 + "ą", 2),
    ("a" * 69 + "ą", 1),
    ("a" * 70 + "ą", 1),
    ("a" * 68 + "😀", 1),
    ("a" * 69 + "😀", 2),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browsers.launched() as launched:
        yield launched


async def inspected(words: list[str]) -> list[int]:
    """What the command counts, folding nothing."""
    lines = "".join(f"{json.dumps({'text': one})}\n" for one in words)
    done = await asyncio.to_thread(commands.run_text, "inspect", "sms", given=lines)
    assert done.returncode == 0, done.stderr
    return [int(json.loads(line)["segments"]) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("fold", [True, False], ids=["folded", "as written"])
async def test_the_page_counts_as_the_command_does(
    browser: Browser, database_url: str, tmp_path: Path, fold: bool
) -> None:
    """S1-10 (SMS): the segments of 0, 160, 161, 70 and 71 letters, of one that folds and one that never does."""
    counted = [count for _, count in COUNTED] if fold else await inspected([words for words, _ in COUNTED])
    async with playing(database_url, tmp_path, fold=fold) as texting, browsers.tab(browser) as tab:
        await texting.text("Nem működik a kártyám")
        await sign_in(texting.stage, tab)
        await tab.goto(address(texting.stage, "/tickets/T1"))
        box, size = tab.locator(".composer textarea"), tab.locator(".composer .size")
        for (words, _), count in zip(COUNTED, counted, strict=True):
            await box.fill(words)
            await expect(size).to_have_text(re.compile(rf"^{count} segments?$"))
            await box.fill("")
            await expect(size).to_have_text("")
