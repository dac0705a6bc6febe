"""People and companies on the pages, in a real browser: the customer's card, and a company up to the archive."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kernel import texts
from tests.stories.test_console import address, link, shot, sign_in
from tests.support import browser as browsers
from tests.support import stage as stages
from tests.support import wording
from tests.support.stage import Stage

REFUSED = "40[049] \\("
LONG = "Segítség " * 30

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
    async with stages.playing(database_url, tmp_path) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="module")
async def tab(stage: Stage, browser: Browser) -> AsyncIterator[Page]:
    async with browsers.tab(browser, expected=REFUSED) as opened:
        await sign_in(stage, opened)
        yield opened


async def furnished(stage: Stage) -> None:
    """Eszter has written; she is at Orlik Trans, was called, and a visit is planned."""
    await stage.customer("Segítség, my card is blocked")
    for words in (
        "/company T1 Orlik Trans",
        "/call T1 in 5m asks for two cards",
        "/plan T1 tomorrow 10:00 visit show it",
    ):
        await stage.staff(words)


async def test_from_the_ticket_to_the_card_and_what_is_done_there(stage: Stage, tab: Page) -> None:
    """S0-1, S1-11, S3-8, S3-10, S4-5: everything in one place; a company, a call and a plan are three fields away."""
    await stage.customer("Segítség, my card is blocked")
    await tab.goto(address(stage, "/tickets/T1"))
    await tab.locator("#customer").get_by_role("link", name="Eszter").click()
    await expect(tab.get_by_role("heading", level=1)).to_contain_text("Eszter")
    await expect(tab.locator(".deal.in")).to_contain_text("my card is blocked")
    await tab.get_by_text("Say where the customer works").click()
    await tab.get_by_label("Company its number or name").fill("Orlik Trans Sp. z o.o.")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator("#said")).to_have_text("B1 Orlik Trans Sp. z o.o. is registered, and Eszter is there.")
    await tab.get_by_text("Write down a call", exact=True).click()
    await tab.get_by_label("What was said").fill("asks for <b>two</b> cards")
    await tab.get_by_label("Minutes").fill("many")
    await tab.get_by_role("button", name="Write it down").click()
    await expect(tab.locator(".bad")).to_have_text("Expected: a whole number from 0 to 1440. Nothing was saved.")
    await expect(tab.get_by_label("What was said")).to_have_value("asks for <b>two</b> cards")
    await tab.get_by_label("Minutes").fill("5")
    await tab.get_by_role("button", name="Write it down").click()
    await expect(tab.locator(".deal.call")).to_contain_text("asks for <b>two</b> cards")
    await expect(tab.locator(".deal.call")).to_contain_text("called us, 5 min")
    await tab.get_by_text("Plan a contact").click()
    await tab.get_by_label("When").fill(f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT10:00}")
    await tab.get_by_label("About").fill("show the new reader")
    await tab.get_by_role("button", name="Plan it").click()
    await expect(tab.locator("#said")).to_contain_text("R1")
    await expect(tab.locator(".deal.plan")).to_contain_text("show the new reader")
    await shot(tab, "card")
    await tab.get_by_label("Kind").select_option("call")
    await tab.get_by_role("button", name="Narrow").click()
    await expect(tab.locator(".deal")).to_have_count(1)
    await tab.locator(".marks").get_by_role("link", name="B1 Orlik Trans").click()
    await expect(tab.locator(".deal.call")).to_have_count(1)
    await expect(tab.locator("#missing")).to_contain_text("Tax number")
    await shot(tab, "company")


async def test_a_lost_update_shows_both_and_overwrites_nothing(stage: Stage, tab: Page) -> None:
    """S3-1: two save at once; who comes second reads what the first has written, and chooses."""
    await furnished(stage)
    await tab.goto(address(stage, "/companies/B1"))
    await tab.locator("#missing").get_by_role("link", name="City").click()
    await expect(tab).to_have_url(re.compile("/edit#f-city$"))
    await tab.get_by_label("City").fill("Gdynia")
    await tab.get_by_label("Street").fill("Morska 1")
    async with stage.app.store.unit() as work:
        await work.change("UPDATE companies SET city = 'Sopot', segment = 'big', version = version + 1")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator("#stale")).to_be_visible()
    await expect(tab.locator("#f-city .warn")).to_have_text("Saved meanwhile: Sopot")
    await expect(tab.get_by_label("City")).to_have_value("Gdynia")
    await expect(tab.get_by_label("Segment")).to_have_value("big")
    await shot(tab, "stale")
    found = await stage.rows("SELECT city, street FROM companies")
    assert [(row["city"], row["street"]) for row in found] == [("Sopot", "")]
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator("#said")).to_have_text("Saved.")
    [row] = await stage.rows("SELECT city, street, segment FROM companies")
    assert (row["city"], row["street"], row["segment"]) == ("Gdynia", "Morska 1", "big")


async def test_a_company_lives_from_its_name_to_the_archive(stage: Stage, tab: Page) -> None:
    """S3-1, S3-9, S4-11: registered by its name, found, its people, wrong fields named, archived with a reason."""
    await tab.goto(address(stage, "/companies"))
    await tab.get_by_role("link", name="Register a company").first.click()
    await expect(tab.get_by_label("Name")).to_be_focused()
    await tab.keyboard.type("Żółw Łódź")
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#said")).to_have_text("B1 Żółw Łódź is registered.")
    await tab.get_by_text("Add a person").click()
    add = tab.locator("form[action$='/people']")
    await add.get_by_label("Name").fill("Jan Nowak")
    await add.get_by_label("Phone").fill("12")
    await add.get_by_role("button", name="Add").click()
    await expect(tab.locator(".bad")).to_contain_text("a phone number, for example +48 601 234 567")
    await tab.locator("form[action$='/people']").get_by_label("Phone").fill("+48 601 234 567")
    await tab.locator("form[action$='/people']").get_by_role("button", name="Add").click()
    await expect(tab.locator(".person a[href='tel:+48601234567']")).to_be_visible()
    await tab.locator(".find input").fill("zolw lodz")
    await tab.keyboard.press("Enter")
    await tab.get_by_role("link", name="B1 Żółw Łódź").first.click()
    await tab.locator(".find input").fill("b1")
    await tab.keyboard.press("Enter")
    await expect(tab).to_have_url(address(stage, "/companies/B1"))
    await tab.goto(address(stage, "/companies/B1/edit"))
    relation = tab.locator("select[name=relation]")
    code = await relation.locator("option").nth(2).get_attribute("value") or ""
    label = await relation.locator("option").nth(2).inner_text()
    await relation.select_option(code)
    await tab.locator("form:has(select[name=relation]) button[type=submit]").first.click()
    await expect(tab).to_have_url(re.compile("/companies/B1"))
    await expect(tab.locator(".main")).to_contain_text(f"– → {label}")  # the history has words, not codes
    assert label != code
    await tab.get_by_text("Archive it").first.click()
    await tab.get_by_label("Why").fill("closed down")
    await tab.get_by_role("button", name="Archive it").click()
    await expect(tab.locator(".badge.tone-late")).to_have_text("archived")
    await expect(tab.locator(".main")).to_contain_text("closed down")
    await tab.goto(address(stage, "/companies"))
    await expect(tab.locator("#count")).to_have_text("0")
    await tab.get_by_label("archived").check()
    await tab.get_by_role("button", name="Search").click()
    await expect(tab.locator("#count")).to_have_text("1")
    await shot(tab, "companies")


PAGES = (
    "/contacts",
    "/companies",
    "/companies/new",
    "/companies/B1",
    "/companies/B1/edit",
    "/find?q=orlik",
    "CARD",
    "/tickets/T1",
)


@pytest.mark.parametrize("language", texts.LANGUAGES)
async def test_every_page_is_in_the_readers_language_and_no_wider_than_a_phone(
    stage: Stage, browser: Browser, language: Any
) -> None:
    """S0-12: at 390 px; of the texts that pages say none is left in English."""
    await stage.customer(LONG)
    for words in (
        "/company T1 Orlik Trans",
        "/call T1 in 5m asks for two cards",
        "/plan T1 tomorrow 10:00 visit show it",
    ):
        await stage.staff(words)
    [row] = await stage.rows("SELECT contact_id FROM tickets")
    size = {"width": 390, "height": 844}
    async with browsers.tab(browser, viewport=size, locale=language) as tab:
        await tab.goto(await link(stage))
        await tab.get_by_role("main").get_by_role("button").click()
        for path in PAGES:
            await tab.goto(address(stage, path.replace("CARD", f"/contacts/{row['contact_id']}")))
            await expect(tab.get_by_role("heading", level=1)).to_be_visible()
            await shot(tab, f"{language}{re.sub('[^a-zA-Z0-9]', '-', path)}")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= 390, path
            if language != "en":
                shown = await tab.evaluate(READ)
                assert english(language).isdisjoint(shown), (path, english(language) & set(shown))


# Every text on the page that stands alone: what a template says stands so.
READ = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) found.push(walk.currentNode.textContent.trim());
  for (const one of document.querySelectorAll("[placeholder],[aria-label],[title]"))
    for (const name of ["placeholder", "aria-label", "title"]) found.push(one.getAttribute(name) ?? "");
  return found;
}"""


