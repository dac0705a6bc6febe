"""The demo in a real browser: what a newcomer sees and does in the first minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import demo

pytestmark = pytest.mark.browser
ANSWER = "Your card is open again. Safe journey!"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert Path(demo.BROWSER).exists(), "Chromium is missing: apt-get install chromium"
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=demo.BROWSER, args=list(demo.BROWSER_FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo for those who leave its clock alone."""
    with demo.running(tmp_path_factory.mktemp("demo") / "data") as running:
        yield running


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The sandbox page, in a profile of its own."""
    with opened(browser, address) as page:
        yield page


@pytest.fixture
def fresh(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The page of a demo that nobody has touched."""
    with demo.running(tmp_path / "data") as running, opened(browser, running) as page:
        yield page


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as profile:
        page = profile.new_page()
        page.set_default_timeout(20_000)
        page.goto(address)
        yield page


def test_the_first_minute(fresh: Page) -> None:
    """M-8, M-9, M-10: message in, take, reply, reply seen on the phone; unanswered, the manager's phone rings."""
    page = fresh
    eszter, desk, marek = (page.locator(f'[data-device="{name}"]') for name in ("eszter", "desk", "marek"))
    expect(eszter).to_contain_text("We have your message, number T1.")
    desk.locator('[data-data^="t:tk:1"]').first.click()
    expect(desk).to_contain_text("Anna has it")
    words = desk.locator("[data-bubble]", has_text="Eszter:").last
    expect(words.get_by_test_id("reply")).to_contain_class("ring")
    words.get_by_test_id("reply").click()
    expect(desk.get_by_test_id("say")).to_contain_class("ring")
    desk.get_by_test_id("say").fill(ANSWER)
    desk.get_by_test_id("say").press("Enter")
    expect(desk).to_contain_text("T1 sending to Eszter by Telegram in 3 s.")
    expect(eszter).to_contain_text(ANSWER)
    expect(desk).to_contain_text("T1 ✓ sent to Eszter")
    expect(page.locator('[data-device="ferenc"]')).to_contain_text("Megkaptuk az üzenetét, száma T2.")
    page.get_by_test_id("clock-due").click()
    marek.locator('[data-data^="t:ak"]').first.click()
    expect(marek).to_contain_text("seen by Marek")
    expect(page.get_by_test_id("steps")).to_be_visible()
    times = eszter.locator("time").all_inner_texts()
    page.reload()
    expect(eszter).to_contain_text(ANSWER)
    assert eszter.locator("time").all_inner_texts() == times  # as they were before the clock was pushed
    happened = page.locator("#happenings li .what").all_text_contents()
    assert "Eszter wrote" in happened[-2] + happened[-1] and "late" in happened[0] + happened[1]


def test_undo_while_the_reply_is_held(page: Page) -> None:
    """M-9: a held reply is taken back by its button and never arrives."""
    eszter, desk = page.locator('[data-device="eszter"]'), page.locator('[data-device="desk"]')
    expect(desk).to_contain_text("Eszter:")
    desk.get_by_test_id("say").fill("/reply T1 A slip of the finger")
    desk.get_by_test_id("say").press("Enter")
    desk.locator('[data-data^="t:un"]').first.click()
    expect(desk).to_contain_text("T1 taken back; Eszter saw nothing.")
    expect(eszter).not_to_contain_text("slip of the finger")


def test_show_answers_once(page: Page) -> None:
    """M-9: the ticket is posted as a message; no dialog says the half of it over again."""
    desk = page.locator('[data-device="desk"]')
    desk.locator('[data-data^="t:sh:1"]').first.click()
    expect(desk.locator("[data-bubble]").last).to_contain_text("Eszter: Hello! My fuel card was declined")
    expect(desk.locator(".busy")).to_have_count(0)
    expect(desk.locator(".toast")).to_have_count(0)


def test_words_without_a_reply_are_for_colleagues_and_the_page_says_so(page: Page) -> None:
    """M-9: a newcomer who types at once is told what to press; Eszter sees nothing."""
    desk, eszter = page.locator('[data-device="desk"]'), page.locator('[data-device="eszter"]')
    expect(desk).to_contain_text("Eszter:")
    desk.get_by_test_id("say").fill("Try pump 4")
    desk.get_by_test_id("say").press("Enter")
    expect(desk.locator(".toast")).to_contain_text("To answer a customer, press Reply")
    expect(desk.locator("[data-bubble]").last).to_contain_text("Try pump 4")
    expect(eszter).not_to_contain_text("pump 4")
