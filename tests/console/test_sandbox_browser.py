"""The sandbox page in a real browser: the guide, writing, replying, the clock, folding, reconnecting, narrow."""

import re
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from msgspec.structs import replace
from playwright.async_api import Browser, Page, async_playwright, expect

from console import sandbox as page
from tests.console import fake

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
EXPECTED = r"net::ERR_|400 \(Bad Request\)"  # two tests stop the server or are refused on purpose
PARTS = (".gloss", ".text")
NASTY = "<img src=x onerror=document.title=1>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all: starting it takes longer than any test
]


async def serve(sandbox: fake.FakeSandbox, port: int = 0) -> web.AppRunner:
    app = web.Application()
    page.mount(app, sandbox)
    runner = web.AppRunner(app, shutdown_timeout=2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


@pytest.fixture
def sandbox() -> fake.FakeSandbox:
    return fake.FakeSandbox(fake.full())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        assert CHROMIUM, "Chromium is missing: apt-get install chromium"
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def runner(sandbox: fake.FakeSandbox) -> AsyncIterator[web.AppRunner]:
    started = await serve(sandbox)
    yield started
    await started.cleanup()


@pytest_asyncio.fixture(loop_scope="module")
async def tab(runner: web.AppRunner, browser: Browser) -> AsyncIterator[Page]:
    """The page in a profile of its own; what the browser complains of (script, refused file, policy) fails the test."""
    complaints: list[str] = []
    async with await browser.new_context(viewport={"width": 1440, "height": 900}) as profile:
        opened = await profile.new_page()
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        await opened.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/sandbox")
        await expect(opened.locator("[data-bubble=s4]")).to_be_visible()
        yield opened
    assert [line for line in complaints if not re.search(EXPECTED, line)] == []


async def test_the_guide_rings_the_card_then_the_reply_then_the_input(tab: Page) -> None:
    take = tab.locator('[data-device=staff] [data-data="t:tk:104"]')
    await expect(tab.locator(".ring")).to_have_count(1)
    await expect(take).to_contain_class("ring")
    await take.click()
    await expect(tab.locator("[data-device=staff] .toast")).to_have_text("Yours now: T104OK")
    reply = tab.locator("[data-bubble=s3] [data-testid=reply]")
    await expect(reply).to_contain_class("ring")
    await expect(reply).to_have_css("opacity", "1")
    box = tab.locator("[data-device=staff] [data-testid=say]")
    await box.press("Control+ArrowUp")  # Anna's note: not what is to be answered
    await expect(reply).to_contain_class("ring")
    await box.press("Control+ArrowUp")
    await expect(box).to_contain_class("ring")
    await expect(tab.locator(".ring")).to_have_count(1)
    await box.press("Escape")
    await expect(reply).to_contain_class("ring")


async def test_words_that_answer_nothing_are_said_to_be_for_colleagues(tab: Page) -> None:
    desk = tab.locator("[data-device=staff]")
    box, aside = desk.get_by_test_id("say"), desk.locator(".aside")
    await box.fill("Hello Eszter")
    await expect(aside).to_have_text(fake.ASIDE)
    await box.press("Enter")
    await expect(desk.locator(".toast span")).to_have_text(fake.ASIDE)
    await expect(aside).to_be_hidden()
    await box.fill("/reply T104 Hello")
    await expect(aside).to_be_hidden()
    await box.fill("Hello again")
    await expect(aside).to_be_visible()
    await desk.locator("[data-bubble=s3] [data-testid=reply]").click()
    await expect(aside).to_be_hidden()
    await box.press("Enter")
    await expect(box).to_have_value("")
    await expect(desk.locator(".toast")).to_have_count(1)
    await desk.locator('[data-thread="7"]').click()
    await box.fill("A note in the topic")
    await expect(aside).to_be_hidden()


async def test_a_quote_follows_what_it_quotes(tab: Page, sandbox: fake.FakeSandbox) -> None:
    desk = tab.locator("[data-device=staff]")
    await desk.locator("[data-bubble=s2] [data-testid=reply]").click()
    card = sandbox.shown.devices[1].bubbles[2]
    sandbox.announce(page.bubble_change("staff", replace(card, text="T104 · Anna has it")))
    await expect(desk.locator("[data-bubble=s4] .cited span")).to_have_text("T104 · Anna has it")
    await expect(desk.locator(".quote p span")).to_have_text("T104 · Anna has it")
    sandbox.announce(page.gone_change("staff", "s2"))
    await expect(desk.locator("[data-bubble=s4] .cited")).to_be_hidden()
    await expect(desk.locator(".quote")).to_be_hidden()


async def test_what_happened_stands_newest_first(tab: Page, sandbox: fake.FakeSandbox) -> None:
    rows = tab.locator("#happenings li")
    newest_first = ["h4", "h3", "h2", "h1"]
    assert [await row.get_attribute("data-happening") for row in await rows.all()] == newest_first
    await expect(tab.locator("#latest")).to_contain_text("out · acknowledgement")
    sandbox.announce(page.happening_change(page.Happening("h5", fake.NOON, "T104: Anna answered → queued")))
    await expect(rows).to_have_count(5)
    sandbox.announce(page.happening_change(page.Happening("h2", fake.NOON, "ticket · T104 opened in Fuel")))
    sandbox.announce(page.happening_change(page.Happening("h5", fake.NOON, "T104: Anna answered → sent")))
    await expect(tab.locator("#latest")).to_have_text("T104: Anna answered → sent")
    assert [await row.get_attribute("data-happening") for row in await rows.all()] == ["h5", *newest_first]
    await expect(tab.locator("[data-happening=h2] .what")).to_have_text("ticket · T104 opened in Fuel")


async def test_a_reply_is_written_with_the_keyboard_alone(tab: Page, sandbox: fake.FakeSandbox) -> None:
    await tab.locator("[data-bubble=s3] [data-testid=reply]").focus()
    await tab.keyboard.press("Enter")
    await tab.keyboard.type(NASTY)
    await tab.keyboard.press("Shift+Enter")
    await tab.keyboard.type("second line")
    await tab.keyboard.press("Enter")
    bubble = tab.locator("[data-device=staff] [data-bubble=x1]")
    await expect(bubble.locator(".text")).to_have_text(f"{NASTY}\nsecond line")
    await expect(bubble.locator(".cited")).to_contain_text("Jó napot!")
    await expect(tab.locator("[data-device=staff] [data-testid=say]")).to_have_value("")
    assert sandbox.told == [("say", "staff", "anna", f"{NASTY}\nsecond line", "s3", "7")]
    assert await tab.title() == "Sandbox · Centrala"


async def test_escape_takes_the_quote_back(tab: Page) -> None:
    quote = tab.locator("[data-device=staff] .quote")
    await tab.locator("[data-device=staff] [data-testid=say]").focus()
    await tab.keyboard.press("Control+ArrowUp")
    await expect(quote).to_contain_text("0412 reader")
    await tab.keyboard.press("Escape")
    await expect(quote).to_be_hidden()


async def test_another_person_writes_in_a_topic(tab: Page, sandbox: fake.FakeSandbox) -> None:
    desk = tab.locator("[data-device=staff]")
    await desk.locator("[data-person=marek]").click()
    await desk.locator('[data-thread="5"]').click()
    await expect(desk.locator("[data-bubble=s3]")).to_be_hidden()
    await desk.locator("[data-testid=say]").fill("Closed for good?")
    await desk.locator("[data-testid=send]").click()
    await expect(desk.locator("[data-bubble=x1]")).to_be_visible()
    assert sandbox.told == [("say", "staff", "marek", "Closed for good?", None, "5")]


async def test_the_clock_moves_and_a_folded_phone_shows_what_is_unread(tab: Page) -> None:
    await tab.locator("[data-testid=clock-60]").click()
    await expect(tab.locator("[data-testid=now]")).to_have_text("Tue 3 Mar 2026 13:04 CET")
    shelf = tab.locator("[data-switch=manager]")
    await expect(shelf.locator(".badge")).to_have_text("1")
    await shelf.click()
    await expect(tab.locator("[data-device=manager] .text").last).to_have_text("T104 is due")
    await expect(shelf).to_be_hidden()


async def test_what_lies_ready_is_said_with_one_press(tab: Page, sandbox: fake.FakeSandbox) -> None:
    desk = sandbox.shown.devices[1]
    sandbox.announce(page.device_change(replace(desk, offers=(fake.OFFER,))))
    sandbox.announce(page.steps_change((page.Step("Press it", False, "offer:staff"),)))
    key = tab.locator("[data-device=staff] .offers button")
    await expect(key).to_have_text(fake.OFFER.text)
    await expect(key).to_contain_class("ring")
    await key.focus()
    await tab.keyboard.press("Enter")
    await expect(tab.locator("[data-bubble=x1] .text")).to_have_text(fake.OFFER.say)
    assert sandbox.told == [("say", "staff", "anna", fake.OFFER.say, None, None)]
    sandbox.announce(page.device_change(desk))
    await expect(key).to_have_count(0)
    await expect(tab.locator("[data-device=staff] [data-testid=say]")).to_be_focused()


async def test_a_subject_and_a_translation_stay_text_and_stand_apart(tab: Page, sandbox: fake.FakeSandbox) -> None:
    sandbox.put("eszter", page.Bubble("g1", "theirs", "Centrala", "zárva", fake.NOON, subject=NASTY, gloss=NASTY))
    bubble = tab.locator("[data-bubble=g1]")
    await expect(bubble.locator(".subject")).to_have_text(NASTY)
    await expect(bubble.locator(".gloss")).to_have_text(NASTY)
    await expect(tab.locator("[data-bubble=e1] .gloss")).to_be_hidden()
    assert await tab.title() == "Sandbox · Centrala"
    sizes = [await bubble.locator(part).evaluate("it => parseFloat(getComputedStyle(it).fontSize)") for part in PARTS]
    assert sizes[0] < sizes[1]


async def test_the_ledger_opens_by_itself_once_it_has_lines(tab: Page, sandbox: fake.FakeSandbox) -> None:
    drawer, rows = tab.locator("#ledger"), tab.locator("#told tr")
    await expect(drawer).to_be_hidden()
    sandbox.announce(page.ledger_change(fake.told()))
    await expect(drawer).to_be_visible()
    await expect(rows).to_have_count(0)
    sandbox.announce(page.ledger_change(fake.told("queued", "queued")))
    await expect(rows.last).to_be_visible()
    await tab.get_by_test_id("ledger").click()
    sandbox.announce(page.ledger_change(fake.told("delivered", "failed: blocked")))
    await expect(rows.last).to_be_hidden()  # who has closed it is not bothered again
    await expect(rows.last).to_contain_text("failed: blocked")
    assert await tab.evaluate("document.documentElement.scrollWidth") == 1440


async def test_drawers_leave_room_and_open_one_at_a_time(tab: Page, sandbox: fake.FakeSandbox) -> None:
    sandbox.announce(page.ledger_change(fake.told(*["sent"] * 40)))
    await expect(tab.locator("#told tr").first).to_be_visible()
    for name in ("happened", "engineers", "ledger"):
        await tab.get_by_test_id(name).click()
        await expect(tab.locator("details[open]")).to_have_count(1)
        for other in ("happened", "engineers", "ledger"):
            await expect(tab.get_by_test_id(other)).to_be_in_viewport(ratio=1)
        assert await tab.locator("[data-device=staff] .log").evaluate("log => log.clientHeight") > 150


async def test_troubles_are_switched_by_keyboard_and_counted(tab: Page, sandbox: fake.FakeSandbox) -> None:
    await tab.get_by_test_id("engineers").focus()
    await tab.keyboard.press("Enter")
    box = tab.locator("[data-trouble=lost] input")
    await box.focus()
    await tab.keyboard.press("Space")
    await expect(tab.locator("#troubles")).to_have_text("1")
    await expect(box).to_be_checked()
    await expect(box).to_be_focused()
    await tab.keyboard.press("Space")
    await expect(tab.locator("#troubles")).to_be_hidden()
    async with tab.expect_response("**/sandbox/switch"):
        await tab.locator("[data-trouble=twice]").click()
    assert sandbox.told == [("switch", "lost", True), ("switch", "lost", False), ("switch", "twice", True)]


async def test_a_refused_order_is_said_and_the_text_kept(tab: Page) -> None:
    box = tab.locator("[data-device=staff] [data-testid=say]")
    await box.fill("x" * 20_001)
    await box.press("Enter")
    await expect(tab.locator("[data-device=staff] .toast")).to_contain_text("text: String should have at most")
    assert len(await box.input_value()) == 20_001


async def test_after_a_restart_the_page_catches_up(tab: Page, sandbox: fake.FakeSandbox, runner: web.AppRunner) -> None:
    port = runner.addresses[0][1]
    await runner.cleanup()
    await expect(tab.locator("#lost")).to_be_visible()
    sandbox.put("staff", page.Bubble("late", "theirs", "Centrala", "Said while nobody listened", fake.NOON))
    again = await serve(sandbox, port)
    await expect(tab.locator("[data-bubble=late]")).to_be_visible(timeout=15_000)
    await expect(tab.locator("#lost")).to_be_hidden()
    await again.cleanup()


async def test_on_a_phone_nothing_is_cut_off_and_devices_are_tabs(tab: Page) -> None:
    await tab.set_viewport_size({"width": 375, "height": 812})
    await expect(tab.locator(".device:visible")).to_have_count(1)
    await tab.locator("[data-switch=staff]").click()
    await expect(tab.locator("[data-device=staff] [data-testid=send]")).to_be_in_viewport(ratio=1)
    assert await tab.evaluate("document.documentElement.scrollWidth") == 375


async def test_on_a_phone_a_toast_takes_no_tap(tab: Page, sandbox: fake.FakeSandbox) -> None:
    await tab.set_viewport_size({"width": 390, "height": 844})
    await tab.locator("[data-switch=staff]").click()
    desk = tab.locator("[data-device=staff]")
    for loud in (True, False):
        text = "T104 has changed since this card. Nothing was done. " * 3
        sandbox.announce(page.toast_change("staff", text, loud=loud))
    await expect(desk.locator(".toast")).to_have_count(2)
    newest = desk.locator("[data-bubble=s4] [data-testid=reply]")
    await newest.click(timeout=2_000)
    await expect(desk.locator(".quote")).to_contain_text("0412 reader")
    passing = desk.locator(".toast:not(.loud)")
    assert await passing.evaluate(
        "toast => { const box = toast.getBoundingClientRect();"
        " return !toast.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)); }"
    )
    await desk.locator(".toast.loud button").click()
    await expect(desk.locator(".toast.loud")).to_have_count(0)


@pytest.mark.parametrize("hint", ["Press Reply, or type /commands", "A hint that no phone has the width for, " * 3])
async def test_on_a_phone_a_hint_stays_on_its_line(tab: Page, sandbox: fake.FakeSandbox, hint: str) -> None:
    await tab.set_viewport_size({"width": 390, "height": 844})
    await tab.locator("[data-switch=staff]").click()
    sandbox.announce(page.device_change(replace(sandbox.shown.devices[1], hint=hint)))
    box = tab.locator("[data-device=staff] [data-testid=say]")
    await expect(box).to_have_attribute("placeholder", hint)
    assert await box.evaluate("box => box.scrollHeight <= box.clientHeight")


async def test_a_picture_is_sent_by_keys_alone_with_what_is_typed(sandbox: fake.FakeSandbox, browser: Browser) -> None:
    """Tab, Enter; Escape closes the shelf and goes back to its button."""
    sandbox.shown = fake.small()
    runner = await serve(sandbox)
    try:
        port = runner.addresses[0][1]
        async with await browser.new_context(viewport={"width": 390, "height": 800}) as own:
            tab = await own.new_page()
            await tab.goto(f"http://127.0.0.1:{port}/sandbox")
            device = tab.locator('[data-device="eszter"]')
            opener = device.get_by_test_id("pictures")
            await device.get_by_test_id("say").fill("Look at this")
            await opener.press("Enter")
            await expect(device.locator(".shelf button")).to_have_count(3)
            await tab.keyboard.press("Escape")
            await expect(opener).to_be_focused()
            await opener.press("Enter")
            await tab.keyboard.press("Tab")
            await expect(device.locator('[data-picture="pump"]')).to_be_focused()
            assert await tab.evaluate("document.documentElement.scrollWidth") <= 390
            await tab.keyboard.press("Enter")
            shown = device.locator(".bubble", has_text="Look at this").locator("img")
            await expect(shown).to_be_visible()
            assert await shown.evaluate("async one => { await one.decode(); return one.naturalWidth; }") == 320
    finally:
        await runner.cleanup()
    assert sandbox.told == [("say", "eszter", "eszter", "Look at this", None, None, "pump")]
