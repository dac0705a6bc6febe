"""The demo in a real browser: what a newcomer sees and does in the first minute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.support import demo

pytestmark = pytest.mark.browser
ANSWER = "Your card is open again. Safe journey!"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The sandbox page of a fresh demo, in Chromium."""
    assert Path(demo.BROWSER).exists(), "Chromium is missing: apt-get install chromium"
    with demo.running(tmp_path / "data") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=demo.BROWSER, args=list(demo.BROWSER_FLAGS))
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        opened.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)
        opened.goto(address)
        yield opened
        browser.close()


def test_the_first_minute(page: Page) -> None:
    """M-8, M-9, M-10: message in, take, reply, reply seen on the phone; unanswered, the manager's phone rings."""
    eszter, desk, marek = (page.locator(f'[data-device="{name}"]') for name in ("eszter", "desk", "marek"))
    expect(eszter).to_contain_text("We have your message, number T1.")
    desk.locator('[data-data^="t:tk:1"]').first.click()
    expect(desk).to_contain_text("Anna has it")
    words = desk.locator("[data-bubble]", has_text="Eszter:").last
    words.get_by_test_id("reply").click()
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


def test_undo_while_the_reply_is_held(page: Page) -> None:
    """M-9: a held reply is taken back by its button and never arrives."""
    eszter, desk = page.locator('[data-device="eszter"]'), page.locator('[data-device="desk"]')
    expect(desk).to_contain_text("Eszter:")
    desk.get_by_test_id("say").fill("/reply T1 A slip of the finger")
    desk.get_by_test_id("say").press("Enter")
    desk.locator('[data-data^="t:un"]').first.click()
    expect(desk).to_contain_text("T1 taken back; Eszter saw nothing.")
    expect(eszter).not_to_contain_text("slip of the finger")
