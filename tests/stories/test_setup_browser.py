"""Setting up in a real browser: from an empty folder to a hub that receives, and who may not."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright, expect

from channels.telegram.simulator import BotApi
from hub import settings
from tests.support import demo, setting_up
from tests.support.imap import PASSWORD, USER, ImapServer
from tests.support.ports import free_port
from tests.support.setting_up import Running

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("CENTRALA_TEST_SHOTS", "")
TOKEN = "1000:token-pasted-at-set-up"
WRONG = "1000:token-that-is-not-right"


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    simulated = BotApi(TOKEN)
    await simulated.start()
    yield simulated
    await simulated.stop()


@asynccontextmanager
async def opened(link: str, *, width: int = 1280) -> AsyncIterator[Page]:
    """The page in a browser of its own; a complaint of it (script, policy) fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=demo.BROWSER, args=list(demo.BROWSER_FLAGS))
        profile = await browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
        page = await profile.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        await page.goto(link)
        yield page
        await browser.close()
    assert [line for line in complaints if "400 (Bad Request)" not in line] == []


async def shot(page: Page) -> None:
    """A picture for a person to look at, where one is asked for."""
    if SHOTS:
        await page.wait_for_load_state()
        name = f"{page.url.rsplit('/', 1)[-1].partition('?')[0]}-{(page.viewport_size or {}).get('width')}"
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


async def no_secret(page: Page) -> None:
    """S21: what the hub has put into the page; what a person has typed there is not in it."""
    shown = await page.content()
    assert not [one for one in (TOKEN, WRONG, PASSWORD) if one in shown]


