"""Setting up a mailbox whose provider takes no passwords, at a terminal and in a browser; nobody edits a file."""

from __future__ import annotations

import asyncio
import re
import stat
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from channels.email.oauth import keeping
from channels.email.oauth import provider as providers
from channels.email.oauth.settings import OAuth
from channels.email.simulator import MailServer, Provider
from tests.stories.test_setup_browser import at, fill, opened, press
from tests.stories.test_setup_terminal import Terminal
from tests.support import setting_up
from tests.support.imap import ImapServer

ADDRESS = "help@desk.example"
CLIENT = "client-of-the-hub"
MICROSOFT = frozenset(providers.found(OAuth(provider="microsoft", client_id=CLIENT)).scopes)


@dataclass
class World:
    """A provider that speaks as Microsoft does, and the mail servers that take its tokens."""

    provider: Provider
    imap: ImapServer
    smtp: int

    def servers(self) -> dict[str, str]:
        """The questions that are rarely asked: where all this is."""
        here = {"imap__0__host": "127.0.0.1", "imap__0__port": str(self.imap.port), "imap__0__tls": "none"}
        sending = {"smtp__host": "127.0.0.1", "smtp__port": str(self.smtp), "smtp__tls": "none"}
        ends = {"device_url": f"{self.provider.url}/devicecode", "token_url": f"{self.provider.url}/token"}
        return here | sending | ends

    def file(self) -> str:
        """The same as a file."""
        return f"""\
[channels.email]
address = "{ADDRESS}"
[channels.email.oauth]
provider = "microsoft"
client_id = "another"
device_url = "{self.provider.url}/devicecode"
token_url = "{self.provider.url}/token"
[channels.email.smtp]
host = "127.0.0.1"
port = {self.smtp}
tls = "none"
[[channels.email.imap]]
host = "127.0.0.1"
port = {self.imap.port}
tls = "none"
"""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    provider = Provider(scopes=MICROSOFT, interval_s=0.5)  # asked every second, the least: never too early
    await provider.start()
    imap = ImapServer(user=ADDRESS, introspect=f"{provider.url}/introspect")
    await asyncio.to_thread(imap.start)
    server = MailServer(opens=provider.may_read)
    yield World(provider, imap, await server.start())
    await server.stop()
    await asyncio.to_thread(imap.stop)
    await provider.stop()


def is_kept(provider: Provider, folder: Path) -> bool:
    """The sign-in, where `run` reads it, for its owner alone."""
    file = keeping.path(folder, ADDRESS)
    kept = keeping.read(file)
    return kept is not None and provider.may_read(ADDRESS, kept.access) and stat.S_IMODE(file.stat().st_mode) == 0o600


# -- in a browser ------------------------------------------------------------------------------------------------------


async def refused_application(page: Page, world: World) -> None:
    """The ID is another application's: saved all the same, and told with what to compare."""
    await fill(page, address=ADDRESS, oauth__provider="microsoft")
    await expect(page.locator('[name$="imap.0.password"]')).to_be_hidden()
    await fill(page, client_id="another", **world.servers())
    await press(page, "Save")
    await at(page, "email")
    await expect(page.locator(".warn")).to_have_text("Saved. Now sign in at Microsoft below; then everything is tried.")
    await press(page, "Begin")
    await expect(page.locator(".sign-in .bad")).to_contain_text("does not take this application")


async def sign_in(page: Page, world: World) -> None:
    """Denied once, begun anew, entered: the page goes on by itself, and everything is tried with the token."""
    await fill(page, client_id=CLIENT)
    await press(page, "Save")
    await at(page, "email")
    await press(page, "Begin")
    await expect(page.get_by_test_id("sign-in-page")).to_have_attribute("href", f"{world.provider.url}/device")
    first = await page.get_by_test_id("code").inner_text()
    drawn = page.locator(".sign-in img")
    assert await drawn.evaluate("async one => { await one.decode(); return one.naturalWidth; }") > 100
    world.provider.deny(first)
    await expect(page.locator(".sign-in .bad")).to_contain_text("was told no. Begin anew")
    await press(page, "Begin anew")
    code = await page.get_by_test_id("code").inner_text()
    assert code != first
    world.provider.enter(code, ADDRESS)
    await expect(page.locator(".said")).to_have_text("Saved, and everything answers.")


