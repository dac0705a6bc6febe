"""An agent's day on the pages, in a real browser: signing in, a ticket that arrives, replies, notes, commands."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support import browser as browsers
from tests.support import cast
from tests.support import stage as stages
from tests.support.stage import Stage

LINK = re.compile(r"http://127\.0\.0\.1:\d+/sign-in/link/\S+")
REFUSED = "404 \\(Not Found\\)"
SHOTS = os.environ.get("CENTRALA_TEST_SHOTS", "")

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
    """Replies are held long enough to be taken back by hand."""
    async with stages.playing(database_url, tmp_path, bot={"hold_s": 20}) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="module")
async def tab(stage: Stage, browser: Browser) -> AsyncIterator[Page]:
    """Anna's browser, signed in by the bot's link."""
    async with browsers.tab(browser) as opened:
        await sign_in(stage, opened)
        yield opened


async def link(stage: Stage, *, by: Any = None) -> str:
    """What the bot answers to /web in a colleague's own chat."""
    chat = stage.world.private(by or stage.anna)
    await stage.say(by or stage.anna, chat, "/web")
    [found] = LINK.findall(stage.bot_texts(chat.id)[-1])
    return found


async def sign_in(stage: Stage, tab: Page, *, by: Any = None) -> None:
    await tab.goto(await link(stage, by=by))
    await tab.get_by_role("button", name="Yes, I am").click()
    await expect(tab.get_by_role("heading", name="My work")).to_be_visible()
    await expect(tab.locator("body[data-connected=yes]")).to_be_attached()


def address(stage: Stage, path: str = "") -> str:
    return f"http://127.0.0.1:{stage.app.port}{path}"


async def shot(tab: Page, name: str) -> None:
    """A picture for a person to look at, where one is asked for."""
    if SHOTS:
        await tab.screenshot(path=f"{SHOTS}/{name}.png")


async def replies(stage: Stage) -> list[tuple[str, str]]:
    found = await stage.rows("SELECT text, state FROM messages WHERE purpose = 'reply' ORDER BY id")
    return [(row["text"], row["state"]) for row in found]


async def test_a_link_signs_in_once_by_a_press_and_not_by_a_preview(stage: Stage, browser: Browser) -> None:
    """S3-23: whoever only opens the link has spent nothing; whoever presses has."""
    found = await link(stage)
    async with browsers.tab(browser, expected=REFUSED) as tab:
        for _ in range(2):
            await tab.goto(found)
            await expect(tab.get_by_role("heading")).to_have_text("Sign in as Anna?")
        await tab.goto(address(stage))
        await expect(tab).to_have_url(address(stage, "/sign-in"))
        await shot(tab, "sign-in")
        await tab.goto(found)
        await tab.get_by_role("button", name="Yes, I am Anna").click()
        await expect(tab).to_have_url(address(stage, "/my"))
        await tab.goto(found)
        await expect(tab.get_by_role("heading")).to_have_text("This link does not work any more")
        await tab.get_by_role("link", name="Centrala").click()
        await tab.locator(".me summary").click()
        await tab.get_by_role("button", name="Sign out").click()
        await expect(tab).to_have_url(address(stage, "/sign-in"))


async def test_a_ticket_arrives_live_is_taken_answered_and_the_answer_taken_back(stage: Stage, tab: Page) -> None:
    """S3-23: nobody loads a page again; the customer sees nothing of what was taken back."""
    await tab.goto(address(stage, "/queues/inbox"))
    await expect(tab.get_by_text("Nothing waits here.")).to_be_visible()
    await stage.customer("My card <b>is</b> blocked, see https://zefir.example/card?a=1&b=2")
    await expect(tab.locator("#T1")).to_contain_text("My card <b>is</b> blocked")
    await expect(tab.locator("#T1 .left")).to_have_text(re.compile(r"(1 hr|\d+ min) left"))
    await shot(tab, "queue")
    await tab.locator("#T1").click()
    await tab.get_by_role("button", name="Take").click()
    await expect(tab.locator("#said")).to_contain_text("T1 is yours.")
    await expect(tab.locator("#mine")).to_have_text("1")
    anchor = tab.locator("#thread a[href^=https]")
    assert await anchor.get_attribute("href") == "https://zefir.example/card?a=1&b=2"
    await tab.get_by_label("Your text").fill("It works again.")
    await tab.get_by_role("button", name="Send to Eszter by Telegram").click()
    await expect(tab.locator("#said")).to_contain_text("T1 sending to Eszter by Telegram in 20 s.")
    await shot(tab, "held")
    await tab.locator("#thread").get_by_role("button", name="Undo").click()
    await expect(tab.locator("#said")).to_contain_text("T1: taken back. Eszter saw nothing.")
    await expect(tab.locator(".delivery")).to_have_text("taken back")
    assert await replies(stage) == [("It works again.", "cancelled")]


async def test_what_is_typed_stays_while_the_conversation_grows(stage: Stage, tab: Page) -> None:
    """S3-23: focus, words and the place of the cursor are the agent's."""
    await stage.customer("First")
    await tab.goto(address(stage, "/tickets/T1"))
    await expect(tab.locator("body[data-connected=yes]")).to_be_attached()
    await tab.get_by_label("Your text").press_sequentially("Half a sen")
    await stage.customer("Second")
    await expect(tab.locator(".entry.customer")).to_have_count(2)
    await tab.keyboard.type("tence")
    await expect(tab.get_by_label("Your text")).to_have_value("Half a sentence")
    await tab.reload()
    await expect(tab.get_by_label("Your text")).to_have_value("Half a sentence")


