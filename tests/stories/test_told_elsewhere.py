"""Reminders and clock warnings of colleagues whom no chat reaches, at the wire: by text, by letter, the next way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from channels.sms import wire
from channels.sms.simulator import TwilioApi
from tests.stories import test_sms as sms
from tests.stories.test_clocks import POLICY
from tests.stories.test_sms import Texting
from tests.stories.test_staff_letters import Posting, posting  # noqa: F401 - a fixture
from tests.stories.test_staff_texts import ANNA, MAREK, code, last, link
from tests.support import stage as stages
from tests.support.ports import free_port

NO_WAY_BACK = "+79031234567"


@asynccontextmanager
async def playing(url: str, folder: Path, **own: Any) -> AsyncIterator[Texting]:
    """Telegram and SMS. Anna has only a phone that takes texts; Marek has both, and never opened the chat."""
    port, api = free_port(), TwilioApi(sms.TOKEN, retry_delay_s=0.01)
    await api.start()
    api.world.message_url = f"http://127.0.0.1:{port}{wire.MESSAGE_PATH}"
    async with stages.playing(url, folder, **stages.merged(sms.configured(api, port), own)) as stage:
        texting = Texting(stage, api)
        await link(texting, "Anna", ANNA)
        await link(texting, "Marek", MAREK, ways="")
        yield texting
    await api.stop()


async def without_chat(texting: Texting, name: str) -> None:
    async with texting.stage.app.store.unit() as work:
        row = await work.one("SELECT id FROM staff WHERE name = ?", name)
        assert row is not None
        await work.change("DELETE FROM staff_identities WHERE staff_id = ? AND scheme = 'telegram'", row["id"])


async def test_a_reminder_comes_by_text_and_its_code_opens_the_ticket(database_url: str, tmp_path: Path) -> None:
    """M-7, S4-18: where no chat reaches him; the staff chat hears nothing of it."""
    async with playing(database_url, tmp_path) as texting:
        stage = texting.stage
        await texting.text("Nem működik a kártyám")
        await stage.staff("/remind T1 10m call him")
        await without_chat(texting, "Anna")
        await stage.push(minutes=10)
        await texting.settled()
        assert last(texting, ANNA).startswith("Reminder R1: call him; T1 ")
        assert not [one for one in stage.bot_texts(stage.desk.id) if one.startswith("Reminder R1")]
        await texting.text(f"{code(texting, ANNA)} take", sender=ANNA)
        assert (await stage.ticket())["assignee"] == "Anna"


async def test_who_cannot_answer_by_text_is_given_no_code(database_url: str, tmp_path: Path) -> None:
    """B-1, S4-18: from his country no text comes back, so none is asked for."""
    async with playing(database_url, tmp_path) as texting:
        stage = texting.stage
        async with stage.app.store.unit() as work:
            await work.change("UPDATE staff_identities SET value = ? WHERE value = ?", NO_WAY_BACK, ANNA)
        await texting.text("Nem működik a kártyám")
        await stage.staff("/remind T1 10m call him")
        await without_chat(texting, "Anna")
        await stage.push(minutes=10)
        await texting.settled()
        told = last(texting, NO_WAY_BACK)
        assert told.startswith("Reminder R1: call him; T1 ") and " = " not in told


async def test_a_reminder_about_no_ticket_comes_by_text_too(database_url: str, tmp_path: Path) -> None:
    """S4-18: once, with its words; done, it sends nothing more that would cost."""
    async with playing(database_url, tmp_path) as texting:
        stage = texting.stage
        await stage.staff("/remind 10m ring the bank")
        await stage.push(minutes=10)
        await texting.settled()
        assert texting.api.world.inbox(ANNA) == ["Reminder R1: ring the bank"]
        await stage.staff("/done R1")
        await texting.settled()
        assert len(texting.api.world.inbox(ANNA)) == 1


async def test_a_reminder_that_a_chat_refuses_goes_the_next_way(database_url: str, tmp_path: Path) -> None:
    """M-7: as an alert does; only after the last of his ways it is told where all can see."""
    async with playing(database_url, tmp_path) as texting:
        stage = texting.stage
        await stage.staff("/remind 10m ring the bank", by=stage.marek)
        await stage.push(minutes=10)
        await stage.until(lambda: texting.api.world.inbox(MAREK))
        await texting.settled()
        assert texting.api.world.inbox(MAREK) == ["Reminder R1: ring the bank"]
        assert not [one for one in stage.bot_texts(stage.desk.id) if one.startswith("Reminder R1")]


@pytest.mark.parametrize(
    ("quiet", "held"), [("", False), ("08:00-20:00", True)], ids=["at once", "after his quiet hours"]
)
async def test_a_warning_comes_by_text(database_url: str, tmp_path: Path, quiet: str, held: bool) -> None:
    """M-6, M-10: to who has the ticket, before it is late; not in his quiet hours."""
    async with playing(database_url, tmp_path, policies=[POLICY]) as texting:
        stage = texting.stage
        await texting.text("Nem működik a kártyám")
        await stage.staff("/take T1")
        async with stage.app.store.unit() as work:
            await work.change("UPDATE staff SET quiet = ? WHERE name = 'Anna'", quiet)
        before = len(texting.api.world.inbox(ANNA))
        await stage.push(minutes=49)
        await texting.settled()
        told = texting.api.world.inbox(ANNA)[before:]
        if held:
            assert told == []
            [waiting] = await stage.rows("SELECT state FROM messages WHERE purpose = 'warning'")
            assert waiting["state"] == "queued"
            return
        assert len(told) == 1 and told[0].startswith("T1: first answer by "), told
        await texting.text(f"{code(texting, ANNA)} r Jövök", sender=ANNA)
        assert texting.api.world.inbox(sms.ESZTER)[-1] == "Jövök"


async def test_a_call_back_comes_by_text(database_url: str, tmp_path: Path) -> None:
    """B-5: to who has the ticket, where he is reached, with the number to ring."""
    async with playing(database_url, tmp_path) as texting:
        stage = texting.stage
        await texting.text("CALL ME")
        await stage.staff("/take T1")
        before = len(texting.api.world.inbox(ANNA))
        await stage.push(hours=6)
        await texting.settled()
        told = [one for one in texting.api.world.inbox(ANNA)[before:] if one.startswith("T1: call ")]
        assert told and sms.ESZTER in told[0]


async def test_a_reminder_comes_by_letter_and_is_answered(posting: Posting) -> None:  # noqa: F811
    """M-7, S4-18: the words above the line go to the customer, as under any letter of ours."""
    await posting.given()
    await posting.stage.staff("/remind T1 10m call him")
    await posting.stage.push(minutes=10)
    letter = await posting.came(2)
    assert "Reminder R1: call him" in letter.text and letter.subject.startswith("[P3 T1]")
    await posting.answers(letter, "It works again.")
    assert posting.customers()[-1] == "It works again."


async def test_a_ticket_that_is_back_is_told_by_letter(posting: Posting) -> None:  # noqa: F811
    """S5: who has put it off hears of it where he is reached."""
    await posting.given()
    await posting.stage.staff("/snooze T1 2h")
    await posting.stage.push(hours=2)
    letter = await posting.came(2)
    assert "T1 is back: it was put off until" in letter.text
