"""All pages there are, found by a robot: nothing is left in English in five languages, and axe finds no fault."""

from __future__ import annotations

import re
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
from aiohttp import web

from channels.email.simulator import Provider
from console import app as console
from console import links
from console import session as sessions
from console import setup as setup_pages
from crmcore import staff
from crmcore.access import Actor, StaffId
from crmcore.models.staff import Role
from hub import settings
from hub.app import App
from hub.setup import writing
from hub.setup.page import Page as SetupPage
from kernel import texts
from routing import incident_book, incidents
from tests.channels.email.oauth import signing
from tests.support import axe
from tests.support import browser as browsers
from tests.support import stage as stages
from tests.support.pages import Book
from tests.support.stage import Stage
from tickets import surveys, uploads, visible
from tickets.reports.asking import BREAKDOWNS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
# What is the same in every language: names, addresses, what people have written, and signs.
DATA = re.compile(
    r"(?i)[\W\d]*|.*(Centrala|Ada|Anna|Marek|Eszter|Orlik|Zefír).*|inbox|English|Polski|Slovenčina|Magyar|Русский"
    r"|Europe/Warsaw|en|pl|sk|hu|ru|(\d+[mhd] ?)+|\d+ min|(telegram|tel|mailto) \S+|\d+:AA…|([A-Z2-7]{4} ?){8}|https?://\S+|[\w@-]+(\.[\w-]+)+"
    r"|Ctrl|Enter|P\d|T\d+|B\d+|I-\d+(/\d+)?|AC\w+|MG\w+|Telegram|SMS|E-mail|webhook|Chrome.*|/\w+( T\d+)?"
    r"|I-\d+ told to the customer|Tudunk a problémáról.*"  # as history keeps it, and as the customer reads it
    r"|[A-Z]{4}-[A-Z]{4}|Microsoft|Google"  # a code to type, and where
    r"|[0-9a-f]{12}|[-+][\w\[# ].*"  # a version; a line of the settings file that goes or comes
)
FILE = """\
[channels.telegram]
token = '1000:story-token-of-the-bot'
[calendars.orlik]
zone = 'Europe/Warsaw'
hours.mon = ['08:00-16:00']
[queues.inbox]
first_response = '1h'
[queues.orlik]
calendar = 'orlik'
[[rules]]
name = 'orlik'
when = 'message.text.contains("Zefír")'
tags = ['orlik']
"""
DESK = {name: part for name, part in tomllib.loads(FILE).items() if name != "channels"}
UPDATE = incident_book.Change.UPDATE
REPORTS = [f"/reports?report={report}&by={can[-1]}" for report, can in BREAKDOWNS.items()] + ["/reports/targets"]
DRAWN = 3  # pages of a kind: they are one template; each report is looked at in test_reports_page.py
OPENED: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1280), ("dark", 390))  # both looks and layouts


def cookies(token: str = "", language: str = "en") -> dict[str, str]:
    return {"language": language, **({"centrala": token} if token else {})}


def routes(mount: Callable[[web.Application], None]) -> web.UrlDispatcher:
    bare = web.Application()
    mount(bare)
    return bare.router


async def a_day(stage: Stage) -> None:
    """Tickets in every state a page has words for, and what can be said on one."""
    stage.open(stage.anna, stage.marek, stage.eszter)
    await stage.customer("Zefír: eins")
    await stage.staff("/take T1")
    await stage.staff("/note T1 Zefír zwei")
    await stage.staff("/company T1 Zefír Trans")
    await stage.staff("/call T1 5m Zefír sieben")
    await stage.staff("/reply T1 Zefír drei")
    await stage.post("Zefír vier", sender="eszter-zwei@example.hu")
    await stage.post("Zefír fünf", sender="eszter-drei@example.hu")
    await stage.staff("/close T3")
    await stage.post("Zefír sechs", sender="eszter-vier@example.hu")
    await stage.staff("/snooze T4 2h")
    await one_cause(stage)


