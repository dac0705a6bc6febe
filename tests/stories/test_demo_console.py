"""From the sandbox into the console: one press, on this machine only."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from hub.demo import seed
from tests.support import demo


async def test_the_sandbox_opens_the_console_as_its_agent(tmp_path: Path) -> None:
    """S3-23: a newcomer sees the console without an account; another site's page, or another name for us, does not."""
    with demo.running(tmp_path / "data") as address:
        base = address.removesuffix("/sandbox")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            demo.bubbles(address, "desk")  # the people are hired
            async with browser.get(address) as answer:
                assert "Open the console as Ewa" in await answer.text()
            for wrong in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
                async with browser.post(f"{address}/console", headers=wrong) as answer:
                    assert answer.status == 403
            assert not list(browser.cookie_jar)
            async with browser.post(f"{address}/console", headers={"Origin": base}) as answer:
                assert str(answer.url) == f"{base}/my"
                assert "<summary>Ewa</summary>" in await answer.text()
            async with browser.post(f"{address}/console", headers={"Origin": base}, data={"as": "Marek"}) as answer:
                assert "<summary>Marek</summary>" in await answer.text()
            async with browser.get(f"{base}/companies") as answer:
                page = await answer.text()
                assert [name for name in seed.COMPANIES if name not in page] == []
            async with browser.post(f"{address}/console", headers={"Origin": base}, data={"as": "Olga"}) as answer:
                assert answer.status == 404


async def test_links_that_customers_are_sent_lead_to_the_demo(tmp_path: Path) -> None:
    """B-6: a newcomer can press the link on the customer's phone, and its page opens."""
    with demo.running(tmp_path / "data") as address:
        demo.bubbles(address, "desk")
        demo.order(address, "say", device="desk", person="1001", text="/upload T1")
        [link] = [
            word
            for bubble in demo.bubbles(address, "anna", 3)
            for word in str(bubble["text"]).split()
            if word.startswith("http")
        ]
        async with aiohttp.ClientSession() as browser, browser.get(link) as answer:
            assert answer.status == 200 and 'type="file"' in await answer.text()
