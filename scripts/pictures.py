"""Takes the pictures of the documents from a running hub: `.venv/bin/python -m scripts.pictures` in the checkout."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from channels.telegram.simulator import BotApi
from console import session as sessions
from crmcore import staff
from hub import database
from tests.support import browser as browsers
from tests.support import setting_up
from tests.support import stage as stages
from tests.support.stage import Stage

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
SIZE = {"width": 1280, "height": 930}
TOKEN = "1000:token-of-the-picture"


async def main() -> None:
    async with browsers.launched() as browser:
        with tempfile.TemporaryDirectory() as folder:
            await console(browser, Path(folder))
        with tempfile.TemporaryDirectory() as folder:
            await setup(browser, Path(folder))


async def console(browser: Browser, folder: Path) -> None:
    """A ticket: question, note, answer, and thanks."""
    url = f"sqlite://{folder / 'centrala.db'}"
    await database.migrate(url)
    queues: dict[str, Any] = {"inbox": {"first_response": "1h", "assign": "none"}}
    async with stages.playing(url, folder, queues=queues) as stage:
        stage.open(stage.anna, stage.marek, stage.eszter)
        await stage.customer("Good morning! The pump at station Tatabánya takes my card and gives no fuel.")
        await stage.staff("/take T1")
        await stage.staff("/note T1 Same fault as on Monday. Marek has the number of the technician.")
        await stage.staff("/reply T1 Good morning, the technician is on his way. Pump 3 works; nothing was charged.")
        await stage.customer("Thank you, pump 3 it is!")
        async with stage.app.store.unit() as work:
            anna = await staff.named(work, "Anna")
            token = await sessions.open_one(work, anna.id, agent="Chrome", now=datetime.now(UTC))
        await shoot(browser, stage, token)


async def shoot(browser: Browser, stage: Stage, token: str) -> None:
    base = f"http://127.0.0.1:{stage.app.port}"
    async with browsers.tab(browser, viewport=SIZE, color_scheme="light", locale="en-GB") as tab:
        await tab.context.add_cookies([{"name": "centrala", "value": token, "url": base}])
        await tab.goto(f"{base}/tickets/T1")
        await take(tab, "console")


async def setup(browser: Browser, folder: Path) -> None:
    """The step about Telegram, with a token that has been tried."""
    api = BotApi(TOKEN)
    await api.start()
    try:
        async with (
            setting_up.running(folder, f"sqlite://{folder / 'centrala.db'}") as hub,
            browsers.tab(browser, viewport=SIZE, color_scheme="light", locale="en-GB") as tab,
        ):
            await tab.goto(hub.link)
            await tab.get_by_test_id("next").click()
            await tab.get_by_test_id("next").click()
            await tab.get_by_label("Token of the bot", exact=True).fill(TOKEN)
            await tab.locator("summary").click()
            await tab.get_by_label("Bot API server", exact=True).fill(api.url)
            await tab.get_by_role("button", name="Test", exact=True).click()
            await tab.get_by_test_id("found").wait_for()
            await tab.locator("details").evaluate("one => { one.open = false; }")
            await take(tab, "setup")
    finally:
        await api.stop()


async def take(tab: Page, name: str) -> None:
    await tab.evaluate("document.fonts.ready")
    await tab.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
    print(PICTURES / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