async def one_cause(stage: Stage) -> None:
    """An incident that is open and has told its news, and one that waits for a yes."""
    async with stage.app.store.unit() as work:
        who = await staff.named(work, "Marek")
        marek = Actor(who.id, who.name, who.role, who.zone, frozenset())
        known = {row["number"]: row["id"] for row in await work.fetch("SELECT id, number FROM tickets")}
        await incidents.propose(work, "Zefír zehn", [known[2]])
        found = await incidents.propose(work, "Zefír acht", [known[1]])
        assert found is not None
        await incidents.begin(work, marek, found)
        found = await incident_book.by_id(work, found.id)
        await incidents.publish(work, marek, found, await incidents.draft(work, marek, found, UPDATE, "Zefír neun"))
    await stage.until(lambda: stage.rows("SELECT id FROM incident_revisions WHERE state = 'sent'"))


async def token(stage: Stage, name: str) -> str:
    """Signed in, as a browser of that colleague is."""
    async with stage.app.store.unit() as work:
        colleague = await staff.named(work, name)
        return await sessions.open_one(work, colleague.id, agent="Chrome", now=datetime.now(UTC))


async def link(stage: Stage) -> str:
    """One that signs Marek in; it is only looked at."""
    async with stage.app.store.unit() as work:
        return await links.issue(work, (await staff.named(work, "Marek")).id, now=datetime.now(UTC))


async def rating(stage: Stage) -> str:
    """The link in a letter that asks how we did; only the letter leads there."""
    [row] = await stage.rows("SELECT id FROM tickets WHERE number = 3")
    [sent] = await stage.rows("SELECT max(id) AS id FROM messages WHERE direction = 'out'")
    async with stage.app.store.unit() as work:
        assert await surveys.asked(work, row["id"], sent["id"], "email:help", "eszter-drei@example.hu")
    return f"/rate/{stage.app.pages.office.desk.tokens.issue_rating(3)}"


async def files(stage: Stage) -> str:
    """The link by which a customer sends files; only a message leads there."""
    ticket = await visible.by_number(stage.app.store.reading(), 2)
    assert ticket is not None
    marek = Actor(StaffId(1), "Marek", Role.AGENT, "UTC", frozenset())
    async with stage.app.store.unit() as work:
        return uploads.PATH + await uploads.issue(work, marek, ticket)


async def forms(stage: Stage) -> list[str]:
    """Where a form is shown again that was not filled in as it must be; no link leads there."""
    [row] = await stage.rows("SELECT contact_id AS id FROM tickets WHERE number = 1")
    of_person = [f"/contacts/{row['id']}/{what}" for what in ("call", "company", "plan")]
    return of_person + [f"/companies/B1/{what}" for what in ("archive", "call", "people", f"people/{row['id']}")]


Tell = Callable[[str], Awaitable[Book]]


@asynccontextmanager
async def opened(url: str, folder: Path, who: str) -> AsyncIterator[Tell]:
    """What makes the book of all pages in a language, as `who` sees them. "setup": who sets up; "": a stranger."""
    starts: list[str] = []
    async with AsyncExitStack() as stack:
        if who == "setup":
            base, router, known = await stack.enter_async_context(setting_up(url, folder))
        else:
            file = folder / "centrala.toml"
            file.write_text(FILE)
            stage = await stack.enter_async_context(stages.playing(url, folder, file=file, **DESK))
            await stage.hire("Ada", 1007, Role.ADMIN)
            await a_day(stage)
            base = f"http://127.0.0.1:{stage.app.port}"
            router = routes(lambda bare: console.mount(bare, stage.app.pages.office))
            known = {"centrala": await token(stage, who)} if who else {}
            starts = [await link(stage), await rating(stage), await files(stage)]
            starts += [*(f"/tickets/T{number}" for number in range(1, 5) if who)]
            starts += [*await forms(stage), *REPORTS] if who else []

        async def tell(language: str) -> Book:
            jar = aiohttp.CookieJar(unsafe=True)
            session = aiohttp.ClientSession(cookie_jar=jar, cookies={**known, "language": language})
            await stack.enter_async_context(session)
            book = Book(base, router, session)
            await book.fill(*starts)
            return book

        yield tell


