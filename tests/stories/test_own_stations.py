"""A customer asks for his stations: which he is told of, and which are down now; nobody is told of another's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.contract import Address
from crmcore import stations
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from tests.stories import test_sms as texts
from tests.stories.test_customer_words import hears
from tests.stories.test_outages import subscribe, wish
from tests.stories.test_ratings import is_offered
from tests.stories.test_sms import ESZTER, Texting
from tests.support.stage import Stage

NONE = "Itt egyetlen állomásról sem értesítjük."


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with texts.playing(database_url, tmp_path) as found:
        yield found


async def known(stage: Stage) -> None:
    async with stage.app.store.unit() as work:
        gdynia = Facts("0412", "Gdynia", "Morska 100", zone="Europe/Warsaw")
        await stations.upsert(work, [gdynia, Facts("0415", "Sopot", zone="Europe/Warsaw")])


async def down(stage: Stage, what: str = "/station 0412 down 2h maintenance") -> None:
    await stage.staff(what, by=stage.marek)
    await stage.staff("/confirm O-1", by=stage.marek)
    await stage.push(seconds=5)
    await stage.until(lambda: _is_announced(stage))


async def _is_announced(stage: Stage) -> bool:
    return bool(await stage.rows("SELECT id FROM outages WHERE state = 'announced'"))


async def test_his_stations_and_which_are_down(stage: Stage) -> None:
    """M-7, S0-2: by the command and by the button; what ends is not down any more."""
    await known(stage)
    await subscribe(stage, wish(stage.eszter.id, "Eszter", "hu", "0412", "0415"))
    await stage.customer("/stations")
    said = await hears(stage, "Ezek leállásáról értesítjük: ")
    assert said == ("Ezek leállásáról értesítjük: 0412 Gdynia, Morska 100; 0415 Sopot.\nMost egyik sincs üzemen kívül.")
    assert await stage.rows("SELECT id FROM tickets") == []
    await down(stage)
    await stage.customer("/állomások")
    await stage.until(lambda: "Morska 100: üzemen kívül eddig: " in stage.bot_texts(stage.eszter.id)[-1])
    assert "Sopot: üzemen kívül" not in stage.bot_texts(stage.eszter.id)[-1]
    await stage.staff("/station 0412 up", by=stage.marek)
    await stage.staff("/confirm O-1", by=stage.marek)
    await stage.customer("/start")
    await stage.until(lambda: is_offered(stage, "Állomások"))
    await stage.press("Állomások", by=stage.eszter, chat=stage.world.private(stage.eszter))
    await stage.until(lambda: stage.bot_texts(stage.eszter.id)[-1].endswith("Most egyik sincs üzemen kívül."))


async def test_an_end_that_has_passed_unconfirmed_promises_nothing(stage: Stage) -> None:
    await known(stage)
    await subscribe(stage, wish(stage.eszter.id, "Eszter", "hu"))
    await down(stage, "/station 0412 down 30m maintenance")
    await stage.push(minutes=40)
    await stage.customer("/stations")
    said = await hears(stage, "Minden állomásunk leállásáról értesítjük.")
    assert said.endswith("\n0412 Gdynia, Morska 100: további értesítésig üzemen kívül.")


async def test_who_has_none_gets_a_clear_word(stage: Stage) -> None:
    await known(stage)
    await subscribe(stage, wish(2101, "Jan", "pl", "0412"))
    await stage.customer("/stations")
    assert (await hears(stage, NONE)).startswith(NONE)
    await stage.customer("/start")
    await stage.until(lambda: is_offered(stage, "Kérdezés"))
    await stage.press("Kérdezés", by=stage.eszter, chat=stage.world.private(stage.eszter))
    await hears(stage, "Írja ide a kérdését; egy kolléga válaszol.")


async def test_an_address_that_nothing_proves_is_told_of_none(stage: Stage) -> None:
    """P-3: it stands with the contact, and neither he nor a list of ours has said that it is his."""
    await known(stage)
    await subscribe(stage, wish(stage.eszter.id, "Eszter", "hu", "0412"))
    async with stage.app.store.unit() as work:
        await work.change("UPDATE identities SET proven = NULL, verified = ?", False)
    await stage.customer("/stations")
    assert (await hears(stage, NONE)).startswith(NONE)


async def test_by_text_message_the_word_alone_asks(texting: Texting) -> None:
    """B-8: a word; within a sentence it is a message."""
    stage, inbox = texting.stage, texting.api.world.inbox
    await known(stage)
    own = Wish((1,), (Address("tel", ESZTER),), "Eszter", "Orlik", "hu", codes=frozenset({"0415"}))
    await subscribe(stage, own)
    await texting.text("STATIONS")
    assert inbox(ESZTER)[-1].endswith(": 0415 Sopot.\nMost egyik sincs üzemen kivül."), "as GSM-7 has its letters"
    await stage.push(hours=2)
    await texting.text("Which stations in Gdynia?")
    assert len(await stage.rows("SELECT id FROM tickets")) == 1
