"""The channels' page: read by managers, tried and changed by administrators through a door for one errand."""

from __future__ import annotations

import re
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from console import session as sessions
from console.setup_door import Errand
from crmcore import staff
from crmcore.models.staff import Role
from hub.setup import shown
from hub.setup.page import Page
from tests.support import stage as stages
from tests.support.stage import TOKEN, Stage

PATH = "/settings/channels"
HIDDEN = re.compile(r'name="(csrf|proof)" value="([^"]+)"')


@dataclass(slots=True)
class Shop:
    """A hub whose process can set it up, and the file behind it."""

    stage: Stage
    file: Path
    page: Page
    renewed: list[bool]

    @asynccontextmanager
    async def browser(self, name: str = "") -> AsyncIterator[aiohttp.ClientSession]:
        """One in which `name` is signed in."""
        cookies = {"language": "hu"}
        if name:
            async with self.stage.app.store.unit() as work:
                who = await staff.named(work, name)
                cookies["centrala"] = await sessions.open_one(work, who.id, agent="", now=datetime.now(UTC))
        jar = aiohttp.CookieJar(unsafe=True)
        base = f"http://127.0.0.1:{self.stage.app.port}"
        async with aiohttp.ClientSession(base, cookie_jar=jar, cookies=cookies) as session:
            yield session


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    file, renewed = tmp_path / "centrala.toml", [False]
    file.write_text(f"# Ours\n[channels.telegram]\ntoken = '{TOKEN}'\n")
    page = Page(file, lambda: renewed.append(True), is_open=False)

    def meet(stage: Stage) -> None:
        page.meet(stage.app)

    async with stages.playing(database_url, tmp_path, file=file, before=meet) as stage:
        await stage.hire("Ada", 1007, Role.ADMIN)
        yield Shop(stage, file, page, renewed)


async def read(session: aiohttp.ClientSession, path: str, **sent: str) -> tuple[int, str]:
    """Ask for a page, or send it a form; where it leads, or its text."""
    asked = session.post(path, data=sent, allow_redirects=False) if sent else session.get(path, allow_redirects=False)
    async with asked as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


async def proven(session: aiohttp.ClientSession, path: str) -> dict[str, str]:
    """What the forms of a page carry."""
    return dict(HIDDEN.findall((await read(session, path))[1]))


async def test_a_manager_reads_and_an_administrator_has_buttons(shop: Shop) -> None:
    """B-11: secrets stay secret; what is missing can be seen too."""
    async with shop.browser("Ada") as ada:
        status, text = await read(ada, PATH)
    assert status == 200 and 'value="test"' in text and text.count('value="change"') == 3
    assert TOKEN not in text and "••••••" in text and shop.stage.api.url in text
    async with shop.stage.app.store.unit() as work:
        await work.change("UPDATE staff SET role = 'manager' WHERE name = 'Marek'")
    async with shop.browser("Marek") as marek:
        status, text = await read(marek, PATH)
        assert status == 200 and "••••••" in text and 'value="test"' not in text and 'value="change"' not in text
        csrf = await proven(marek, PATH)
        assert (await read(marek, PATH, **csrf, channel="telegram", do="change"))[0] == 404
    assert not shop.page.door.is_open


async def test_a_channel_is_tried_again_in_the_readers_language(shop: Shop) -> None:
    async with shop.browser("Ada") as ada:
        csrf = await proven(ada, PATH)
        status, text = await read(ada, PATH, **csrf, channel="telegram", do="test")
        assert status == 200 and text.count('class="went"') >= 2 and "failed" not in text, text
        assert "lekérdezés" in text
        assert (await read(ada, PATH, **csrf, channel="fax", do="test"))[0] == 404
        assert (await read(ada, PATH, **csrf, channel="telegram", do="dance"))[0] == 400


