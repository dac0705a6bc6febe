"""A busy minute: two hundred customers write, and the staff chat's budget is kept."""

from __future__ import annotations

import time

import pytest

from channels.contract import Address, Operation, Outbound
from tests.support.stage import Stage

MESSAGES = 200


@pytest.mark.paced
async def test_two_hundred_messages_a_minute_stay_within_the_groups_pace(stage: Stage) -> None:
    """Issue 5, 2.4: about 20 a minute into one group; what waits is edited together, and nothing is lost."""
    [adapter] = stage.app.adapters
    outbound = Outbound(1, 1, Operation.SEND, Address("telegram", str(stage.desk.id)), "x")  # type: ignore[arg-type]
    assert any((one.rate, one.burst) == (20 / 60, 20) for one in adapter.buckets(outbound))
    begun = time.monotonic()
    for number in range(MESSAGES):
        person = stage.world.person(7000 + number % 20, f"Customer {number % 20}")
        stage.world.say(person, stage.world.private(person), f"question {number}")

    async def heard() -> bool:
        [row] = await stage.rows("SELECT count(*) AS n FROM messages WHERE direction = 'in'")
        return bool(row["n"] == MESSAGES)

    await stage.until(heard, within_s=60)
    await stage.until(lambda: bool(stage.bot_texts(stage.desk.id)), within_s=60)
    shown = len(stage.bot_texts(stage.desk.id))
    took_s = time.monotonic() - begun
    assert 0 < shown <= 20 + took_s * 20 / 60 + 1
    [waits] = await stage.rows("SELECT count(*) AS n FROM messages WHERE purpose = 'copy' AND state = 'queued'")
    [all_] = await stage.rows("SELECT count(*) AS n FROM messages WHERE purpose = 'copy'")
    assert all_["n"] == MESSAGES and waits["n"] > 0, "every word of theirs is shown, one after the other"
