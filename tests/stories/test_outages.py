"""Outages at the wire: a station goes down, a colleague confirms, and exactly those who want to know are told."""

from __future__ import annotations

from typing import Any

import pytest

from channels.contract import Address
from crmcore import stations, subscribers
from crmcore.models.staff import Role
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from tests.support.stage import Stage

JAN, IRINA, OLA, DUSAN = 2101, 2102, 2103, 2104
PETRA = 1007


def wish(telegram: int, name: str, language: str, *codes: str, **more: Any) -> Wish:
    address = Address("telegram", str(telegram))
    return Wish((1,), (address,), name, "Orlik", language, codes=frozenset(codes), every=not codes, **more)


@pytest.fixture
async def desk(stage: Stage) -> Stage:
    """Two stations; Eszter (hu), Jan (pl), Irina (ru) want to hear of 0412, Dusan (sk) of the other one only."""
    world = stage.world
    people = [world.person(JAN, "Jan"), world.person(IRINA, "Irina"), world.person(DUSAN, "Dusan")]
    stage.open(stage.eszter, stage.marek, *people)
    async with stage.app.store.unit() as work:
        await stations.upsert(
            work,
            [
                Facts("0412", "Gdynia", "Morska 100", zone="Europe/Warsaw", nearest="0415"),
                Facts("0415", "Sopot", zone="Europe/Warsaw"),
            ],
        )
        await subscribers.upsert(
            work,
            [
                wish(stage.eszter.id, "Eszter", "hu", "0412"),
                wish(JAN, "Jan", "pl", "0412", "0415"),
                wish(IRINA, "Irina", "ru"),
                wish(DUSAN, "Dusan", "sk", "0415"),
            ],
        )
        await subscribers.upsert(
            work, [Wish((9,), (Address("tel", "+48600123456"),), "Ola", codes=frozenset({"0412"}))]
        )
    return stage


def heard(stage: Stage) -> dict[str, int]:
    """How many messages each has had from the bot."""
    people = {"Eszter": stage.eszter.id, "Jan": JAN, "Irina": IRINA, "Dusan": DUSAN}
    return {name: len(stage.bot_texts(chat)) for name, chat in people.items()}


async def test_declare_preview_confirm_and_exactly_those_are_told(desk: Stage) -> None:
    """M-7, S0-8: each in his language; the one who cannot be reached is named before anything is sent."""
    await desk.staff("/station 0412 down 2h maintenance", by=desk.marek)
    preview = desk.find("O-1/1 · 0412 Gdynia, Morska 100 · unplanned").text
    print(preview)
    assert "Tells 3: 3 Telegram · languages: hu 1, pl 1, ru 1" in preview
    assert "Left out: 1\n– Ola: no channel here reaches a tel address" in preview
    assert "Stacja 0412 Gdynia, Morska 100: wyłączona od" in preview and "Powód: konserwacja." in preview
    assert set(heard(desk).values()) == {0}
    await desk.press("Send to 3", by=desk.marek)
    assert heard(desk) == {"Eszter": 1, "Jan": 1, "Irina": 1, "Dusan": 0}
    print(desk.bot_texts(JAN), desk.bot_texts(IRINA), desk.bot_texts(desk.eszter.id))
