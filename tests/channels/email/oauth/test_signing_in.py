"""Signing in, at the wire: by a code on another device, by a browser here, and all ways it comes to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from channels.email.oauth import signing_in
from channels.email.oauth.answers import Tokens
from channels.email.oauth.signing_in import Failed, Other, Shown
from channels.email.simulator import Provider
from tests.channels.email.oauth import signing
from tests.channels.email.oauth.signing import ADDRESS, SteppedClock
from tests.channels.email.parts import until


async def nothing_typed() -> str:
    return ""


async def by_device(
    provider: Provider, *steps: Callable[[str], None], clock: SteppedClock | None = None, **more: Any
) -> tuple[Tokens, SteppedClock]:
    """Sign in with a code; `steps` are what happens at the provider while we wait, one a wait."""
    clock = clock or SteppedClock()
    provider.clock = clock.now

    def show(shown: Shown) -> None:
        assert shown.open_at == f"{provider.url}/device"
        clock.steps = [lambda act=act: act(shown.code) for act in steps]

    settings = signing.settings(provider, **more)
    found = await signing_in.sign_in(settings, ADDRESS, show=show, typed=nothing_typed, clock=clock)  # type: ignore[arg-type]
    return found, clock


def waits(code: str) -> None:
    """Nobody does anything yet."""


async def test_a_code_entered_elsewhere_signs_in(provider: Provider) -> None:
    """M-8, M-9: RFC 8628, at the pace that the provider asks for."""
    tokens, clock = await by_device(provider, waits, waits, lambda code: provider.enter(code, ADDRESS))
    assert tokens.who == (ADDRESS,)
    assert provider.may_read(ADDRESS, tokens.access)
    assert tokens.refresh
    assert clock.slept == [5, 5, 5]


async def test_an_interval_of_the_provider_is_obeyed_and_slow_down_makes_it_longer(provider: Provider) -> None:
    """RFC 8628 3.5: five seconds more from then on."""
    provider.interval_s = 7

    def hurry(code: str) -> None:
        provider.faults.slow = 1

    tokens, clock = await by_device(provider, waits, hurry, waits, lambda code: provider.enter(code, ADDRESS))
    assert tokens.access
    assert clock.slept == [7, 7, 12, 12]


async def test_a_provider_that_is_away_meanwhile_is_asked_less_often(provider: Provider) -> None:
    def fall(code: str) -> None:
        provider.faults.later = 2

    _, clock = await by_device(provider, fall, waits, lambda code: provider.enter(code, ADDRESS))
    assert clock.slept == [5, 10, 20]


async def test_nobody_comes_and_the_code_runs_out(provider: Provider) -> None:
    provider.code_lives_s = 12
    with pytest.raises(Failed, match="nobody signed in before the code ran out: run the command again"):
        await by_device(provider)


async def test_who_says_no_is_taken_at_his_word(provider: Provider) -> None:
    with pytest.raises(Failed, match="access was denied"):
        await by_device(provider, lambda code: provider.deny(code))


async def test_another_person_is_refused_and_no_address_is_shown(provider: Provider) -> None:
    """S20: the wrong mailbox must not be read."""
    with pytest.raises(Other) as refused:
        await by_device(provider, lambda code: provider.enter(code, "anna@other.example"))
    assert str(refused.value).startswith("a…@o….example has signed in, and the settings want h…@d….example")
    assert "anna" not in str(refused.value) and "desk" not in str(refused.value)


async def test_a_shared_mailbox_names_who_signs_in_for_it(provider: Provider) -> None:
    tokens, _ = await by_device(
        provider, lambda code: provider.enter(code, "Anna@desk.example"), user="anna@desk.example"
    )
    assert tokens.who == ("Anna@desk.example",)


async def test_a_provider_that_does_not_say_who_it_was_is_believed(provider: Provider) -> None:
    """Its mail servers refuse another one's token."""
    provider.tells_who = False
    tokens, _ = await by_device(provider, lambda code: provider.enter(code, ADDRESS))
    assert tokens.who == ()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"client_id": "another"}, "unauthorized_client \\(AADSTS700016\\)"),
        ({"client_secret": "canary"}, "invalid_client \\(AADSTS7000215\\)"),
        ({"scopes": ["https://mail.example/everything"]}, "invalid_scope \\(AADSTS70011\\)"),
    ],
    ids=["client", "secret", "scope"],
)
async def test_an_application_that_is_not_set_up_is_told_with_the_providers_code(
    provider: Provider, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Failed, match=f"refuses this application \\({code}\\): see client_id") as refused:
        await by_device(provider, **more)
    assert "canary" not in str(refused.value)


