"""A shift leader picks a ready-made rule, tries it, saves it, and the next mail goes by it: in a real browser."""

from __future__ import annotations

import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from channels.email import Email
from channels.email.simulator import MailServer, Person
from tests.stories.test_console import address, link, shot, sign_in
from tests.support import browser as browsers
from tests.support import stage as stages
from tests.support.stage import Stage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.CHROMIUM, reason="needs a Chromium"),
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all: starting it takes longer than any test
]
HELP, BILLING = "help@desk.example", "billing@desk.example"
FILE = """# Ours
[queues.inbox]
assign = "none"

[queues.billing]
assign = "none"

[[rules]]
name = "by hand"
when = 'message.text.contains("a long condition") && message.subject != "and one more" && ticket.new'
tags = ["loud"]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browsers.launched() as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="module")
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """The hub with an e-mail address; Marek is a shift leader."""
    file, server = tmp_path / "centrala.toml", MailServer()
    file.write_text(FILE)
    smtp = {"host": "127.0.0.1", "port": await server.start(), "tls": "none"}
    email = {"address": HELP, "name": "Desk", "listen": "127.0.0.1:0", "smtp": smtp}
    try:
        async with stages.playing(
            database_url, tmp_path, file=file, channels={"email": email}, **tomllib.loads(FILE)
        ) as playing:
            async with playing.app.store.unit() as work:
                await work.change("UPDATE staff SET role = 'lead' WHERE name = 'Marek'")
            yield playing
    finally:
        await server.stop()


async def bill(stage: Stage, number: int) -> str:
    """A mail that Eszter writes to the billing address; the queue of the ticket that it becomes."""
    [adapter] = [one for one in stage.app.adapters if isinstance(one, Email)]
    eszter = Person("eszter@example.hu", "Eszter Nagy", adapter.port)
    await eszter.post(eszter.new(BILLING, f"Bill {number}", "It is too high."), HELP)
    await stage.settled()
    return str((await stage.ticket(number))["queue"])


async def test_mail_to_an_address_goes_to_its_queue_by_a_rule_picked_from_the_list(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    """M-6: chosen, tried on last month, saved, put first; the file keeps what stood in it; no restart."""
    assert await bill(stage, 1) == "inbox"
    async with browsers.tab(browser, expected="400 \\(Bad Request\\)") as tab:
        await sign_in(stage, tab, by=stage.marek)
        await tab.get_by_role("navigation").get_by_role("link", name="Rules").click()
        await expect(tab.get_by_text("advanced")).to_be_visible()
        await tab.get_by_role("link", name="Add a ready-made rule").click()
        await shot(tab, "ready-list")
        await tab.get_by_role("link", name="Mail to … goes to the queue …").click()
        await tab.get_by_role("button", name="See what changes").click()
        await expect(tab.locator("#wrong-address")).to_contain_text("for example billing@desk.example")
        await shot(tab, "ready-wrong")
        await tab.get_by_label("Address of ours").fill(BILLING)
        await tab.locator(".sentence select[name=queue]").select_option("billing")
        await tab.get_by_role("button", name="See what changes").press("Enter")
        await tab.get_by_role("button", name="Try on last month").press("Enter")
        await expect(tab.locator("#tried")).to_contain_text("on 1 message. 1 ticket would be")
        await expect(tab.locator("#tried").get_by_role("link", name="T1")).to_be_visible()
        await shot(tab, "ready-tried")
        await tab.get_by_role("button", name="Save").press("Enter")
        await expect(tab.locator("#saved")).to_be_visible()
        assert await bill(stage, 2) == "billing"
        await tab.get_by_role("button", name=re.compile("^Up")).press("Enter")
        await expect(tab.locator("#rule-0")).to_contain_text(BILLING)
        await shot(tab, "ready-rules")
        await tab.get_by_label("To, an address of ours").fill(BILLING)
        await tab.get_by_role("button", name="Try", exact=True).click()
        await expect(tab.locator("#outcome")).to_contain_text("A ticket in billing")
        await tab.get_by_role("link", name="Try on last month").click()
        await shot(tab, "rules-past")
        await tab.locator("[data-figure]").nth(2).click()
        await expect(tab.locator("#T1")).to_be_visible()
        await expect(tab.locator(".tickets li")).to_have_count(1)
        await shot(tab, "rules-past-list")
    text = (tmp_path / "centrala.toml").read_text()
    assert text.startswith("# Ours\n") and [rule["name"] for rule in tomllib.loads(text)["rules"]][1] == "by hand"


@pytest.mark.parametrize("locale", ["en-GB", "pl-PL", "sk-SK", "hu-HU", "ru-RU"])
async def test_on_a_phone_nothing_is_wider_than_the_screen(stage: Stage, browser: Browser, locale: str) -> None:
    """S0-5, M-8: 390 px in all five languages."""
    more: Any = {"viewport": {"width": 390, "height": 844}, "locale": locale}
    async with browsers.tab(browser, **more) as tab:
        await tab.goto(await link(stage, by=stage.marek))
        await tab.get_by_role("button").click()
        for path in (
            "/settings/rules",
            "/settings/rules/past",
            "/settings/rules/ready",
            "/settings/rules/ready?key=company-queue",
            "/settings/rules/ready?key=closed-reply",
        ):
            await tab.goto(address(stage, path))
            await shot(tab, f"phone-{locale}{path.replace('/', '-').replace('?', '-')}")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= 390, path
