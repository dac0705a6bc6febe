"""A manager's look and an administrator's settings, in a real browser on a running hub."""

from __future__ import annotations

import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.stories.test_console import address, link, shot, sign_in
from tests.support import browser as browsers
from tests.support import stage as stages
from tests.support.stage import Stage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.CHROMIUM, reason="needs a Chromium"),
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all: starting it takes longer than any test
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browsers.launched() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    file = tmp_path / "centrala.toml"
    file.write_text(FILE)
    parts = tomllib.loads(FILE)
    async with stages.playing(database_url, tmp_path, file=file, **parts) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="module")
async def tab(stage: Stage, browser: Browser) -> AsyncIterator[Page]:
    """Marek's browser, a manager's."""
    async with browsers.tab(browser) as opened:
        await sign_in(stage, opened, by=stage.marek)
        yield opened


def tile(tab: Page, label: str) -> Any:
    return tab.locator(".tile", has_text=label).locator("b")


async def test_a_breach_shows_live_is_seen_and_given_away_right_there(stage: Stage, tab: Page) -> None:
    """M-10: nobody loads the page again; Ack and Give do what the bot's verbs do."""
    await tab.goto(address(stage, "/manager"))
    await expect(tab.locator("body[data-connected=yes]")).to_be_attached()
    await expect(tab.get_by_text("No alert is on.")).to_be_visible()
    await stage.customer("My card is blocked")
    await expect(tile(tab, "Due within the hour")).to_have_text("1")
    await stage.push(hours=1, minutes=5)
    await expect(tile(tab, "Alerts")).to_have_text("1")
    await expect(tile(tab, "Late")).to_have_text("1")
    await expect(tab.locator("#alert-T1")).to_contain_text("nobody has seen it")
    await shot(tab, "manager")
    await tab.locator("#alert-T1").get_by_role("button", name="Ack").click()
    await expect(tab.locator("#said")).to_contain_text("T1")
    await expect(tab.locator("#alert-T1")).to_contain_text("seen by Marek")
    await expect(tab.locator("#alert-T1").get_by_role("button", name="Ack")).to_have_count(0)
    await tab.get_by_label("Give T1 to").select_option("Anna")
    await tab.get_by_role("button", name="Give", exact=True).click()
    await expect(tab.locator("#said")).to_have_text("T1: nobody → Anna")
    assert (await stage.ticket())["assignee"] == "Anna"
    await tab.get_by_role("link", name="Anna, Late: 1").click()
    await expect(tab.locator(".tickets li")).to_have_count(1)
    await expect(tab.get_by_role("heading", name=re.compile("Late · Anna"))).to_be_visible()


async def test_the_overview_by_keyboard(stage: Stage, tab: Page) -> None:
    """S0-5: from the page's top to the list behind a number, without a mouse."""
    await stage.customer("First")
    await tab.goto(address(stage, "/manager"))
    for _ in range(30):
        await tab.keyboard.press("Tab")
        if await tab.evaluate("document.activeElement.id") == "tile-2":
            break
    await tab.keyboard.press("Enter")
    await expect(tab).to_have_url(re.compile("/manager/tickets/free$"))
    await expect(tab.locator("#T1")).to_be_visible()


# left and right end of the way that is marked as the current one; names of figures that are narrower than a word
WAY = """() => {
  const now = document.querySelector("nav.ways [aria-current]")?.getBoundingClientRect();
  return now ? [now.left, now.right] : null;
}"""
BROKEN = """() => [...document.querySelectorAll(".figures th[scope=row]")].some(one => one.clientWidth < 90)"""


@pytest.mark.parametrize("locale", ["en-GB", "pl-PL", "sk-SK", "hu-HU", "ru-RU"])
async def test_on_a_phone_nothing_is_wider_than_the_screen(stage: Stage, browser: Browser, locale: str) -> None:
    """S0-5, M-8: 390 px in all five languages."""
    await stage.customer("W" * 300)
    await stage.push(hours=1, minutes=5)
    async with stage.app.store.unit() as work:
        await work.change("UPDATE staff SET role = 'admin' WHERE name = 'Marek'")
    size, scheme = {"width": 390, "height": 844}, "dark" if locale == "ru-RU" else "light"
    more: Any = {"viewport": size, "color_scheme": scheme, "locale": locale}
    async with browsers.tab(browser, **more) as tab:
        await tab.goto(await link(stage, by=stage.marek))
        await tab.get_by_role("button").click()
        for path in PATHS:
            await tab.goto(address(stage, path))
            await shot(tab, f"phone-{locale}{path.split('?')[0].replace('/', '-')}")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= 390, path
            here = await tab.evaluate(WAY)
            assert here is None or 0 <= here[0] < here[1] <= 390, (path, "where one is does not show", here)
            assert not await tab.evaluate(BROKEN), (path, "a figure's name is broken into letters")


