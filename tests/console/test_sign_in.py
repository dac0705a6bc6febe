"""Signing in over HTTP, on a real database: password and code, tries that are counted, sessions that end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import force_setattr

from bot.commands import registry
from bot.entrance import Entrance
from bot.house import House
from channels.lines import Lines
from console import app as console
from console import links, passwords, session, totp
from console.live import Live
from console.office import OFFICE
from hub import office, settings
from hub.settings import Web
from kernel.unit import Store
from routing.desk import Desk
from tests.support import cast

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
GROUPED = re.compile(r"<code>([A-Z2-7 ]+)</code>")
PASSWORD = "a long enough word"
WRONG = "Name, password or code is wrong."
OFTEN = "There were too many tries."


@dataclass(slots=True)
class Door:
    """The console with a clock of its own, and one browser before it."""

    store: Store
    client: TestClient[web.Request, web.Application]
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 10, 9, tzinfo=UTC))
    staff: dict[str, int] = field(default_factory=dict)

    async def get(self, path: str) -> tuple[int, str]:
        answer = await self.client.get(path, allow_redirects=False)
        return answer.status, answer.headers.get("Location") or await answer.text()

    async def post(self, path: str, *, of: str = "", **sent: str) -> tuple[int, str]:
        """Send the form of the page `of`, or of the path itself."""
        [csrf, *_] = CSRF.findall((await self.get(of or path))[1])
        answer = await self.client.post(path, data={**sent, "csrf": csrf}, allow_redirects=False)
        return answer.status, answer.headers.get("Location") or await answer.text()

    async def enter(self, name: str = "Anna") -> None:
        async with self.store.unit() as work:
            path = await links.issue(work, self.staff[name], now=self.now)
        assert await self.post(path) == (303, "/")

    async def is_in(self) -> bool:
        return (await self.get("/my"))[0] == 200

    def code(self, secret: str) -> str:
        return totp.code(secret, int(self.now.timestamp()) // totp.STEP_S)

    async def set_password(self) -> str:
        """Anna sets one on her page; returns the second factor's secret."""
        await self.enter()
        secret = GROUPED.findall((await self.get("/account"))[1])[0].replace(" ", "")
        sent = {"password": PASSWORD, "code": self.code(secret)}
        assert await self.post("/account/password", of="/account", **sent) == (303, "/account?saved=set")
        return secret

    async def tries(self, *, name: str = "Anna", password: str = PASSWORD, code: str = "000000") -> tuple[int, str]:
        status, said = await self.post("/sign-in", name=name, password=password, code=code)
        return status, said if status == 303 else (OFTEN if OFTEN in said else WRONG if WRONG in said else said)