async def test_a_note_is_a_note_and_looks_like_one(stage: Stage, tab: Page) -> None:
    """S3-23: the mode is chosen, the button says it, the customer sees nothing."""
    await stage.customer("First")
    before = len(stage.texts(stage.world.private(stage.eszter).id))
    await tab.goto(address(stage, "/tickets/T1"))
    await tab.get_by_label("Note", exact=True).check()
    await expect(tab.get_by_role("button", name=re.compile("^Send to"))).to_be_hidden()
    await tab.get_by_label("Your text").fill("He called twice.")
    await shot(tab, "note")
    await tab.keyboard.press("Control+Enter")
    await expect(tab.locator(".entry.note")).to_contain_text("note, only colleagues see it")
    await stage.settled()
    assert len(stage.texts(stage.world.private(stage.eszter).id)) == before
    assert await replies(stage) == []


async def test_the_box_for_commands_speaks_as_the_bot_does(stage: Stage, tab: Page) -> None:
    """S3-23: the same grammar, the same sentences; a refused command can be mended."""
    await stage.customer("First")
    await tab.goto(address(stage, "/tickets/T1"))
    box = tab.get_by_label("Command")
    await box.fill("/clsoe")
    await box.press("Enter")
    await expect(tab.get_by_role("alert")).to_have_text(
        '"clsoe" is not a command. Did you mean /close? Nothing was sent.'
    )
    await shot(tab, "refused")
    await expect(tab.get_by_label("Command")).to_have_value("/clsoe")
    await expect(tab.get_by_label("Your text")).to_have_value("")  # there it would go to the customer
    await tab.get_by_label("Command").fill("assign Marek")
    await tab.get_by_label("Command").press("Enter")
    await expect(tab.locator("#said")).to_have_text("T1: nobody → Marek")
    assert (await stage.ticket())["assignee"] == "Marek"


async def test_a_close_by_what_was_seen_before_is_asked_again(stage: Stage, tab: Page) -> None:
    """S3-23: the customer wrote meanwhile; the page says so as the bot does, and offers both ways on."""
    await stage.customer("First")
    await tab.goto(address(stage, "/tickets/T1"))
    await tab.evaluate("() => { for (const one of document.querySelectorAll('[data-live]')) delete one.dataset.live; }")
    await stage.customer("Wait!")
    await tab.locator("#facts").get_by_role("button", name="Close").click()
    await expect(tab.locator("#said")).to_contain_text("T1 has changed since this card. Nothing was done.")
    await tab.locator("#said").get_by_role("button", name="Close anyway").click()
    await expect(tab.locator("#said")).to_contain_text("T1 closed.")
    await expect(tab.get_by_text("The ticket is closed. Reopen it to reply.")).to_be_visible()


async def test_all_of_it_by_keyboard(stage: Stage, tab: Page) -> None:
    """S3-23: from the list to an answer that is on its way, without a mouse."""
    await stage.customer("First")
    await tab.goto(address(stage, "/queues"))
    await tab.keyboard.press("/")
    await expect(tab.get_by_label("Command")).to_be_focused()
    await tab.keyboard.type("take T1")
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#said")).to_be_focused()
    await tab.keyboard.press("Tab")  # the ticket's name in the answer
    await tab.keyboard.press("Enter")
    await expect(tab).to_have_url(re.compile("/tickets/T1$"))
    for _ in range(40):
        await tab.keyboard.press("Tab")
        if await tab.evaluate("document.activeElement.id") == "words":
            break
    await tab.keyboard.type("Done.")
    await tab.keyboard.press("Control+Enter")
    await expect(tab.locator("#said")).to_contain_text("T1 sending to Eszter by Telegram")
    assert await replies(stage) == [("Done.", "queued")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_nothing_is_wider_than_the_screen(stage: Stage, browser: Browser, scheme: Any) -> None:
    """S3-23: 390 px, in the longest language, by day and by night."""
    await stage.customer("W" * 300)
    await stage.staff("/note T1 " + "long " * 60)
    size = {"width": 390, "height": 844}
    async with browsers.tab(browser, viewport=size, color_scheme=scheme, locale="ru-RU") as tab:
        await tab.goto(await link(stage))
        await tab.get_by_role("button").click()
        for path in ("/my", "/queues", "/queues/inbox", "/tickets/T1", "/account"):
            await tab.goto(address(stage, path))
            wide = await tab.evaluate("document.documentElement.scrollWidth")
            await shot(tab, f"phone-{scheme}{path.replace('/', '-')}")
            assert wide <= 390, path


async def test_whoever_is_removed_is_out_at_once(stage: Stage, tab: Page) -> None:
    """S20: the open page too, without a click."""
    await stage.customer("First")
    await tab.goto(address(stage, "/queues/inbox"))
    await expect(tab.locator("#T1")).to_be_visible()
    async with stage.app.store.unit() as work:
        await cast.staff.remove(work, "Anna")
    await expect(tab).to_have_url(address(stage, "/sign-in"), timeout=15_000)


@pytest.mark.parametrize("language", ["en", "pl", "sk", "hu", "ru"])
async def test_no_way_of_the_bar_is_cut_at_any_width_of_a_desk(stage: Stage, tab: Page, language: str) -> None:
    """B-11: words are longer in some languages; on a phone the ways are pushed aside by a finger."""
    async with stage.app.store.unit() as work:
        await work.change("UPDATE staff SET language = ?, role = 'admin'", language)
    await tab.goto(await link(stage))
    await tab.locator("main form button[type=submit]").click()
    await expect(tab.locator("body[data-connected=yes]")).to_be_attached()
    for width in (1400, 1301, 1300, 1200, 1101, 1100, 900, 760):
        await tab.set_viewport_size({"width": width, "height": 700})
        cut = await tab.locator(".ways").evaluate("one => one.scrollWidth - one.clientWidth")
        assert cut <= 0, f"{language}, {width} px: {cut} px are cut"
    await shot(tab, f"bar-{language}")
