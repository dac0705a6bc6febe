"""A chain over two channels at the wire: the chat first, the phone after it, and one word that ends both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from channels.sms import wire
from channels.sms.simulator import TwilioApi
from tests.stories import test_sms as sms
from tests.stories.test_staff_texts import ANNA, MAREK, code, link
from tests.support import stage as stages
from tests.support.ports import free_port

CHAIN = {
    "name": "desk",
    "steps": [
        {"who": "@Marek", "channels": ["telegram", "sms"], "gap": "2m"},
        {"who": "@Anna", "after": "5m", "channels": ["sms"]},
        {"who": "role:lead", "after": "1h"},
    ],
}


@asynccontextmanager
async def playing(database_url: str, tmp_path: Path) -> AsyncIterator[sms.Texting]:
    """Telegram and SMS, and the inbox follows the chain."""
    port, api = free_port(), TwilioApi(sms.TOKEN, retry_delay_s=0.01)
    await api.start()
    api.world.message_url = f"http://127.0.0.1:{port}{wire.MESSAGE_PATH}"
    own = {"chains": [CHAIN], "queues": {"inbox": {"chain": "desk"}}}
    async with stages.playing(database_url, tmp_path, **stages.merged(sms.configured(api, port), own)) as stage:
        yield sms.Texting(stage, api)
    await api.stop()


async def test_the_phone_rings_when_the_chat_is_left_unread_and_its_code_ends_both(
    database_url: str, tmp_path: Path
) -> None:
    """M-6, M-10: one transition, whichever channel the word comes by, and everybody told hears who has it."""
    async with playing(database_url, tmp_path) as texting:
        stage = texting.stage
        for name, number in (("Marek", MAREK), ("Anna", ANNA)):
            await link(texting, name, number)
        stage.open(stage.marek)
        await texting.text("Nem működik a kártyám")
        await stage.push(hours=1)
        await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) == 1)
        assert texting.api.world.inbox(MAREK) == []
        await stage.push(minutes=2)
        await texting.settled()
        assert code(texting, MAREK) and texting.api.world.inbox(ANNA) == []
        await stage.push(minutes=5)
        await texting.settled()
        opened = code(texting, ANNA)
        await texting.text(f"{opened} take", sender=ANNA)
        assert (await stage.ticket())["assignee"] == "Anna"
        assert [row["state"] for row in await stage.rows("SELECT state FROM alerts")] == ["acked"]
        await stage.until(lambda: "taken by Anna at" in stage.bot_texts(stage.marek.id)[-1])
        assert "taken by Anna at" in texting.api.world.inbox(MAREK)[-1]
        assert not any("taken by Anna at" in text for text in texting.api.world.inbox(ANNA))
