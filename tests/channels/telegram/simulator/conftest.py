"""The cast and the stage for the simulator's own tests: Anna and Eszter, a settable clock, a started Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from channels.telegram.simulator import BotApi, Chat, Person

TOKEN = "1000:TEST-token_of_the_simulator_0123456789"


@dataclass
class Clock:
    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api(clock: Clock) -> AsyncIterator[BotApi]:
    far_side = BotApi(TOKEN, clock=clock, retry_delay_s=0.01)
    await far_side.start()
    yield far_side
    await far_side.stop()


@pytest.fixture
def eszter(api: BotApi) -> Person:
    return api.world.person(501, "Eszter", last_name="Kovács", username="eszter", language_code="hu")


@pytest.fixture
def anna(api: BotApi) -> Person:
    return api.world.person(502, "Anna", username="anna", language_code="pl")


@pytest.fixture
def private(api: BotApi, eszter: Person) -> Chat:
    """Eszter's chat with the bot, opened by her /start."""
    chat = api.world.private(eszter)
    api.world.say(eszter, chat, "/start")
    return chat


@pytest.fixture
def forum(api: BotApi, anna: Person) -> Chat:
    return api.world.group(-1001234567890, "Team", members=[anna], forum=True)