@pytest.fixture
async def door(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    found = settings.check({}, base=tmp_path)
    desk = Desk(found.queues)
    app = web.Application()
    entrance = Entrance(House(Lines(), desk), registry())
    made = office.furnish(store, entrance, Live(store, desk), Web())
    console.mount(app, made)
    async with TestClient(TestServer(app), cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        opened = Door(store, client)
        force_setattr(made, "now", lambda: opened.now)
        assert app[OFFICE].now() == opened.now
        opened.staff = await cast.hire(store)
        yield opened


async def test_password_and_code_let_in_once_a_code(door: Door) -> None:
    """S3-23: the code that is taken is spent, also for who has just looked over her shoulder."""
    secret = await door.set_password()
    door.client.session.cookie_jar.clear()
    assert await door.tries(code=door.code(secret)) == (403, WRONG)  # it has proved the phone already
    door.now += timedelta(seconds=60)
    code = door.code(secret)
    assert await door.tries(name="ANNA", code=code) == (303, "/")
    assert await door.is_in()
    door.client.session.cookie_jar.clear()
    assert await door.tries(code=code) == (403, WRONG)
    assert not await door.is_in()


async def test_unknown_wrong_and_half_right_are_answered_alike(door: Door) -> None:
    """S20: the same words and status, and a password is checked in every case."""
    secret = await door.set_password()
    door.now += timedelta(seconds=60)
    door.client.session.cookie_jar.clear()
    answers = [
        await door.tries(name="Nobody", code=door.code(secret)),
        await door.tries(name="Marek", code=door.code(secret)),  # of the staff, without a password
        await door.tries(password="another long word", code=door.code(secret)),
        await door.tries(code="123456"),
    ]
    assert set(answers) == {(403, WRONG)}


async def test_the_made_up_hash_is_checked_and_never_right() -> None:
    """S20: with the parameters of real ones, so that an unknown name takes as long; no word opens it."""
    kept = passwords._hash_of_nobody()
    real = await passwords.hashed(PASSWORD)
    assert kept.split("$")[:4] == real.split("$")[:4]
    assert [len(part) for part in kept.split("$")] == [len(part) for part in real.split("$")]
    assert not passwords._verify(kept, "") and not passwords._verify(kept, PASSWORD)
    assert passwords._verify(real, PASSWORD)


async def test_after_five_tries_the_account_waits_and_a_link_still_lets_in(door: Door) -> None:
    """S20: the count is in the store: nothing that restarts forgives it; the right word waits too."""
    secret = await door.set_password()
    door.client.session.cookie_jar.clear()
    door.now += timedelta(seconds=60)
    for _ in range(5):
        assert await door.tries(password="wrong wrong wrong") == (403, WRONG)
    assert await door.tries(code=door.code(secret)) == (429, OFTEN)
    await door.enter()
    assert await door.is_in()
    door.client.session.cookie_jar.clear()
    door.now += timedelta(minutes=16)
    assert await door.tries(code=door.code(secret)) == (303, "/")


async def test_one_address_that_tries_many_names_waits(door: Door) -> None:
    """S20: twenty in a quarter of an hour, whatever the names."""
    found = [(await door.tries(name=f"Guess {number}"))[0] for number in range(21)]
    assert found == [403] * 20 + [429]


async def test_a_session_ends_by_idleness_and_by_age(door: Door) -> None:
    """S3-23: 12 hours untouched, 30 days in any case; a page that looks again by itself touches nothing."""
    await door.enter()
    for _ in range(3):
        door.now += timedelta(hours=11)
        assert await door.is_in()
    for _ in range(3):
        door.now += timedelta(hours=5)
        await door.client.get("/my", headers={"X-Live": "1"}, allow_redirects=False)
    assert not await door.is_in()
    await door.enter()
    for _ in range(70):
        door.now += timedelta(hours=11)
        await door.get("/my")
    assert not await door.is_in()


async def test_signing_in_rotates_and_signing_out_everywhere_ends_all(door: Door) -> None:
    """S3-23: the old token opens nothing any more; a new password ends all other sessions."""
    await door.enter()
    [old] = [one.value for one in door.client.session.cookie_jar if one.key == "centrala"]
    await door.enter()
    assert await session.find(door.store.reading(), old, now=door.now) is None
    async with door.store.unit() as work:
        elsewhere = await session.open_one(work, door.staff["Anna"], agent="phone", now=door.now)
        mareks = await session.open_one(work, door.staff["Marek"], agent="", now=door.now)
    assert await door.post("/sign-out", of="/my", everywhere="yes") == (303, "/sign-in")
    assert not await door.is_in()
    assert await session.find(door.store.reading(), elsewhere, now=door.now) is None
    assert await session.find(door.store.reading(), mareks, now=door.now) is not None


async def test_a_password_is_set_only_with_all_that_proves_it(door: Door) -> None:
    """S3-23: long enough, the phone's code, and the present password where there is one; each said beside its field."""
    await door.enter()
    secret = GROUPED.findall((await door.get("/account"))[1])[0].replace(" ", "")
    status, said = await door.post("/account/password", of="/account", password="short", code="000000")
    assert status == 400 and 'id="wrong-password"' in said and 'id="wrong-code"' in said
    assert not await passwords.has_one(door.store.reading(), door.staff["Anna"])
    sent = {"password": PASSWORD, "code": door.code(secret)}
    assert (await door.post("/account/password", of="/account", **sent))[0] == 303
    second = GROUPED.findall((await door.get("/account"))[1])[0].replace(" ", "")
    assert second != secret
    sent = {"old": "not the old one", "password": "another long word", "code": door.code(second)}
    status, said = await door.post("/account/password", of="/account", **sent)
    assert status == 400 and 'id="wrong-old"' in said
    sent["old"] = PASSWORD
    assert (await door.post("/account/password", of="/account", **sent))[0] == 303


async def test_the_language_is_kept_by_the_browser(door: Door) -> None:
    """S3-23: signed in or not."""
    assert (await door.post("/language", of="/sign-in", language="hu", to="/sign-in"))[0] == 303
    assert "<h1>Bejelentkezés</h1>" in (await door.get("/sign-in"))[1]
    await door.enter()
    assert "<h1>A munkám</h1>" in (await door.get("/my"))[1]
    assert await door.post("/language", of="/my", language="ru", to="//evil.example") == (303, "/")
    assert "<h1>Моя работа</h1>" in (await door.get("/my"))[1]


async def test_the_language_a_colleague_chose_is_his_at_every_browser(door: Door) -> None:
    """S3-23: chosen once, read wherever he signs in; it is nobody else's."""
    await door.enter()
    await door.post("/language", of="/my", language="hu", to="/my")
    await door.post("/language", of="/my", language="xx", to="/my")
    door.client.session.cookie_jar.clear()
    await door.enter()
    assert "<h1>A munkám</h1>" in (await door.get("/my"))[1]
    door.client.session.cookie_jar.clear()
    await door.enter("Marek")
    assert "<h1>A munkám</h1>" not in (await door.get("/my"))[1]
