"""What is saved is taken up by the running hub: nobody is refused meanwhile, nothing that came in is lost."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from hub import database
from kernel import loops, unit
from tests.support import setting_up
from tests.support.setting_up import Running

HOOK_TOKEN = "a-token-of-a-form-0123"
FILE = f'[hooks.sources.form]\ntoken = "{HOOK_TOKEN}"\n'


class Visitor:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, hub: Running, session: aiohttp.ClientSession) -> None:
        self._hub = hub
        self._session = session
        self._proof = ""

    async def enter(self) -> None:
        async with self._session.get(self._hub.link) as answer:
            self._read(await answer.text())

    async def save(self, step: str, **answers: str) -> tuple[int, str]:
        """Answers about the company."""
        return await self.send(step, {f"company.{key}": value for key, value in answers.items()})

    async def send(self, step: str, answers: Mapping[str, str]) -> tuple[int, str]:
        """Status and page at the end of all that a browser follows."""
        data = {"proof": self._proof, "do": "save", **answers}
        async with self._session.post(f"{self._hub.base}/setup/{step}", data=data) as answer:
            status, page, url = answer.status, await answer.text(), answer.url
        while 'http-equiv="refresh"' in page:
            await asyncio.sleep(0.2)
            with contextlib.suppress(aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                async with self._session.get(url) as answer:
                    status, page, url = answer.status, await answer.text(), answer.url
        self._read(page)
        return status, page

    def _read(self, page: str) -> None:
        self._proof = next(iter(re.findall(r'name="proof" value="(\w+)"', page)), self._proof)


def browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))  # cookies of an address without a name


async def post(hub: Running, number: int) -> int:
    """A message of a web form; the status."""
    event = {
        "type": "message.received",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"from": {"address": f"web-{number}"}, "text": f"Message {number}"},
    }
    headers = {"Authorization": f"Bearer {HOOK_TOKEN}", "webhook-id": f"n-{number}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{hub.base}/hooks/form", json=event, headers=headers) as answer,
    ):
        return answer.status


async def insist(hub: Running, number: int) -> None:
    """As a system posts that wants its message taken: again after what is no answer. Refused it must never be."""
    while True:
        try:
            if await post(hub, number) == 202:
                return
        except aiohttp.ClientConnectorError:
            raise
        except aiohttp.ClientConnectionError:  # it was connected when the hub that listened so far ended
            pass
        await asyncio.sleep(0.02)


async def counted(database_url: str) -> tuple[int, int]:
    """Messages stored and tickets made, once there is a ticket for each."""
    await database.connect(database_url)
    try:
        async with asyncio.timeout(15):
            while True:
                reader = database.connection(unit.READING)
                [row] = await reader.execute_query_dict(
                    "SELECT (SELECT count(*) FROM raw_messages) AS stored, (SELECT count(*) FROM tickets) AS made"
                )
                if row["stored"] == row["made"]:
                    return row["stored"], row["made"]
                await asyncio.sleep(0.1)
    finally:
        await database.close()


async def test_what_is_saved_is_taken_up_and_nothing_that_comes_meanwhile_is_lost(
    tmp_path: Path, empty_url: str
) -> None:
    """M-4: messages keep coming while the hub starts anew twice; each becomes one ticket."""
    (tmp_path / "centrala.toml").write_text(FILE)
    async with setting_up.running(tmp_path, empty_url) as hub, browser() as session:
        visitor = Visitor(hub, session)
        await visitor.enter()
        await insist(hub, 0)
        numbers = iter(range(1, 1000))
        taken = [0]

        async def keep_posting() -> None:
            for number in numbers:
                await insist(hub, number)
                taken.append(number)

        posting = loops.spawn(keep_posting(), name="posting")
        status, page = await visitor.save("language", language="hu")
        assert status == 200 and "Az Ön cége" in page
        status, page = await visitor.save("company", name="Orlik", zone="Europe/Budapest")
        assert status == 200 and "@BotFather" in page
        before = len(taken)
        async with asyncio.timeout(15):
            while len(taken) < before + 5:
                await asyncio.sleep(0.02)
                assert not posting.done()
        await loops.cancel(posting)
        await insist(hub, 1000)
        await hub.until_ready()
        assert hub.said.count("hub.listening") == 3 and hub.said.count("Set up at") == 1
        stored, made = await counted(empty_url)
    assert stored == made >= len(taken) + 1


async def test_a_file_that_is_spoiled_meanwhile_is_told_and_the_hub_goes_on(tmp_path: Path, empty_url: str) -> None:
    path = tmp_path / "centrala.toml"
    path.write_text(FILE)
    async with setting_up.running(tmp_path, empty_url) as hub, browser() as session:
        visitor = Visitor(hub, session)
        await visitor.enter()
        path.write_text("[web\nport = ")
        status, page = await visitor.save("company", name="Orlik")
        assert status == 400 and "a TOML file in UTF-8" in page and "centrala.toml" in page
        assert path.read_text() == "[web\nport = "
        await insist(hub, 1)


async def test_a_key_that_the_file_has_wrong_is_named_though_no_step_asks_for_it(
    tmp_path: Path, empty_url: str
) -> None:
    path = tmp_path / "centrala.toml"
    path.write_text(FILE)
    async with setting_up.running(tmp_path, empty_url) as hub, browser() as session:
        visitor = Visitor(hub, session)
        await visitor.enter()
        path.write_text(FILE + '[bot]\nhold_s = "long"\n')
        status, page = await visitor.save("company", name="Orlik")
        assert status == 400 and "<code>bot.hold_s</code>: expected" in page