@pytest.mark.browser
async def test_a_mailbox_at_microsoft_is_signed_in_to_in_the_browser(
    tmp_path: Path, empty_url: str, world: World
) -> None:
    """M-8, S21: code, page and picture are shown; no token is; the hub that runs reads mail without a restart."""
    async with setting_up.running(tmp_path, empty_url) as hub, opened(hub.link) as page:
        await page.goto(f"{hub.base}/setup/email")
        await refused_application(page, world)
        written = tomllib.loads((tmp_path / "centrala.toml").read_text())["channels"]["email"]
        assert (written["oauth"]["client_id"], "password" in written["smtp"]) == ("another", False)
        await sign_in(page, world)
        found = page.get_by_test_id("found").locator("li")
        assert await found.count() == 8 and await page.locator(".failed").count() == 0
        shown = await page.content()
        assert not [one for one in world.provider.secrets if one in shown or one in hub.said]
        assert is_kept(world.provider, tmp_path)
        await hub.until_ready("email")


@pytest.mark.browser
async def test_what_another_way_of_signing_in_needs_is_not_asked(tmp_path: Path, empty_url: str) -> None:
    async with setting_up.running(tmp_path, empty_url) as hub, opened(hub.link, width=390) as page:
        await page.goto(f"{hub.base}/setup/email")
        asked = {"imap.0.password": "password", "client_id": "microsoft google", "tenant": "microsoft"}
        for chosen in ("password", "microsoft", "google"):
            await page.locator('[name$="oauth.provider"]').select_option(chosen)
            for key, ways in asked.items():
                assert await page.locator(f'[name$="{key}"]').is_visible() == (chosen in ways), (chosen, key)
        await page.locator('[name$="oauth.provider"]').select_option("")
        await fill(page, address="biuro@outlook.com")
        await press(page, "Save")
        await expect(page.locator('[name$="oauth.provider"]')).to_have_value("microsoft")
        await expect(page.locator('[id="channels.email.oauth.client_id-wrong"]')).to_contain_text("registered")
        assert not (tmp_path / "centrala.toml").exists()


# -- at a terminal -----------------------------------------------------------------------------------------------------


def answer_all(at: Terminal, provider: Provider) -> None:
    at.answer("Language", "pl")
    at.answer("Nazwa firmy", "")
    at.answer("Token bota", "")
    at.answer("Adres e-mail", "")
    at.answer("Sposób logowania (password, microsoft, google)", "")
    at.answer("Identyfikator aplikacji (klienta)", CLIENT)
    at.answer("Identyfikator katalogu (dzierżawy)", "")
    at.answer("Zalogować się teraz w Microsoft?", "y")
    provider.deny(code_in(at))
    at.read_until("W Microsoft odmówiono dostępu")
    at.answer("Zacząć od nowa?", "y")
    provider.enter(code_in(at), ADDRESS)
    at.read_until("Zalogowano.")
    at.read_until(r"ok +token: zalogowano")
    at.read_until("Zapisano, wszystko odpowiada.")
    at.answer("Account SID", "")
    at.answer("Imię administratora", "")
    at.read_until("To wszystko")


def code_in(at: Terminal) -> str:
    at.read_until(r"/device\s+(?=[A-Z]{4}-[A-Z]{4})")
    before = at.seen
    at.read_until(r"Ważne do .*\d\d:\d\d")
    return re.findall(r"^\s+([A-Z]{4}-[A-Z]{4})\s*$", before + at.seen, re.MULTILINE)[-1]


async def test_a_mailbox_at_microsoft_is_signed_in_to_at_the_terminal(
    tmp_path: Path, empty_url: str, world: World
) -> None:
    """M-4, M-8: code and page in the reader's language; denied, begun anew, then tried with the token."""
    (tmp_path / "centrala.toml").write_text(world.file())
    at = Terminal(tmp_path, CENTRALA_DATABASE__URL=empty_url)
    try:
        await asyncio.to_thread(answer_all, at, world.provider)
        assert await asyncio.to_thread(at.end) == 0, at.seen
    finally:
        at.leave()
    assert not [one for one in world.provider.secrets if one in at.seen]
    written = tomllib.loads((tmp_path / "centrala.toml").read_text())["channels"]["email"]
    assert (written["oauth"]["client_id"], "password" in written["smtp"]) == (CLIENT, False)
    assert is_kept(world.provider, tmp_path)