@asynccontextmanager
async def setting_up(url: str, folder: Path) -> AsyncIterator[tuple[str, web.UrlDispatcher, dict[str, str]]]:
    """With a mailbox whose provider waits for somebody to sign in."""
    provider, file = Provider(), folder / "centrala.toml"
    await provider.start()
    oauth = {**signing.table(provider), "provider": "microsoft"}
    writing.write(file, {"channels.email.address": signing.ADDRESS, "channels.email.listen": "127.0.0.1:0"})
    writing.write(file, {f"channels.email.oauth.{key}": value for key, value in oauth.items()})
    page = SetupPage(file, lambda: None)
    app = App(settings.check({"database": {"url": url}, "web": {"port": 0}}, base=folder))
    page.meet(app)
    await app.start()
    await page.sign_in(setup_pages.BEGIN, "", "en")
    try:
        cookie = page.door.enter(page.door.token)
        router = routes(lambda bare: setup_pages.mount(bare, page))
        yield f"http://127.0.0.1:{app.port}", router, {setup_pages.COOKIE: cookie}
    finally:
        await page.close()
        await app.stop()
        await provider.stop()


def known_texts(language: str) -> Callable[[str], bool]:
    """Tells the English of a text that reads otherwise in `language`; its places stand for anything."""
    whole, found = set(), []
    for message in texts._catalogue(language)._catalog:  # type: ignore[attr-defined]
        one = message[0] if isinstance(message, tuple) else message
        if (
            one
            and texts._catalogue(language).gettext(one) != one
            and re.search("[A-Za-z]{3}", re.sub(r"{\w+}", "", one))
        ):
            plain = " ".join(one.split())
            if "{" in plain:
                found.append(re.sub(r"\\{\w+\\}", ".+", re.escape(plain)))
            whole.add(plain)
    patterns = [re.compile(one) for one in found]
    return lambda text: text in whole or any(one.fullmatch(text) for one in patterns)


@pytest.mark.parametrize("who", ["Ada", "Anna", "setup", ""])
async def test_every_page_is_in_the_readers_language(database_url: str, tmp_path: Path, who: str) -> None:
    """M-8: no text that has a translation, and none that stands there as it does in English."""
    async with opened(database_url, tmp_path, who) as tell:
        english = await tell("en")
        assert len(english.found) >= (5 if who else 1), english.found
        if who in ("Ada", "setup"):  # an agent has fewer ways
            assert english.unvisited() == [], "no link leads there: add an address to `starts`"
        left: list[str] = []
        for language in texts.LANGUAGES[1:]:
            book, is_english, own = await tell(language), cache(known_texts(language)), own_words(language)
            assert set(book.found.values()) == set(english.found.values())
            for address in book.found.keys() & english.found.keys():
                for text in book.said[address]:
                    is_same = text in english.said[address] and not any(one in text for one in own)
                    if (is_same or is_english(text)) and not DATA.fullmatch(text):
                        left.append(f"{language} {address}: {text}")
    assert not left, "\n".join(sorted(left))


def own_words(language: str) -> set[str]:
    """Texts that are the same word in English and in `language`, as the catalogue has them."""
    kept = texts._catalogue(language)._catalog.items()  # type: ignore[attr-defined]
    return {" ".join(one.split()) for one, said in kept if isinstance(one, str) and one and one == said}


@pytest.mark.parametrize("who", ["Ada", "Anna", "setup", ""])
async def test_no_page_has_a_serious_fault(database_url: str, tmp_path: Path, who: str) -> None:
    """S3-23, by axe-core: by day and by night, on a desk and on a phone, everything unfolded, nothing cut off."""
    script = axe.source()
    wrong: list[str] = []
    async with opened(database_url, tmp_path, who) as tell, browsers.launched() as browser:
        book = await tell("hu")
        kept: list[Any] = [{"name": one.key, "value": one.value, "url": book.base} for one in book.session.cookie_jar]
        async with browsers.tab(browser) as tab:
            await tab.context.add_cookies(kept)
            for address in book.first(DRAWN):
                await tab.goto(f"{book.base}{address}")
                for scheme, width in OPENED:
                    await tab.emulate_media(color_scheme=scheme)
                    await tab.set_viewport_size({"width": width, "height": 844})
                    found = await axe.faults(tab, script)
                    if await tab.evaluate("document.documentElement.scrollWidth") > width:
                        found.append("wider than the screen")
                    wrong += [f"{address} {scheme} {width}: {one}" for one in found]
    assert not wrong, "\n".join(wrong)
