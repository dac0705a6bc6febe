"""Quiet mode on the console's pages: it is said, what would have left is seen, and one button ends it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace
from playwright.async_api import Page, expect

from console import session as sessions
from crmcore import staff
from crmcore.models.staff import Role
from kernel import texts
from tests.support import axe, cast
from tests.support import browser as browsers
from tests.support import stage as stages
from tests.support.stage import Stage

ADMIN = 1007
LABELS = {
    "en": "Go live",
    "pl": "Zakończ tryb cichy",
    "sk": "Ukončiť tichý režim",
    "hu": "Élesítés",
    "ru": "Закончить тихий режим",
}


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A quiet hub with its file, an administrator, and a customer whose answer was withheld."""
    file = tmp_path / "centrala.toml"
    file.write_text(f'quiet = true\n[database]\nurl = "{database_url}"\n')

    def read_from_file(stage: Stage) -> None:
        stage.app = stages.hub(replace(stage.app.settings, file=file), stage.app.clock)

    async with stages.playing(database_url, tmp_path, before=read_from_file, quiet=True) as stage:
        await stage.hire("Zofia", ADMIN, Role.ADMIN)
        stage.open(stage.eszter)
        await stage.customer("My card is blocked")
        await stage.staff("We look into it", reply_to=stage.find("My card is blocked").id)
        await stage.settled()
        yield stage


async def cookie(stage: Stage, name: str) -> str:
    async with stage.app.store.unit() as work:
        who = await staff.named(work, name)
        return await sessions.open_one(work, who.id, agent="Chrome", now=datetime.now(UTC))


def base(stage: Stage) -> str:
    return f"http://127.0.0.1:{stage.app.port}"


async def go_live(tab: Page) -> None:
    """From the overview: what is said there leads to the button, and that asks once more."""
    await tab.get_by_role("link", name="See what is withheld, and go live").click()
    await expect(tab.get_by_text("We look into it")).to_be_visible()
    await expect(tab.get_by_role("button", name="Go live", exact=True)).to_be_hidden()
    await tab.get_by_text("Go live…").click()
    await expect(tab.locator("#golive")).to_contain_text("Withheld so far: 2.")
    await expect(tab.locator("#golive")).to_contain_text("does not leave by itself")
    assert await axe.faults(tab, axe.source()) == []
    await tab.get_by_role("button", name="Go live", exact=True).click()
    await expect(tab.locator("#said")).to_contain_text("Live within two seconds.")


@pytest.mark.browser
async def test_an_administrator_presses_and_the_next_answer_leaves(stage: Stage) -> None:
    """B-7, B-11: what was withheld stays; the next answer leaves; the history says who has done it."""
    async with browsers.launched() as browser, browsers.tab(browser, locale="en-GB") as tab:
        await tab.context.add_cookies([{"name": "centrala", "value": await cookie(stage, "Zofia"), "url": base(stage)}])
        await tab.goto(f"{base(stage)}/manager")
        await expect(tab.get_by_text("Quiet mode is on: nothing leaves to customers.")).to_be_visible()
        await go_live(tab)
        await stage.until(lambda: not stage.app.house.quiet.is_on)
        await tab.goto(f"{base(stage)}/withheld")
        await expect(tab.locator("#golive")).to_have_count(0)
        await tab.goto(f"{base(stage)}/settings/channels")
        await expect(tab.locator("main")).to_contain_text("quiet")
    await stage.staff("It works again", reply_to=stage.find("My card is blocked").id)
    await stage.settled()
    await stage.push(hours=2)
    assert stage.bot_texts(cast.ESZTER) == ["It works again"]
    [noted] = await stage.rows("SELECT a.*, s.name FROM alterations a JOIN staff s ON s.id = a.by_id")
    assert (noted["name"], noted["field"], noted["before"], noted["after"]) == ("Zofia", "quiet", "true", "false")


async def test_the_button_is_for_administrators_in_their_language(stage: Stage) -> None:
    """B-11: an agent and a manager get neither the page nor the order; nothing is ended by a look."""
    for language, label in LABELS.items():
        cookies = {"centrala": await cookie(stage, "Zofia"), "language": language}
        async with aiohttp.ClientSession(cookies=cookies) as session, session.get(f"{base(stage)}/withheld") as answer:
            assert answer.status == 200 and f">{label}</button>" in await answer.text()
    assert set(LABELS) == set(texts.LANGUAGES)
    async with stage.app.store.unit() as work:
        await work.change("UPDATE staff SET role = 'manager' WHERE name = 'Marek'")
    for name in ("Anna", "Marek"):
        known = {"centrala": await cookie(stage, name)}
        async with aiohttp.ClientSession(cookies=known) as session:
            async with session.get(f"{base(stage)}/withheld") as answer:
                assert answer.status == 404
            async with session.get(f"{base(stage)}/manager") as answer:
                assert (answer.status, "go live" in await answer.text()) == (200 if name == "Marek" else 404, False)
    assert stage.app.house.quiet.is_on
