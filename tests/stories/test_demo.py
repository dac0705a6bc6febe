"""The demo in a real browser: what a newcomer sees and does in the first minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.support import demo

pytestmark = pytest.mark.browser
DEVICES = ("anna", "desk", "marek", "ferenc", "irina")
MINUTE_S = 60.0
NOTICES = (
    ("anna", "Stacja 0412 Gdynia", "Station 0412 Gdynia, Morska 100 is out of service"),
    ("ferenc", "zarva", "Reason: power cut."),
    ("irina", "АЗС 0412 Gdynia", "Nearest: 0415, 0420."),
)
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


def device(page: Page, name: str) -> Locator:
    return page.locator(f'[data-device="{name}"]')


def take_and_answer(page: Page) -> None:
    """Ewa takes Anna's ticket and answers by Reply, led by the rings."""
    desk = device(page, "desk")
    desk.locator('[data-data^="t:tk:1"]').first.click()
    expect(desk).to_contain_text("Ewa has it")
    words = desk.locator("[data-bubble]", has_text="Anna:").last
    expect(words.get_by_test_id("reply")).to_contain_class("ring")
    words.get_by_test_id("reply").click()
    expect(desk.get_by_test_id("say")).to_contain_class("ring")
    desk.get_by_test_id("say").fill(ANSWER)
    desk.get_by_test_id("say").press("Enter")
    expect(desk).to_contain_text("T1 sending to Anna by Telegram in 3 s.")


def tell_of_the_outage(page: Page) -> None:
    """Marek declares it, reads whom it tells, and sends it."""
    marek = device(page, "marek")
    marek.locator(".offers button").click()
    send = marek.locator('[data-data^="t:oc"]').first
    expect(marek).to_contain_text("Tells 3: 1 SMS, 1 Telegram, 1 e-mail · languages: hu 1, pl 1, ru 1")
    expect(send).to_contain_class("ring")
    send.click()


def see(page: Page, name: str, words: str) -> None:
    """At phone width: open a device's tab, find the words there, and nothing cut off."""
    page.locator(f'[data-switch="{name}"]').click()
    expect(device(page, name)).to_contain_text(words)
    expect(page.locator(".device:visible")).to_have_count(1)
    fits(page)


def fits(page: Page) -> None:
    width, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width == shown


def test_the_first_minute(fresh: Page) -> None:
    """M-7, M-8, M-9, M-10, S0-8: message in, take, reply; unanswered, the manager's phone rings; a station fails and
    three people read it, each on his channel in his language, with a ledger. All within a minute, beginning to end."""
    page = fresh
    began = time.monotonic()
    anna, desk, marek, ferenc, irina = (device(page, name) for name in DEVICES)
    expect(anna).to_contain_text("numer T1.")
    expect(anna.locator(".gloss").last).to_contain_text("We have your message, number T1.")
    for other in (marek, ferenc, irina):
        expect(other).to_be_hidden()
    take_and_answer(page)
    expect(anna).to_contain_text(ANSWER)
    expect(desk).to_contain_text("T1 ✓ sent to Anna")
    expect(ferenc).to_contain_text("Megkaptuk az üzenetét, száma T2.")
    page.get_by_test_id("clock-due").click()
    marek.locator('[data-data^="t:ak"]').first.click()
    expect(marek).to_contain_text("seen by Marek")
    expect(irina).to_be_hidden()
    tell_of_the_outage(page)
    for reader, words, meaning in NOTICES:
        told = device(page, reader).locator("[data-bubble]").last
        expect(told.locator(".text")).to_contain_text(words)
        expect(told.locator(".gloss")).to_contain_text(meaning)
    expect(irina.locator(".subject").last).to_contain_text("АЗС 0412 Gdynia")
    expect(page.locator("#told tr").last).to_be_in_viewport()
    for reader in ("anna", "ferenc", "irina"):  # though the phones have shrunk to make room for it
        expect(device(page, reader).locator(".gloss").last).to_be_in_viewport()
    expect(page.locator("#told tr")).to_have_count(3)
    expect(page.locator("#told")).to_contain_text("Ferenc, Zefir")
    expect(page.locator("#told tr", has_text="SMS")).to_contain_text("delivered")
    expect(page.locator("#told tr", has_text="e-mail")).to_contain_text("ru")
    expect(page.locator('#steps [data-done="no"]')).to_have_count(0)
    assert time.monotonic() - began < MINUTE_S


def test_a_reload_shows_what_was_there(fresh: Page) -> None:
    """The clock that was pushed moves no message that was written before."""
    page = fresh
    anna = device(page, "anna")
    take_and_answer(page)
    expect(anna).to_contain_text(ANSWER)
    expect(device(page, "ferenc")).to_contain_text("T2.")
    page.get_by_test_id("clock-due").click()
    expect(device(page, "marek")).to_be_visible()
    times = anna.locator("time").all_inner_texts()
    page.reload()
    expect(anna).to_contain_text(ANSWER)
    assert anna.locator("time").all_inner_texts() == times  # as they were before the clock was pushed
    happened = page.locator("#happenings li .what").all_text_contents()
    assert "Anna wrote" in happened[-2] + happened[-1] and "late" in happened[0] + happened[1]


