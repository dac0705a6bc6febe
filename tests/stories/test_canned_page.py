"""Canned answers on a ticket's page, by plain forms: filled in behind what was typed, read, and sent like any reply."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from lxml import html

from console import session as sessions
from crmcore import staff
from tests.support import stage as stages
from tests.support.stage import Stage

MACROS = {
    "refund": {
        "text": {"en": "{{ customer }}: {{ amount }} EUR back.", "hu": "{{ customer }}: {{ amount }} EUR vissza."},
        "close": True,
        "reason": "refunded",
    },
    "cards": {"text": "Only cards", "queues": ["cards"]},
    "thanks": {"text": "Thank you. {{ agent }}"},
}
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    queues = {"cards": {"assign": "none"}}
    async with stages.playing(database_url, tmp_path, macros=MACROS, queues=queues) as playing:
        yield playing


@pytest.fixture
async def anna(desk: Stage) -> AsyncIterator[aiohttp.ClientSession]:
    """Anna's browser."""
    async with desk.app.store.unit() as work:
        who = await staff.named(work, "Anna")
        token = await sessions.open_one(work, who.id, agent="", now=datetime.now(UTC))
    jar, base = aiohttp.CookieJar(unsafe=True), f"http://127.0.0.1:{desk.app.port}"
    async with aiohttp.ClientSession(base, cookie_jar=jar, cookies={"centrala": token, "language": "en"}) as session:
        yield session


async def page(session: aiohttp.ClientSession, **sent: str) -> html.HtmlElement:
    """The page of T1, or what it answers to its form; fields go as browsers send them."""
    async with session.get("/tickets/T1") as answer:
        shown = await answer.text()
    if sent:
        form = aiohttp.FormData({"csrf": CSRF.findall(shown)[0], **sent}, default_to_multipart=True)
        async with session.post("/tickets/T1", data=form) as answer:
            assert answer.status == 200
            shown = await answer.text()
    return html.fromstring(shown)


def box(tree: html.HtmlElement) -> str:
    return str(tree.xpath("string(//textarea[@id='words'])"))


async def test_an_answer_is_filled_in_and_nothing_is_sent(desk: Stage, anna: aiohttp.ClientSession) -> None:
    """In the customer's language, behind what was typed; its blanks are asked for first."""
    await desk.customer("Segítség")
    before = await desk.effects()
    shown = await page(anna)
    assert shown.xpath("//select[@name='canned']/option/text()") == ["–", "refund", "thanks"]
    shown = await page(anna, canned="refund", words="Jó napot!")
    assert box(shown) == "Jó napot!"
    assert shown.xpath("//input[@name='blank-amount']/@value") == [""]
    shown = await page(anna, canned="refund", words="Jó napot!", **{"blank-amount": "20"})
    assert box(shown) == "Jó napot!\n\nEszter: 20 EUR vissza."
    assert "left to you" in shown.xpath("string(//*[@id='composer'])")
    assert box(await page(anna, canned="thanks")) == "Thank you. Anna"
    assert await desk.effects() == before


@pytest.mark.parametrize("canned", ["cards", "none", ""], ids=["another queue's", "unknown", "not chosen"])
async def test_what_is_not_offered_is_not_filled_in(desk: Stage, anna: aiohttp.ClientSession, canned: str) -> None:
    await desk.customer("Segítség")
    shown = await page(anna, canned=canned, words="Typed")
    assert box(shown) == "Typed"
    assert shown.xpath("//*[@id='composer']//p[@role='alert']")


async def test_too_long_an_answer_is_not_filled_in(desk: Stage, anna: aiohttp.ClientSession) -> None:
    await desk.customer("Segítség")
    desk.app.house.macros["refund"].texts["hu"] = "x" * 4_100  # type: ignore[index]
    shown = await page(anna, canned="refund", words="Typed", **{"blank-amount": "1"})
    assert (box(shown), shown.xpath("//input[@name='blank-amount']/@value")) == ("Typed", ["1"])
    assert "too long" in shown.xpath("string(//*[@id='composer']//p[@role='alert'])")


async def test_a_broken_answer_says_so(desk: Stage, anna: aiohttp.ClientSession) -> None:
    await desk.customer("Segítség")
    desk.app.house.macros["refund"].texts["hu"] = "{% if amount > 5 %}sok{% endif %}"  # type: ignore[index]
    shown = await page(anna, canned="refund", words="Typed", **{"blank-amount": "1"})
    assert box(shown) == "Typed"
    assert "is broken" in shown.xpath("string(//*[@id='composer']//p[@role='alert'])")


async def test_nobody_takes_what_is_his(desk: Stage, anna: aiohttp.ClientSession) -> None:
    await desk.customer("Segítség")
    taking = "//*[@id='facts']//button[normalize-space()='Take']"
    assert len((await page(anna)).xpath(taking)) == 1
    await desk.staff("/take T1")
    assert (await page(anna)).xpath(taking) == []
    await desk.staff("/take T1", by=desk.marek)
    assert len((await page(anna)).xpath(taking)) == 1
