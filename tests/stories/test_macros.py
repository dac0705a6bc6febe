"""Canned answers in the hub: looked at, sent, changed, and what follows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import stage as stages
from tests.support.stage import Stage

MACROS = {
    "refund": {
        "text": {"en": "{{ customer }}: {{ amount }} EUR back.", "hu": "{{ customer }}: {{ amount }} EUR vissza."},
        "tags": ["refund"],
        "close": True,
        "reason": "refunded",
    },
    "cards": {"text": "Only cards", "queues": ["cards"]},
}


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    queues = {"cards": {"assign": "none"}}
    async with stages.playing(database_url, tmp_path, macros=MACROS, queues=queues) as playing:
        yield playing


async def test_a_macro_is_shown_and_then_sent_with_what_follows(desk: Stage) -> None:
    """Issue 5: in the customer's language; nothing leaves before the press, and it works once."""
    await desk.customer("Segítség")
    before = await desk.effects()
    await desk.staff("/macro T1 refund amount=20")
    assert await desk.effects() == before
    assert "refund for T1 (then tag, then close):\n\nEszter: 20 EUR vissza." in desk.find("refund for T1").text
    _, pressed = desk.button("Send")
    assert "Nothing of yours waits" in await desk.forge(desk.marek, pressed)
    await desk.press("Send")
    assert desk.bot_texts(desk.eszter.id)[-1] == "Eszter: 20 EUR vissza."
    ticket = await desk.ticket()
    assert (ticket["state"], ticket["assignee"]) == ("closed", "Anna")
    assert "refund" in str(ticket["tags"])
    assert "Nothing of yours waits" in await desk.forge(desk.anna, pressed)


async def test_a_macro_is_given_back_to_be_changed(desk: Stage) -> None:
    await desk.customer("Segítség")
    await desk.staff("/x T1 refund amount=20")
    await desk.press("Edit")
    assert desk.find("Copy this").text.endswith("/reply T1 Eszter: 20 EUR vissza.")


async def test_what_changed_meanwhile_is_not_answered_blindly(desk: Stage) -> None:
    """Bound to the version that was looked at."""
    await desk.customer("Segítség")
    await desk.staff("/macro T1 refund amount=20")
    await desk.customer("It works again, thank you")
    before = await desk.effects()
    assert "has changed since" in await desk.press("Send")
    assert await desk.effects() == before


async def test_a_broken_macro_is_named_and_holds_up_nobody(desk: Stage) -> None:
    """M-12: the command is refused, its message is not parked, and the next one is done."""
    await desk.customer("Segítség")
    desk.app.house.macros["refund"].texts["hu"] = "{% if amount > 5 %}sok{% endif %}"  # type: ignore[index]
    before = await desk.effects()
    await desk.staff("/macro T1 refund amount=20")
    assert "The canned answer refund is broken" in desk.bot_texts(desk.desk.id)[-1]
    assert await desk.effects() == before
    await desk.staff("/take T1")
    assert (await desk.ticket())["assignee"] == "Anna"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/macro T1 refund", "refund needs more: /macro T12 refund amount=…"),
        ("/macro T1 cards", 'There is no macro "cards" here. There are: refund.'),
        ("/macro T1", "Which macro? There are: refund."),
    ],
)
async def test_what_cannot_be_filled_in_sends_nothing(desk: Stage, text: str, says: str) -> None:
    """S6: another queue's is as if it were not there."""
    await desk.customer("Segítség")
    before = await desk.effects()
    await desk.staff(text)
    assert says in desk.bot_texts(desk.desk.id)[-1]
    assert await desk.effects() == before


async def test_tags_come_and_go(desk: Stage) -> None:
    await desk.customer("Segítség")
    await desk.staff("/tag T1 +vip card")
    assert desk.bot_texts(desk.desk.id)[-1] == "T1: tags vip, card."
    await desk.staff("/tag T1 -vip")
    assert desk.bot_texts(desk.desk.id)[-1] == "T1: tags card."
    await desk.staff("/tag T1 ???")
    assert "is no tag" in desk.bot_texts(desk.desk.id)[-1]