def english(language: str) -> set[str]:
    """Texts of pages that read otherwise in that language."""
    said = {one.text for one in wording.said() if one.where.startswith("console") and not wording.places(one.text)}
    return {one for one in said if texts.say(language, one) != one}


async def test_somebody_we_know_is_found_and_added_and_leaves_again_by_keyboard(stage: Stage, tab: Page) -> None:
    """S3-9: nobody is written down twice; who is there already, or belongs to others, is not offered."""
    await furnished(stage)
    await tab.goto(address(stage, "/companies"))
    await tab.get_by_role("link", name="Register a company").first.click()
    await expect(tab.get_by_label("Name")).to_be_focused()
    await tab.keyboard.type("Zefir")
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#said")).to_have_text("B2 Zefir is registered.")
    await tab.locator("#known summary").focus()
    await tab.keyboard.press("Enter")
    await tab.keyboard.press("Tab")
    await tab.keyboard.type("ESZT")
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#found li")).to_have_count(1)
    await expect(tab.locator("#found")).to_contain_text("B1 Orlik Trans")
    await tab.locator("#found").get_by_role("button", name="Add Eszter").focus()
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#said")).to_have_text("Eszter is at B2 Zefir.")
    await tab.goto(address(stage, "/companies/B2?person=eszter"))
    await expect(tab.locator("#known [role=status]")).to_contain_text("or he is here already")
    await tab.locator(".person summary").click()
    await tab.get_by_role("button", name="Is there no more").click()
    await expect(tab.locator("#said")).to_contain_text("there no more")
    await expect(tab.locator(".person")).to_have_count(0)
    [row] = await stage.rows("SELECT count(*) AS n FROM contacts")
    assert row["n"] == 1