async def fill(page: Page, **answers: str) -> None:
    """By the ends of the questions' keys."""
    for key, value in answers.items():
        field = page.locator(f'[name$="{key.replace("__", ".")}"]')
        if not await field.is_visible():
            await page.locator("summary").click()
        if await field.evaluate("one => one.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()
    await shot(page)


async def at(page: Page, step: str) -> None:
    await expect(page).to_have_url(re.compile(rf"/setup/{step}$"), timeout=30_000)
    await no_secret(page)


async def begin(page: Page) -> None:
    """Polish from the first page on, and whose hub it is."""
    await at(page, "language")
    await page.locator("select").select_option("pl")
    await press(page, "Save")
    await at(page, "company")
    await expect(page.locator("h1")).to_have_text("Twoja firma")
    await fill(page, name="Orlik Sp. z o.o.", zone="Mars")
    await press(page, "Zapisz")
    await expect(page.locator('[id="company.zone-wrong"]')).to_contain_text("Oczekiwano: strefa czasowa")
    await expect(page.locator('[name="company.name"]')).to_have_value("Orlik Sp. z o.o.")
    await fill(page, zone="Europe/Warsaw")
    await press(page, "Zapisz")
    await at(page, "telegram")


async def connect_telegram(page: Page, api: BotApi) -> None:
    """A wrong token is tried and told; the right one is tried, kept while it is not saved, and saved."""
    await fill(page, token=WRONG, api_url=api.url)
    await press(page, "Sprawdź")
    await expect(page.get_by_test_id("found")).to_contain_text("Unauthorized")
    await expect(page.get_by_test_id("found")).to_contain_text("wklej token jeszcze raz od @BotFather")
    await no_secret(page)
    await fill(page, token=TOKEN)
    await press(page, "Sprawdź")
    await expect(page.get_by_test_id("found")).to_contain_text("@centrala_demo_bot")
    assert await page.locator('[name$="token"]').input_value() == ""
    await no_secret(page)
    await press(page, "Zapisz")
    await at(page, "telegram")
    await expect(page.locator(".said")).to_have_text("Zapisano, wszystko odpowiada.")


async def connect_mail(page: Page, imap: ImapServer) -> None:
    """Its mailbox answers, the server for sending does not: saved all the same, and told."""
    servers = {"imap__0__host": "127.0.0.1", "imap__0__port": str(imap.port), "imap__0__tls": "none"}
    sending = {"smtp__host": "127.0.0.1", "smtp__port": str(free_port()), "smtp__tls": "none"}
    await fill(page, address="help@desk.example", imap__0__password=PASSWORD, imap__0__user=USER, **servers, **sending)
    await press(page, "Zapisz")
    await at(page, "email")
    await expect(page.locator(".warn")).to_contain_text("Zapisano, ale jeden z kroków się nie udaje")
    await expect(page.locator(".failed")).to_contain_text("smtp: połączenie")
    await expect(page.locator(".failed")).to_contain_text("sprawdź serwer i port")
    await expect(page.locator(".went").last).to_contain_text("INBOX: wiadomości: ")


async def come_in(page: Page, api: BotApi) -> None:
    """Marek opens the link on his phone; the page knows him then."""
    link = await page.get_by_test_id("invitation").inner_text()
    assert (
        await page.locator(".invitation img").evaluate("async one => { await one.decode(); return one.naturalWidth; }")
        > 100
    )
    base, _, token = link.partition("?start=")
    assert base == "https://t.me/centrala_demo_bot" and token.startswith("a_")
    marek = api.world.person(1002, "Marek", language_code="pl")
    api.world.say(marek, api.world.private(marek), f"/start {token}")
    await expect(page.locator(".said")).to_have_text("Już z nami: Marek.", timeout=15_000)  # the page looks by itself


async def test_from_an_empty_folder_to_a_hub_that_receives(tmp_path: Path, empty_url: str, api: BotApi) -> None:
    """M-4: no file is written by hand, no id of a channel is looked up, and no restart is made by hand."""
    imap = ImapServer()
    await asyncio.to_thread(imap.start)
    try:
        async with setting_up.running(tmp_path, empty_url) as hub, opened(hub.link) as page:
            await begin(page)
            await connect_telegram(page, api)
            await hub.until_ready("telegram")
            eszter = api.world.person(2001, "Eszter", language_code="hu")
            api.world.say(eszter, api.world.private(eszter), "Jó napot!")
            await hub.until_accepted("telegram", 1)
            await page.get_by_test_id("next").click()
            await connect_mail(page, imap)
            await page.get_by_test_id("next").click()
            await page.get_by_test_id("next").click()  # no SMS
            await at(page, "colleague")
            await fill(page, name="Marek", telegram="marek")
            await press(page, "Zapisz")
            await expect(page.locator('[id="staff.telegram-wrong"]')).to_contain_text("/id")
            await fill(page, telegram="")
            await press(page, "Zapisz")
            await come_in(page, api)
            await page.get_by_test_id("next").click()
            await expect(page.locator(".warn")).to_contain_text("centrala go-live")
            await press(page, "Zakończ")
            await expect(page.locator("h1")).to_have_text("Centrala jest gotowa do pracy")
            await is_gone(hub)
            assert not [one for one in (TOKEN, WRONG, PASSWORD) if one in hub.said]
            assert hub.said.count("/setup?token=") == 1
    finally:
        imap.stop()
    written = tmp_path / "centrala.toml"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    found = settings.load(written)
    assert found.company.name == "Orlik Sp. z o.o." and found.company.language == "pl"
    assert found.quiet is True  # as was proposed
    assert found.channels["telegram"].token.get_secret_value() == TOKEN
    assert found.channels["email"].imap[0].user == USER and found.channels["email"].smtp.port > 0


async def is_gone(hub: Running) -> None:
    async with aiohttp.ClientSession() as session, session.get(hub.link) as answer:
        assert answer.status == 404


async def test_a_link_works_once_and_a_wrong_one_says_what_to_do(tmp_path: Path, empty_url: str) -> None:
    """S21: a stranger on the same machine or network gets nothing but the next step."""
    async with setting_up.running(tmp_path, empty_url) as hub:
        async with aiohttp.ClientSession() as stranger:
            for path in ("/setup", "/setup?token=guessed", "/setup/telegram", "/setup/done", "/setup/invitation.svg"):
                async with stranger.get(f"{hub.base}{path}") as answer:
                    assert answer.status == 401
                    assert "the terminal shows a new one" in await answer.text()
            async with stranger.post(f"{hub.base}/setup/telegram", data={"do": "save"}) as answer:
                assert answer.status == 401
        async with opened(hub.link, width=390) as page:
            await at(page, "language")
            await page.get_by_test_id("next").click()
            width, shown = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert width == shown
            async with aiohttp.ClientSession() as second, second.get(hub.link) as answer:
                assert answer.status == 401  # spent
            proof = await page.locator('[name="proof"]').input_value()
            [cookie] = [one for one in await page.context.cookies() if one["name"] == "centrala_setup"]
            assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
            await only_its_own_form(hub, cookie["value"], proof)
    assert not (tmp_path / "centrala.toml").exists()


async def only_its_own_form(hub: Running, cookie: str, proof: str) -> None:
    """The cookie alone is not enough, nor is a form on another site that has somehow learned the proof."""
    answers = {"do": "save", "company.name": "Obcy"}
    async with aiohttp.ClientSession(cookies={"centrala_setup": cookie}) as session:
        for data, headers in (
            (answers, {}),
            (answers | {"proof": "guessed"}, {}),
            (answers | {"proof": proof}, {"Origin": "https://obcy.example"}),
        ):
            async with session.post(f"{hub.base}/setup/company", data=data, headers=headers) as answer:
                assert answer.status == 403
                assert "Nothing was done" in await answer.text()