def test_the_first_minute_on_a_phone(fresh: Page) -> None:
    """M-8: the same story at phone width, a device at a time; nothing is cut off at any step of it."""
    page = fresh
    page.set_viewport_size({"width": 390, "height": 844})
    began = time.monotonic()
    see(page, "anna", "numer T1.")
    see(page, "desk", "Anna:")
    take_and_answer(page)
    see(page, "anna", ANSWER)
    see(page, "ferenc", "száma T2.")
    page.get_by_test_id("clock-due").click()
    see(page, "marek", "nobody has it")
    device(page, "marek").locator('[data-data^="t:ak"]').first.click()
    see(page, "marek", "seen by Marek")
    tell_of_the_outage(page)
    for reader, words, _ in NOTICES:
        see(page, reader, words)
    page.get_by_test_id("ledger").click()
    expect(page.locator("#told tr", has_text="Irina")).to_be_in_viewport()
    fits(page)
    assert time.monotonic() - began < MINUTE_S


def test_the_story_by_keyboard(fresh: Page) -> None:
    """M-9: what the guide rings is pressed with Enter; focus is never lost on the way."""
    page = fresh
    take = device(page, "desk").locator('[data-data^="t:tk:1"]').first
    take.focus()
    page.keyboard.press("Enter")
    reply = device(page, "desk").locator(".reply.ring")
    reply.focus()
    page.keyboard.press("Enter")
    page.keyboard.type(ANSWER)
    page.keyboard.press("Enter")
    expect(device(page, "ferenc")).to_contain_text("T2.")
    page.get_by_test_id("clock-due").focus()
    page.keyboard.press("Enter")
    ack = device(page, "marek").locator('[data-data^="t:ak"]').first
    ack.focus()
    page.keyboard.press("Enter")
    offer = device(page, "marek").locator(".offers button")
    expect(offer).to_contain_class("ring")
    offer.focus()
    page.keyboard.press("Enter")
    send = device(page, "marek").locator('[data-data^="t:oc"]').first
    expect(send).to_contain_class("ring")
    assert page.evaluate("document.activeElement.closest('[data-device]').dataset.device") == "marek"
    send.focus()
    page.keyboard.press("Enter")
    expect(device(page, "irina")).to_contain_text("АЗС 0412")


def test_a_customer_answers_by_mail_and_by_text(fresh: Page) -> None:
    """M-8: what is typed on a phone is a real mail, a real text message; both become tickets."""
    page = fresh
    desk = device(page, "desk")
    expect(desk).to_contain_text("Anna:")
    for name, words in (("irina", "Здравствуйте, нужна копия счёта"), ("ferenc", "Mikor lesz kész?")):
        page.locator(f'[data-switch="{name}"]').click()
        device(page, name).get_by_test_id("say").fill(words)
        device(page, name).get_by_test_id("say").press("Enter")
        expect(desk).to_contain_text(words)
    expect(device(page, "irina")).to_contain_text("T2")
    expect(device(page, "irina").locator(".gloss").last).to_contain_text("We have your message, number T2.")


def test_a_trouble_is_made_at_the_wire_and_seen_in_the_ledger(fresh: Page) -> None:
    """M-7, S0-8: Ferenc's phone is out of reach and Irina's server refuses her: it is written who was not told."""
    page = fresh
    take_and_answer(page)
    expect(device(page, "ferenc")).to_contain_text("T2.")
    page.get_by_test_id("engineers").click()
    for trouble in ("sms-undelivered", "mail-550"):
        page.locator(f'[data-trouble="{trouble}"] input').check()
    expect(page.locator("#troubles")).to_have_text("2")
    page.locator('[data-trouble="sms-twice"]').click()
    page.get_by_test_id("clock-due").click()
    device(page, "marek").locator('[data-data^="t:ak"]').first.click()
    tell_of_the_outage(page)
    expect(page.locator("#told tr", has_text="Irina").first).to_contain_text("failed")
    expect(page.locator("#told tr", has_text="Ferenc").first).to_contain_text("failed")
    expect(page.locator("#told tr", has_text="Ferenc").last).to_contain_text("e-mail")  # the next way he has
    expect(device(page, "ferenc")).not_to_contain_text("0412 Gdynia")
    expect(device(page, "desk").locator("[data-bubble]", has_text="Ferenc:")).to_have_count(1)  # told twice, once there


def test_undo_while_the_reply_is_held(page: Page) -> None:
    """M-9: a held reply is taken back by its button and never arrives."""
    anna, desk = device(page, "anna"), device(page, "desk")
    expect(desk).to_contain_text("Anna:")
    desk.get_by_test_id("say").fill("/reply T1 A slip of the finger")
    desk.get_by_test_id("say").press("Enter")
    desk.locator('[data-data^="t:un"]').first.click()
    expect(desk).to_contain_text("T1 taken back; Anna saw nothing.")
    expect(anna).not_to_contain_text("slip of the finger")


def test_show_answers_once(page: Page) -> None:
    """M-9: the ticket is posted as a message; no dialog says the half of it over again."""
    desk = page.locator('[data-device="desk"]')
    desk.locator('[data-data^="t:sh:1"]').first.click()
    expect(desk.locator("[data-bubble]").last).to_contain_text("Anna: Dzień dobry! Moja karta paliwowa")
    expect(desk.locator(".busy")).to_have_count(0)
    expect(desk.locator(".toast")).to_have_count(0)


def test_words_without_a_reply_are_for_colleagues_and_the_page_says_so(page: Page) -> None:
    """M-9: a newcomer who types at once is told what to press; Anna sees nothing."""
    desk, anna = device(page, "desk"), device(page, "anna")
    expect(desk).to_contain_text("Anna:")
    desk.get_by_test_id("say").fill("Try pump 4")
    desk.get_by_test_id("say").press("Enter")
    expect(desk.locator(".toast")).to_contain_text("To answer a customer, press Reply")
    expect(desk.locator("[data-bubble]").last).to_contain_text("Try pump 4")
    expect(anna).not_to_contain_text("pump 4")
