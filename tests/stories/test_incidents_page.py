"""Incidents in a real browser: decided, told and closed from pages; on a phone, in five languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.stories.test_console import address, link, shot, sign_in
from tests.stories.test_incidents import CROWD, crowd, heard, suggested
from tests.support import axe
from tests.support import browser as browsers
from tests.support import stage as stages
from tests.support.stage import Stage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.CHROMIUM, reason="needs a Chromium"),
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all: starting it takes longer than any test
]
KNOWN, NEWS, SOLVED = "Wiemy o problemie", "being restarted", "rozwiązany"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browsers.launched() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(database_url, tmp_path) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="module")
async def tab(stage: Stage, browser: Browser) -> AsyncIterator[Page]:
    """Marek's browser, a manager's; a form that is not filled in is answered with 400."""
    async with browsers.tab(browser, expected="400 \\(Bad Request\\)") as opened:
        await sign_in(stage, opened, by=stage.marek)
        yield opened


async def test_from_the_suggestion_to_the_close_without_a_chat(stage: Stage, tab: Page) -> None:
    """B-8: who is told and in which words stands there before anybody is; each hears each text once."""
    people = await crowd(stage)
    await suggested(stage)
    await tab.goto(address(stage, "/manager"))
    await expect(tab.locator(".tile", has_text="Incidents").locator("b")).to_have_text("0")
    await tab.locator(".tile", has_text="Incidents").click()
    await expect(tab.locator("#list")).to_contain_text("to be decided")
    await tab.get_by_role("link", name="I-1").click()
    await expect(tab.get_by_role("heading", name=f"{CROWD} tickets")).to_be_visible()
    await tab.get_by_role("button", name="Join all").click()
    await expect(tab.locator("#said")).to_contain_text(f"I-1 is open: {CROWD} tickets joined")
    await stage.until(lambda: heard(stage, people, KNOWN) == [1] * CROWD)
    await shot(tab, "incident")

    await tab.get_by_role("button", name="Preview the news").click()
    await expect(tab.locator("#incident-wrong")).to_contain_text("Write what is new")
    await expect(tab.get_by_label("What is new, or how it was solved")).to_have_attribute("aria-invalid", "true")
    await tab.get_by_label("What is new, or how it was solved").fill(f"the terminals are {NEWS}")
    await tab.get_by_label("Next news").fill("3h")
    await tab.get_by_role("button", name="Preview the news").click()
    await expect(tab.locator("#said")).to_contain_text(f"Tells {CROWD}: {CROWD} Telegram · languages: pl {CROWD}")
    await expect(tab.locator("#said")).to_contain_text(f"the terminals are {NEWS}")
    await shot(tab, "incident-preview")
    assert heard(stage, people, NEWS) == [0] * CROWD
    await tab.get_by_role("button", name=f"Send to {CROWD}").click()
    await stage.until(lambda: heard(stage, people, NEWS) == [1] * CROWD)

    await tab.get_by_role("button", name="Preview the close of all").click()
    await expect(tab.locator("#said")).to_contain_text(f"Then {CROWD} tickets are closed.")
    await tab.get_by_role("button", name=f"Send to {CROWD}").click()
    await stage.until(lambda: stage.rows("SELECT id FROM incidents WHERE state = 'closed'"))
    await stage.settled()
    assert heard(stage, people, SOLVED) == heard(stage, people, KNOWN) == heard(stage, people, NEWS) == [1] * CROWD
    await tab.goto(address(stage, "/incidents/I-1"))
    await expect(tab.locator("#facts")).to_contain_text("incident closed")
    await expect(tab.get_by_role("button", name="Preview the news")).to_have_count(0)


async def test_a_lead_joins_a_ticket_from_its_page_and_an_agent_cannot(
    stage: Stage, tab: Page, browser: Browser
) -> None:
    """B-8, S20: an agent reads on a ticket that he sees to what it belongs; there is no page of it for him."""
    await stage.customer("Segítség")
    jan = stage.world.person(6001, "Jan", language_code="pl")
    stage.open(jan)
    await stage.say(jan, stage.world.private(jan), "Kartka")
    await stage.staff('/incident T1 "terminals down"', by=stage.marek)
    await stage.press("Join all", by=stage.marek)
    await tab.goto(address(stage, "/tickets/T2"))
    await tab.get_by_role("button", name="Join I-1: terminals down").click()
    await expect(tab.locator("#said")).to_contain_text("I-1: 1 ticket joined")
    await expect(tab.get_by_role("link", name="I-1", exact=True)).to_be_visible()
    await stage.until(lambda: heard(stage, [jan], KNOWN) == [1])
    async with browsers.tab(browser, expected="404 \\(Not Found\\)") as own:
        await sign_in(stage, own)
        await own.goto(address(stage, "/tickets/T2"))
        await expect(own.get_by_text("Belongs to the incident I-1 terminals down")).to_be_visible()
        await expect(own.get_by_role("link", name="I-1", exact=True)).to_have_count(0)
        for path in ("/incidents", "/incidents/I-1"):
            answer = await own.goto(address(stage, path))
            assert answer is not None and answer.status == 404, path


@pytest.mark.parametrize("locale", ["en-GB", "pl-PL", "sk-SK", "hu-HU", "ru-RU"])
async def test_on_a_phone_with_no_fault_in_every_language(stage: Stage, browser: Browser, locale: str) -> None:
    """S0-5, S3-23, M-8: 390 px, by axe-core; proposed, open, and with a form that is wrong."""
    await stage.customer("W" * 300)
    await stage.post("Zefír", sender="eszter-zwei@example.hu")
    await stage.staff(f"/incident T1 {'W' * 190}", by=stage.marek)
    await stage.press("Join all", by=stage.marek)
    await stage.staff("/incident T2 no fuel", by=stage.marek)
    more: Any = {"viewport": {"width": 390, "height": 844}, "locale": locale}
    script = axe.source()
    async with browsers.tab(browser, expected="400 \\(Bad Request\\)", **more) as tab:
        await tab.goto(await link(stage, by=stage.marek))
        await tab.get_by_role("button").click()
        for path in ("/incidents", "/incidents/I-1", "/incidents/I-2", "/tickets/T1", "/tickets/T2", "wrong"):
            if path == "wrong":
                await tab.goto(address(stage, "/incidents/I-1"))
                await tab.locator("button[name=action][value=update]").click()
                await expect(tab.locator("#incident-wrong")).to_be_visible()
                await tab.wait_for_load_state()  # with its style: without it everything is as wide as its words
            else:
                await tab.goto(address(stage, path))
            await shot(tab, f"phone-{locale}-incident{path.replace('/', '-')}")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert await axe.faults(tab, script) == [], path