async def test_google_takes_no_mail_scope_by_device_code(provider: Provider) -> None:
    """Why Google is signed in to by a browser: docs/decisions/0015."""
    provider.device_scopes = frozenset({"openid", "email"})
    with pytest.raises(Failed, match="invalid_scope"):
        await by_device(provider)


async def test_a_provider_out_of_reach_is_told(provider: Provider) -> None:
    await provider.stop()
    with pytest.raises(Failed, match=r"cannot be asked now \(no answer"):
        await by_device(provider)


class Browser:
    """A browser that opens what is shown, as `user`; where it ends up is kept."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers
        self.ended_at = ""
        self.answer = 0
        self._opening: asyncio.Task[None] | None = None
        self.follows = True

    def show(self, shown: Shown) -> None:
        assert shown.code == ""
        self._opening = asyncio.create_task(self._open(shown.open_at))

    async def _open(self, url: str) -> None:
        async with aiohttp.ClientSession(headers=self.headers) as session:
            async with session.get(url, allow_redirects=False) as page:
                assert page.status == 302, await page.text()
                self.ended_at = page.headers["Location"]
            if self.follows:
                async with session.get(self.ended_at) as page:
                    self.answer = page.status


async def by_browser(provider: Provider, browser: Browser, typed: signing_in.Typed = nothing_typed) -> Tokens:
    settings = signing.settings(provider, device=False)
    return await signing_in.sign_in(settings, ADDRESS, show=browser.show, typed=typed, clock=signing_in.Clock())


async def test_a_browser_brings_the_code_back(provider: Provider) -> None:
    """RFC 8252, RFC 7636: the provider checks redirect_uri and the verifier."""
    browser = Browser()
    tokens = await by_browser(provider, browser)
    assert provider.may_read(ADDRESS, tokens.access)
    assert urlsplit(browser.ended_at).hostname == "127.0.0.1"


async def test_a_browser_elsewhere_ends_at_an_address_that_is_typed_here(provider: Provider) -> None:
    """A server without a browser: the page cannot be loaded there, its address is copied."""
    browser = Browser()
    browser.follows = False
    lines = iter(["what is this", "http://127.0.0.1:1/?code=stolen&state=wrong"])

    async def typed() -> str:
        line = next(lines, None)
        if line is not None:
            return line
        await until(lambda: browser.ended_at)
        return f"  {browser.ended_at}\n"

    tokens = await by_browser(provider, browser, typed)
    assert provider.may_read(ADDRESS, tokens.access)
    assert browser.answer == 0


async def test_a_code_that_nobody_here_has_asked_for_is_not_taken(provider: Provider) -> None:
    """S20: another page must not slip us its own account."""
    browser = Browser()
    browser.follows = False

    async def typed() -> str:
        await until(lambda: browser.ended_at)
        uri = urlsplit(browser.ended_at)
        code = parse_qs(uri.query)["code"][0]
        forged = f"http://{uri.netloc}/?{urlencode({'code': code, 'state': 'x' * 32})}"
        async with aiohttp.ClientSession() as session, session.get(forged) as page:
            assert page.status == 400
        return browser.ended_at

    assert (await by_browser(provider, browser, typed)).access


async def test_who_denies_in_the_browser_ends_it(provider: Provider) -> None:
    with pytest.raises(Failed, match="access was denied"):
        await by_browser(provider, Browser(**{"X-Denies": "1"}))


async def test_another_person_in_the_browser_is_refused(provider: Provider) -> None:
    with pytest.raises(Other):
        await by_browser(provider, Browser(**{"X-User": "anna@other.example"}))