async def test_a_channel_is_changed_by_a_door_that_leads_nowhere_else(shop: Shop) -> None:
    """S21: the link works once, for one step; the file is written, the hub starts anew, and it is told who it was."""
    async with shop.browser("Ada") as ada:
        csrf = await proven(ada, PATH)
        status, link = await read(ada, PATH, **csrf, channel="telegram", do="change")
        assert status == 303 and link.startswith("/setup?token=")
        async with shop.browser() as stranger:
            assert (await read(stranger, "/setup/telegram"))[0] == 401
        assert await read(ada, link) == (303, "/setup/telegram")
        assert (await read(ada, link))[0] == 401
        assert (await read(ada, "/setup/colleague"))[0] == 404
        proof = await proven(ada, "/setup/telegram")
        answer = await read(
            ada, "/setup/telegram", **proof, do="save", **{"channels.telegram.api_url": shop.stage.api.url}
        )
        assert answer[0] == 303 and answer[1].startswith("/setup/wait?"), answer
        written = tomllib.loads(shop.file.read_text())["channels"]["telegram"]
        assert written == {"token": TOKEN, "api_url": shop.stage.api.url}
        await shop.stage.until(lambda: shop.renewed[-1])
        assert await read(ada, "/setup/done", **proof) == (303, PATH)
        assert (await read(ada, "/setup/telegram"))[0] == 404
        changes = (await read(ada, PATH))[1]
    assert "channels.telegram.api_url" in changes and "channels.telegram.token" not in changes


async def test_what_was_typed_on_an_errand_ends_with_it(shop: Shop) -> None:
    """S21: a token that one only tried is not saved by whoever comes next and leaves that field alone."""
    api = {"channels.telegram.api_url": shop.stage.api.url}
    errands = [("test", {**api, "channels.telegram.token": "1:tried-only"}), ("save", api)]
    async with shop.browser("Ada") as ada:
        for act, typed in errands:
            csrf = await proven(ada, PATH)
            _, link = await read(ada, PATH, **csrf, channel="telegram", do="change")
            assert (await read(ada, link))[0] == 303
            proof = await proven(ada, "/setup/telegram")
            assert (await read(ada, "/setup/telegram", **proof, do=act, **typed))[0] in (200, 303)
    assert tomllib.loads(shop.file.read_text())["channels"]["telegram"]["token"] == TOKEN


async def test_an_administrator_who_is_one_no_more_finds_the_door_closed(shop: Shop) -> None:
    """S21: also where he had come in before."""
    async with shop.browser("Ada") as ada:
        csrf = await proven(ada, PATH)
        _, link = await read(ada, PATH, **csrf, channel="telegram", do="change")
        assert (await read(ada, link))[0] == 303
        proof, before = await proven(ada, "/setup/telegram"), shop.file.read_text()
        async with shop.stage.app.store.unit() as work:
            await work.change("UPDATE staff SET role = 'manager' WHERE name = 'Ada'")
        assert (await read(ada, "/setup/telegram", **proof, do="save", **{"channels.telegram.token": "1:x"}))[0] == 404
    assert shop.file.read_text() == before and not shop.page.door.is_open


async def test_whoever_has_an_errand_reads_his_own_language(shop: Shop) -> None:
    async with shop.stage.app.store.unit() as work:
        ada = await staff.named(work, "Ada")
    token = shop.page.door.open_for(Errand("email", "ru", ada.id))
    async with shop.browser() as someone:
        assert await read(someone, f"/setup?token={token}") == (303, "/setup/email")
        assert "К каналам" in (await read(someone, "/setup/email"))[1]


@pytest.mark.parametrize(
    ("key", "found", "masked"),
    [
        ("channels.telegram.token", "1:secret", "••••••"),
        ("channels.email.smtp.password", "secret", "••••••"),
        ("channels.email.address", "help@desk.example", "h…@desk.example"),
        ("channels.email.imap.0.host", "imap.desk.example", "imap.desk.example"),
        ("channels.email.imap.0.port", "993", "993"),
        ("channels.sms.account_sid", "AC0123456789abcdef", "AC…cdef"),
        ("channels.sms.sender", "+48600123456", "…3456"),
        ("channels.sms.sender", "MG0123456789abcdef", "MG…cdef"),
        ("channels.sms.sender", "Orlik", "Orlik"),
    ],
)
def test_what_is_set_is_shown_as_far_as_it_may(key: str, found: str, masked: str) -> None:
    assert shown.masked(key, found) == masked
