"""Signing in at a provider while we set up: what is shown, how it fails, how it is begun anew."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from channels.email.oauth import keeping
from channels.email.oauth.answers import Kind
from channels.email.oauth.signing_in import Failed, Other
from channels.email.simulator import Provider
from crmcore import staff
from crmcore.models.staff import Role
from hub import settings
from hub.settings import Settings
from hub.setup import audited, signing
from kernel import texts
from kernel.unit import Store
from tests.channels.email.oauth import signing as oauth
from tests.channels.email.oauth.signing import ADDRESS
from tests.channels.email.parts import until


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    simulated = Provider(interval_s=1)
    await simulated.start()
    yield simulated
    await simulated.stop()


def configured(provider: Provider, folder: Path, **more: Any) -> Settings:
    email = {"address": ADDRESS, "oauth": oauth.table(provider, **more), "smtp": {"host": "127.0.0.1", "tls": "none"}}
    return settings.check({"channels": {"email": email}}, base=folder)


class Page:
    """What the page keeps of it. `ended`: how often somebody has signed in."""

    def __init__(self, provider: Provider, folder: Path, **more: Any) -> None:
        self.signing = signing.Signing()
        self.settings = configured(provider, folder, **more)
        self.ended = 0

    async def begin(self) -> None:
        await self.signing.begin(self.settings, "en", self._done)

    async def _done(self) -> None:
        self.ended += 1

    @property
    def view(self) -> Any:
        return self.signing.view(self.settings)

    async def waits_no_more(self) -> None:
        await until(lambda: not self.view.open_at)


async def test_a_code_is_shown_and_the_sign_in_is_kept_where_the_hub_reads_it(
    provider: Provider, tmp_path: Path
) -> None:
    """M-8, RFC 8628: page, code and until when; then the tokens stand in the data folder and nowhere else."""
    page = Page(provider, tmp_path)
    assert (page.view.is_begun, page.view.open_at) == (False, "")
    await page.begin()
    assert page.view.open_at == f"{provider.url}/device" and len(page.view.code) == 9 and page.view.until
    provider.enter(page.view.code, ADDRESS)
    await page.waits_no_more()
    assert (page.ended, page.view.is_begun, page.view.why) == (1, True, "")
    kept = keeping.read(keeping.path(tmp_path, ADDRESS))
    assert kept is not None and provider.may_read(ADDRESS, kept.access)


async def test_who_is_told_no_begins_anew(provider: Provider, tmp_path: Path) -> None:
    page = Page(provider, tmp_path)
    await page.begin()
    first = page.view.code
    provider.deny(first)
    await page.waits_no_more()
    assert "was told no. Begin anew" in page.view.why and not page.view.is_begun
    await page.begin()
    assert page.view.code not in ("", first) and page.view.why == ""
    await page.signing.stop()
    assert (page.view.open_at, page.ended) == ("", 0)


async def test_a_code_that_runs_out_is_told(provider: Provider, tmp_path: Path) -> None:
    provider.code_lives_s = 1
    page = Page(provider, tmp_path)
    await page.begin()
    await page.waits_no_more()
    assert page.view.why == "Nobody signed in before the time was over. Begin anew."


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"client_id": "another"}, "does not take this application (unauthorized_client (AADSTS700016))"),
        ({"client_secret": "wrong"}, "does not take this application (invalid_client (AADSTS7000215))"),
        ({"device_url": "http://127.0.0.1:1/devicecode"}, "does not answer (no answer (ClientConnectorError))"),
    ],
    ids=["client", "secret", "away"],
)
async def test_what_cannot_begin_is_told_at_once(
    provider: Provider, tmp_path: Path, more: dict[str, str], said: str
) -> None:
    page = Page(provider, tmp_path, **more)
    await page.begin()
    assert said in page.view.why and page.view.open_at == ""


async def test_a_browser_elsewhere_brings_the_address_at_which_it_ended(provider: Provider, tmp_path: Path) -> None:
    """Google, whose device codes are not for mail: docs/decisions/0015."""
    page = Page(provider, tmp_path, device=False)
    await page.begin()
    assert page.view.code == "" and page.view.open_at.startswith(f"{provider.url}/authorize?")
    page.signing.bring("what is this")
    page.signing.bring(await provider_page(page.view.open_at))
    await page.waits_no_more()
    assert (page.ended, page.view.is_begun) == (1, True)


async def provider_page(url: str) -> str:
    """Where the provider sends a browser whose person has agreed."""
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as answer:
        return answer.headers["Location"]


async def test_another_person_is_refused_with_both_named_as_far_as_they_may_be(
    provider: Provider, tmp_path: Path
) -> None:
    """S20: the wrong mailbox must not be read."""
    page = Page(provider, tmp_path)
    await page.begin()
    provider.enter(page.view.code, "anna@other.example")
    await page.waits_no_more()
    assert page.view.why.startswith("a…@o….example has signed in, and the mailbox wants h…@d….example.")
    assert not page.view.is_begun


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_failure_is_a_sentence_with_a_next_step(language: str) -> None:
    """M-8: also what only another provider would say."""
    ends = [kind for kind in Kind if kind not in (Kind.PENDING, Kind.SLOW_DOWN)]
    failed = [Failed("x", "Microsoft", kind, "code_7") for kind in ends] + [Failed("x", "Microsoft")]
    errors: list[Exception] = [*failed, Other("a…@b", "c…@d"), OSError(errno.ENOSPC, "No space left on device")]
    said = [signing.why(error, language) for error in errors]
    assert len(set(said)) == len(errors) and all("{" not in one and one.count(".") >= 2 for one in said)


async def test_a_way_of_signing_in_that_goes_leaves_no_secret_in_the_history(store: Store) -> None:
    """S21: the table of the other way goes as a whole, its secret with it."""
    before = {"channels": {"email": {"oauth": {"provider": "google", "client_secret": "hush-hush"}}}}
    async with store.unit() as work:
        ada = await staff.add(work, "Ada", Role.ADMIN, [], zone="UTC")
        await audited.note(work, {"channels.email.oauth": None}, before, by=ada)
        rows = await work.fetch("SELECT * FROM alterations WHERE field = 'channels.email.oauth'")
    assert len(rows) == 1 and "hush" not in str(rows)