async def test_an_administrator_changes_a_queue_and_the_next_message_goes_by_it(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    """M-6: seen first, then written to the file that the hub reads; no restart; comments stay."""
    async with stage.app.store.unit() as work:
        await work.change("UPDATE staff SET role = 'admin' WHERE name = 'Marek'")
    async with browsers.tab(browser, expected="400 \\(Bad Request\\)") as tab:
        await sign_in(stage, tab, by=stage.marek)
        await tab.goto(address(stage, "/settings/rules"))
        await tab.get_by_role("link", name="Add a rule").click()
        await tab.get_by_label("Name").fill("cards")
        await tab.get_by_label("Condition, in CEL").fill('message.text.contains("card"')
        await tab.get_by_role("button", name="See what changes").click()
        await expect(tab.locator("#wrong-when")).to_contain_text("Nothing was changed.")
        await shot(tab, "rule-wrong")
        await tab.get_by_label("Condition, in CEL").fill('message.text.contains("card")')
        await tab.locator("select[name=queue]").select_option("cards")
        await tab.get_by_label("Priority").select_option("P1")
        await tab.get_by_label("Priority").press("Enter")
        await tab.get_by_role("button", name="See what changes").click()
        await expect(tab.locator(".diff")).to_contain_text('+name = "cards"')
        await shot(tab, "rule-draft")
        await tab.get_by_role("button", name="Save").click()
        await expect(tab.locator("#saved")).to_be_visible()
        await tab.get_by_label("Text").fill("my card")
        await tab.get_by_role("button", name="Try").click()
        await expect(tab.locator("#outcome")).to_contain_text("A ticket in cards, priority 1")
        await shot(tab, "rules")
    await stage.customer("My card is blocked")
    ticket = await stage.ticket()
    assert (ticket["queue"], ticket["priority"]) == ("cards", 1)
    assert (tmp_path / "centrala.toml").read_text().startswith("# Ours\n")


async def test_a_colleague_is_invited_by_a_copied_link_and_removed(stage: Stage, browser: Browser) -> None:
    """B-11: the link that the page shows opens the bot; who is removed is gone from the list."""
    more: Any = {"permissions": ["clipboard-read", "clipboard-write"]}
    async with browsers.tab(browser, **more) as tab:
        await sign_in(stage, tab, by=stage.marek)
        await tab.goto(address(stage, "/settings"))
        await tab.get_by_label("Name").fill("Zoja")
        await tab.get_by_role("button", name="Make a link").click()
        await tab.get_by_role("button", name="Copy").click()
        await expect(tab.get_by_role("button", name="Copied")).to_be_visible()
        copied = await tab.evaluate("navigator.clipboard.readText()")
        assert copied == await tab.locator("#link-1").text_content()
        assert re.fullmatch(r"https://t\.me/\w+\?start=i_[\w-]{43}", copied)
        await shot(tab, "staff")
        zoja = stage.world.person(7001, "Zoja")
        await stage.say(zoja, stage.world.private(zoja), f"/start {copied.split('start=')[1]}")
        await tab.goto(address(stage, "/settings/staff"))
        card = tab.locator(".channels .card", has_text="Zoja")
        await expect(card).to_have_count(1)
        await card.locator("summary", has_text="Remove").press("Enter")
        await card.get_by_role("button", name="Remove Zoja").press("Enter")
        await expect(tab.locator("#done")).to_be_visible()
        await expect(card).to_have_count(0)


PATHS = (
    "/manager",
    "/manager/alerts",
    "/reports",
    "/manager/tickets/late",
    "/manager/messages/failed",
    "/settings/staff",
    "/settings/queues",
    "/settings/calendars?calendar=office&at=2026-03-11T09:00",
    "/settings/rules",
    "/settings/channels",
    "/settings/edit/calendar?name=office",
    "/settings/policies",
    "/settings/edit/policy",
    "/settings/rules/ready?key=segment-policy",
    "/settings/edit/rule?name=0",
)
FILE = """# Ours
[calendars.office]
zone = "Europe/Warsaw"
holidays = "PL"
hours.mon = ["08:00-12:00", "12:30-16:00"]

[queues.inbox]
first_response = "1h"
assign = "none"

[queues.cards]
calendar = "office"

[[rules]]
name = "a very long name of a rule that says what it is for"
when = 'message.text.contains("a long condition") && message.subject != "and one more" && ticket.new'
tags = ["loud"]
"""
