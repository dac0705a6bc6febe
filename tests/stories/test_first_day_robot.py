"""The first day as a robot lives it: from an empty folder to a colleague's answer on the customer's phone."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from channels.telegram.simulator import BotApi
from tests.support import browser as browsers
from tests.support import setting_up
from tests.support.phones import Phone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
TOKEN = "1000:token-pasted-on-the-first-day"
WITHIN_S = 300
TEAM = -1009977
MAREK, ANNA, ESZTER = 771002, 771001, 772001
PATIENCE_MS = 30_000
QUESTION, ANSWER = "Is my parcel lost?", "It is on its way, and arrives tomorrow."


class Hands:
    """Fills the pages of one browser. `typed`: all that was typed there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.typed: list[str] = []
        page.set_default_timeout(PATIENCE_MS)

    async def fill(self, label: str, text: str) -> None:
        self.typed.append(text)
        await self.page.get_by_label(label, exact=True).fill(text)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def go_on(self) -> None:
        await self.page.get_by_test_id("next").click()

    async def see(self, heading: str) -> None:
        await expect(self.page.locator("h1")).to_have_text(heading, timeout=PATIENCE_MS)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    simulated = BotApi(TOKEN)
    await simulated.start()
    yield simulated
    await simulated.stop()


async def set_up(hands: Hands, link: str, api: BotApi) -> str:
    """Language, company, the bot, the administrator; his link to the bot. Channels that nobody has are passed over."""
    await hands.page.goto(link)
    await hands.see("Language")
    await hands.press("Save")
    await hands.see("Your company")
    await hands.fill("Name of your company", "Orlik Sp. z o.o.")
    await hands.fill("Time zone", "Europe/Warsaw")
    await hands.page.get_by_label("Begin in quiet mode").select_option("false")
    await hands.press("Save")
    await hands.see("Telegram")
    await hands.fill("Token of the bot", TOKEN)
    await hands.page.get_by_text("More", exact=True).click()
    await hands.fill("Bot API server", api.url)
    await hands.press("Save")
    await expect(hands.page.get_by_role("status")).to_have_text("Saved, and everything answers.", timeout=PATIENCE_MS)
    await hands.go_on()
    await hands.see("E-mail")
    await hands.go_on()
    await hands.see("SMS")
    await hands.go_on()
    await hands.see("The first colleague")
    await hands.fill("Name of the administrator", "Marek")
    await hands.press("Save")
    return await hands.page.get_by_test_id("invitation").inner_text(timeout=PATIENCE_MS)


async def finish(hands: Hands) -> None:
    """The page knows that the administrator is there, without his having told it."""
    await expect(hands.page.get_by_role("status")).to_have_text("Already with us: Marek.", timeout=PATIENCE_MS)
    await hands.go_on()
    await hands.press("Finish")
    await hands.see("Centrala is set up")


async def choose_group(marek: Phone, api: BotApi) -> None:
    """Marek adds the bot to his team's group and presses what it shows there."""
    team = api.world.group(TEAM, "Team", members=[marek.person], forum=True, with_bot=False)
    api.world.add_bot(team, marek.person)
    await marek.reads("Shall colleagues work here?", chat=team)
    await marek.presses("Use this as the staff group", chat=team)
    await marek.reads("This is the staff group now", chat=team)


async def answer(hands: Hands, link: str) -> None:
    """Anna signs in, finds the ticket by what stands on the page, and answers."""
    await hands.page.goto(link)
    await hands.press("Yes, I am Anna")
    await hands.see("My work")
    await hands.page.get_by_role("link", name="Queues", exact=True).click()
    await hands.page.get_by_role("link", name="inbox").click()
    await hands.page.get_by_role("link", name=QUESTION).click()
    await expect(hands.page.get_by_role("article").get_by_text(QUESTION)).to_be_visible()
    await hands.fill("Your text", ANSWER)
    await hands.press("Send to Eszter by Telegram")
    await expect(hands.page.get_by_role("article").get_by_text(ANSWER)).to_be_visible()


def without_ids(typed: list[str], api: BotApi) -> None:
    """No number of a person, group, ticket or message; only the token and the server's address have any digits."""
    ids = [str(abs(one)) for one in (TEAM, MAREK, ANNA, ESZTER)]
    for text in typed:
        assert not any(one in text for one in ids), text
        assert text in (TOKEN, api.url) or not re.search(r"\d", text), text


async def test_from_an_empty_folder_to_an_answer_on_the_customers_phone(
    tmp_path: Path, empty_url: str, api: BotApi
) -> None:
    """B-11: within five minutes of its own time, and nobody types an id."""
    began = time.monotonic()
    marek, anna = Phone(api, MAREK, "Marek"), Phone(api, ANNA, "Anna")
    eszter = Phone(api, ESZTER, "Eszter")
    async with browsers.launched() as browser, setting_up.running(tmp_path, empty_url) as hub:
        async with browsers.tab(browser, locale="en-GB") as page:
            office = Hands(page)
            marek.follows(await set_up(office, hub.link, api))
            await marek.reads("Hello Marek, you are the administrator.")
            await finish(office)
        await choose_group(marek, api)
        marek.types("/invite Anna agent")
        anna.follows(await marek.link("For Anna as agent of inbox"))
        await anna.reads("Hello Anna, you are with us as agent of inbox.")
        await marek.reads("Anna has joined")
        eszter.types(QUESTION)
        anna.types("/web")
        async with browsers.tab(browser, locale="en-GB") as page:
            desk = Hands(page)
            await answer(desk, await anna.link("/sign-in/link/"))
            await eszter.reads(ANSWER)
    without_ids([*office.typed, *desk.typed, *marek.typed, *anna.typed, *eszter.typed], api)
    took = time.monotonic() - began
    print(f"from the empty folder to the answer: {took:.0f} s")
    assert took < WITHIN_S
