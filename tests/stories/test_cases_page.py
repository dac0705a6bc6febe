"""The case page in a real browser: what a ticket is, its fields with what was wrong, merge, split, close and undo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.stories.test_console import address, shot, sign_in
from tests.support import browser as browsers
from tests.support import stage as stages
from tests.support.stage import Stage

REFUSED = "40[049] \\("
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.CHROMIUM, reason="needs a Chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browsers.launched() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stages.playing(
        database_url, tmp_path, queues={"cards": {"assign": "none", "close_reason": True}}
    ) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="module")
async def tab(stage: Stage, browser: Browser) -> AsyncIterator[Page]:
    async with browsers.tab(browser, expected=REFUSED) as opened:
        await sign_in(stage, opened)
        yield opened


async def test_a_complaint_is_filled_in_and_closed(stage: Stage, tab: Page) -> None:
    """S1-8, S5: the field that is wrong says what was expected; what happened stands there with its proof and undo."""
    await stage.customer("The pump took my card")
    await tab.goto(address(stage, "/tickets/T1"))
    await tab.get_by_role("link", name="Case details").click()
    await tab.get_by_label("Kind").select_option("complaint")
    await tab.get_by_label("Priority").select_option("1")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator("#said")).to_have_text("Saved.")
    await tab.get_by_role("button", name="Close it").click()
    await expect(tab.locator(".bad")).to_contain_text("cannot be closed without cause, result, accepted")
    await tab.get_by_label("State").select_option("solved")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator(".bad")).to_contain_text("cannot be closed without cause, result, accepted")
    await tab.get_by_label("State").select_option("open")
    await tab.get_by_label("Cause needed before it is closed").select_option("card")
    await tab.get_by_label("Station").fill("9999")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator(".bad")).to_have_text(
        "Expected: the code of a station, for example 0412. Nothing was saved."
    )
    await shot(tab, "case-wrong")
    await tab.get_by_label("Station").fill("")
    await tab.get_by_role("textbox", name="Result needed").fill("a new card was sent")
    await tab.get_by_label("The customer accepts the result").select_option("yes")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.get_by_role("textbox", name="Result needed")).to_have_value("a new card was sent")
    await tab.set_viewport_size({"width": 390, "height": 844})
    await shot(tab, "case-phone")
    await tab.set_viewport_size({"width": 1280, "height": 844})
    await shot(tab, "case")
    await tab.get_by_label("Why").select_option("card")
    await tab.get_by_role("button", name="Close it").click()
    await expect(tab.locator("#said")).to_have_text("T1 is closed.")
    ticket = await stage.ticket(1)
    assert (ticket["state"], ticket["close_reason"], ticket["kind"]) == ("closed", "card", "complaint")
    await expect(tab.locator("#h-acts + ul")).to_contain_text("signed in to the page")
    await tab.locator("#h-acts + ul").get_by_role("button", name="Undo: Anna closed the ticket").click()
    await expect(tab.locator("#said")).to_contain_text("Taken back: Anna closed the ticket")
    assert (await stage.ticket(1))["state"] == "open"


async def test_where_a_closing_has_its_reason_so_has_what_is_solved(stage: Stage, tab: Page) -> None:
    """S5, S1-8."""
    await stage.customer("The pump took my card")
    await stage.staff("/move T1 cards keep")
    await tab.goto(address(stage, "/tickets/T1/case"))
    await tab.get_by_label("State").select_option("solved")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator(".bad")).to_contain_text("closed with one of: answered, solved, card")
    await tab.get_by_label("Why it is solved").select_option("card")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator("#said")).to_have_text("Saved.")
    ticket = await stage.ticket(1)
    assert (ticket["state"], ticket["close_reason"], ticket["closed_at"] is None) == ("solved", "card", False)


async def test_tickets_are_split_and_merged(stage: Stage, tab: Page) -> None:
    """S5: chosen messages become a ticket; merged back, the page says where it went."""
    await stage.customer("My card is blocked")
    await stage.customer("And the invoice is wrong")
    await tab.goto(address(stage, "/tickets/T1/case"))
    await tab.get_by_text("Split: make a ticket of some of its messages").click()
    await tab.get_by_label("And the invoice is wrong").check()
    await tab.get_by_label("Subject").fill("Invoice")
    await tab.get_by_role("button", name="Split", exact=True).click()
    await expect(tab.locator("#said")).to_have_text("T2 was taken out of T1.")
    await tab.goto(address(stage, "/tickets/T2"))
    await expect(tab.get_by_role("heading", level=1)).to_contain_text("Invoice")
    await expect(tab.locator("#thread .customer")).to_contain_text("And the invoice is wrong")
    await tab.get_by_role("link", name="Case details").click()
    await tab.get_by_label("Merge into, of the same customer").fill("T9")
    await tab.get_by_role("button", name="Merge", exact=True).click()
    await expect(tab.locator(".bad")).to_contain_text("There is no such ticket")
    await tab.get_by_label("Merge into, of the same customer").fill("T1")
    await tab.get_by_role("button", name="Merge", exact=True).click()
    await expect(tab.get_by_text("This ticket was merged into another:")).to_contain_text("T1")
    await tab.get_by_role("link", name="T1", exact=True).first.click()
    await expect(tab.locator("#thread .customer")).to_have_count(2)
