"""A customer's conversation at the wire: which ticket his words join, and what he is told by himself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from channels.telegram.simulator import BotApi
from tests.support import stage as stages
from tests.support.stage import TOKEN, Stage

GREETINGS = {
    "en": "Hello Kim! Write to us here; a colleague will answer.",
    "pl": "Cześć Kim! Napisz do nas tutaj, a ktoś z nas odpowie.",
    "sk": "Dobrý deň, Kim! Napíšte nám sem, kolega vám odpovie.",
    "hu": "Üdvözöljük, Kim! Írjon nekünk itt, egy kolléga válaszolni fog.",
    "ru": "Здравствуйте, Kim! Напишите нам сюда, и сотрудник ответит.",
}
ACKNOWLEDGED = {
    "en": "We have your message, number T1. A colleague will answer by ",
    "pl": "Mamy Twoją wiadomość, numer T1. Ktoś z nas odpowie do: ",
    "sk": "Vašu správu máme pod číslom T1. Kolega vám odpovie do: ",
    "hu": "Megkaptuk az üzenetét, száma T1. Egy kolléga eddig válaszol: ",
    "ru": "Мы получили ваше сообщение, номер T1. Сотрудник ответит до: ",
}


async def numbers(stage: Stage) -> list[int]:
    return [row["number"] for row in await stage.rows("SELECT number FROM tickets ORDER BY number")]


async def test_a_second_message_joins_the_open_ticket(stage: Stage) -> None:
    """M-5: also after an answer."""
    await stage.customer("Egy")
    await stage.customer("Kettő")
    await stage.staff("/r T1 Jövök")
    await stage.customer("Három")
    assert await numbers(stage) == [1]
    assert (await stage.ticket())["state"] == "open"
    assert len(await stage.rows("SELECT id FROM entries WHERE author_kind = 'customer'")) == 3


async def test_words_within_fourteen_days_of_the_close_open_the_ticket_again(stage: Stage) -> None:
    """M-5, M-6: with a clock of its own; not acknowledged a second time."""
    await stage.customer("Egy")
    await stage.staff("/close T1")
    await stage.push(days=13, hours=23)
    await stage.customer("Kettő")
    assert await numbers(stage) == [1]
    assert (await stage.ticket())["state"] == "open"
    assert len(stage.bot_texts(stage.eszter.id)) == 1
    assert [row["state"] for row in await stage.rows("SELECT state FROM clocks")] == ["running"]


async def test_words_after_fourteen_days_open_a_new_ticket_that_knows_the_old(stage: Stage) -> None:
    """M-5."""
    await stage.customer("Egy")
    await stage.staff("/close T1")
    await stage.push(days=14, hours=1)
    await stage.customer("Kettő")
    first, second = await stage.ticket(1), await stage.ticket(2)
    assert (first["state"], second["previous_id"]) == ("closed", first["id"])
    assert len(stage.bot_texts(stage.eszter.id)) == 2


async def test_answering_an_old_message_of_ours_means_its_ticket(stage: Stage) -> None:
    """M-5: the gesture says which matter."""
    await stage.customer("Egy")
    await stage.staff("/r T1 Az első")
    await stage.staff("/close T1")
    await stage.push(days=14, hours=1)
    await stage.customer("Kettő")
    await stage.staff("/close T2")
    await stage.customer("Ehhez", reply_to=stage.find("T2", stage.eszter.id).id)
    assert (await stage.ticket(2))["state"] == "open"
    assert (await stage.ticket(1))["state"] == "closed"


async def test_two_customers_do_not_mix(stage: Stage) -> None:
    """S6: whatever they answer to."""
    await stage.customer("Egy")
    obcy = stage.world.private(stage.obcy)
    await stage.say(stage.obcy, obcy, "Dva")
    await stage.say(stage.obcy, obcy, "Ešte", reply_to=stage.find("T2", stage.obcy.id).id)
    await stage.staff("/r T1 Eszternek")
    await stage.staff("/r T2 Obcymu")
    assert stage.bot_texts(stage.eszter.id)[1:] == ["Eszternek"]
    assert stage.bot_texts(stage.obcy.id)[1:] == ["Obcymu"]
    words = "SELECT count(*) AS n FROM entries WHERE author_kind = 'customer' AND ticket_id = ?"
    for number, expected in ((1, 1), (2, 2)):
        [row] = await stage.rows(words, (await stage.ticket(number))["id"])
        assert row["n"] == expected


@pytest.mark.parametrize("language", GREETINGS)
async def test_a_newcomer_is_greeted_and_acknowledged_in_his_language(stage: Stage, language: str) -> None:
    """S0-12, M-8: /start and /id open no ticket; the first message does."""
    kim = stage.world.person(2002, "Kim", language_code=language)
    chat = stage.world.private(kim)
    await stage.say(kim, chat, "/start")
    assert stage.bot_texts(kim.id) == [GREETINGS[language]]
    await stage.say(kim, chat, "/id")
    assert "2002" in stage.bot_texts(kim.id)[-1]
    assert await numbers(stage) == []
    await stage.say(kim, chat, "?")
    assert stage.bot_texts(kim.id)[-1].startswith(ACKNOWLEDGED[language])


@pytest.mark.parametrize(("code", "language"), [("pl-PL", "pl"), ("de", "en"), ("", "en"), ("RU", "ru")])
async def test_a_language_that_is_not_ours_becomes_english(stage: Stage, code: str, language: str) -> None:
    """M-8."""
    kim = stage.world.person(2002, "Kim", language_code=code)
    await stage.say(kim, stage.world.private(kim), "?")
    assert stage.bot_texts(kim.id)[-1].startswith(ACKNOWLEDGED[language])


async def test_a_name_is_a_value_and_never_a_format(stage: Stage) -> None:
    """S9."""
    kim = stage.world.person(2002, "{name} {0.__class__} %s <b>", language_code="en")
    await stage.say(kim, stage.world.private(kim), "/start")
    assert stage.bot_texts(kim.id) == ["Hello {name} {0.__class__} %s <b>! Write to us here; a colleague will answer."]
    await stage.say(kim, stage.world.private(kim), "?")
    await stage.staff("/r T1 ok")
    assert stage.find("T1 ✓ sent to {name} {0.__class__} %s <b>")


async def test_a_ticket_is_acknowledged_once(stage: Stage) -> None:
    """S3, S0-12: however much he writes."""
    for text in ("Egy", "Kettő", "Három"):
        await stage.customer(text)
    await stage.staff("/close T1")
    await stage.customer("Négy")
    assert len(stage.bot_texts(stage.eszter.id)) == 1


async def test_at_most_three_acknowledgements_an_hour(stage: Stage) -> None:
    """S3: the fourth ticket within the hour is opened all the same, and an hour later he hears of it again."""

    async def matter(number: int) -> None:
        await stage.customer(f"Matter {number}")
        await stage.staff(f"/close T{number}")
        async with stage.app.store.unit() as work:  # long closed, so that the next words are a matter of their own
            await work.change("UPDATE tickets SET closed_at = ?", work.now - timedelta(days=15))

    for number in (1, 2, 3, 4):
        await matter(number)
    await stage.until(lambda: len(stage.bot_texts(stage.eszter.id)) == 3)
    assert await numbers(stage) == [1, 2, 3, 4]
    assert len(await stage.rows("SELECT id FROM messages WHERE purpose = 'acknowledgement'")) == 3
    await stage.push(hours=1, minutes=1)
    await matter(5)
    await stage.until(lambda: len(stage.bot_texts(stage.eszter.id)) == 4)


async def test_greetings_have_an_end(stage: Stage) -> None:
    """S3: three automatic texts an hour, whatever they are; words after them become a ticket all the same."""
    for _ in range(4):
        await stage.customer("/start")
    await stage.customer("Segítség")
    await stage.settled()
    assert len(stage.bot_texts(stage.eszter.id)) == 3
    assert (await stage.ticket())["subject"] == "Segítség"


@pytest.fixture
async def late(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Telegram has kept the messages of 25 hours."""
    api = BotApi(TOKEN, clock=lambda: time.time() - 25 * 3600)
    async with stages.playing(database_url, tmp_path, api=api) as playing:
        yield playing


async def test_an_old_message_is_a_ticket_and_gets_no_automatic_answer(late: Stage) -> None:
    """S3: "no automatic text ever answers a message older than 24 h"; a person answers it."""
    await late.customer("Segítség")
    assert await numbers(late) == [1]
    assert late.find("T1 ·")
    assert late.bot_texts(late.eszter.id) == []
    await late.staff("/r T1 Bocsánat")
    assert late.bot_texts(late.eszter.id) == ["Bocsánat"]
