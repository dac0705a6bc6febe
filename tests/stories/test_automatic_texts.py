"""What customers hear without anybody writing it: little, and never instead of being heard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.stage import Stage


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("/start my card is blocked, I am at station 0412", id="after /start"),
        pytest.param("/id please help", id="after /id"),
        pytest.param("/start\nMy card is blocked", id="on the next line"),
    ],
)
async def test_words_after_a_greeting_are_a_message(stage: Stage, text: str) -> None:
    """M-1: nothing a customer writes is lost."""
    await stage.customer(text)
    assert stage.find("Eszter:").text == f"Eszter:\n{text}"


@pytest.mark.parametrize("text", ["/start", "/START", "/id", " /start ", "/start shop-42_a"], ids=repr)
async def test_a_bare_greeting_is_no_matter(stage: Stage, text: str) -> None:
    await stage.customer(text)
    assert await stage.rows("SELECT id FROM tickets") == []
    assert len(stage.bot_texts(stage.eszter.id)) == 1


async def test_a_greeting_in_a_group_is_none(stage: Stage) -> None:
    await stage.staff("/id", by=stage.obcy)
    assert stage.bot_texts(stage.desk.id) == []


async def test_three_automatic_texts_an_hour_of_whatever_kind(stage: Stage) -> None:
    """Greetings and acknowledgements are counted together."""
    await stage.customer("/start")
    await stage.customer("/id")
    for number in range(1, 4):
        await stage.customer("Help")
        await stage.staff(f"/close T{number}")
        async with stage.app.store.unit() as work:
            await work.change("UPDATE tickets SET closed_at = ?", stage.app.clock.now() - timedelta(days=20))
    assert len(stage.bot_texts(stage.eszter.id)) == 3
    await stage.customer("/start")
    assert len(stage.bot_texts(stage.eszter.id)) == 3
    await stage.push(hours=1.1)
    await stage.customer("/start")
    await stage.until(lambda: len(stage.bot_texts(stage.eszter.id)) == 4)
