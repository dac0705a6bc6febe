"""What is meant for a colleague and has not left in two minutes goes his next way: at the wire, a chat hangs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.email.simulator import MailServer
from channels.sms import wire
from channels.sms.simulator import TwilioApi
from kernel import ids
from tests.stories import test_sms as sms
from tests.stories.test_clocks import POLICY
from tests.stories.test_email import ADDRESS
from tests.stories.test_sms import Texting
from tests.stories.test_staff_texts import MAREK, code, last, link
from tests.support import stage as stages
from tests.support.ports import free_port
from tests.support.stage import Stage

LETTERS = "marek@home.example"
TWICE = "It may come by Telegram too, which does not answer."
LONG_S = 3600.0


class Desk(Texting):
    """Telegram, SMS and e-mail; Marek has all three, and Eszter's ticket."""

    server: MailServer

    @property
    def texts(self) -> list[str]:
        """What Marek's phone has got."""
        return self.api.world.inbox(MAREK)

    def hang(self, times: int = 50) -> None:
        self.stage.world.faults.hang("sendMessage", LONG_S, times)

    def throttle(self) -> None:
        """Telegram takes nothing for Marek, and says when to come again: what is for him waits."""
        self.stage.world.faults.throttle(self.stage.marek.id, LONG_S)

    async def later(self, **by: float) -> None:
        """The clock goes on; what hangs is not waited for."""
        self.stage.app.push_clock(timedelta(**by))

    async def states(self, purpose: str) -> list[tuple[str, str]]:
        found = await self.stage.rows(
            "SELECT channel, state FROM messages WHERE purpose = ? AND operation = 'send' ORDER BY id", purpose
        )
        return [(row["channel"], row["state"]) for row in found]

    async def shows(self, purpose: str, *expected: tuple[str, str]) -> None:
        """Waits for the messages of that purpose to stand so."""

        async def are_so() -> bool:
            return await self.states(purpose) == list(expected)

        await self.stage.until(are_so)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    port, api, server = free_port(), TwilioApi(sms.TOKEN, retry_delay_s=0.01), MailServer()
    await api.start()
    api.world.message_url = f"http://127.0.0.1:{port}{wire.MESSAGE_PATH}"
    smtp = {"host": "127.0.0.1", "port": await server.start(), "tls": "none"}
    own: dict[str, Any] = {
        "channels": {"email": {"address": ADDRESS, "listen": "127.0.0.1:0", "smtp": smtp}},
        "policies": [POLICY],
    }
    async with stages.playing(database_url, tmp_path, **stages.merged(sms.configured(api, port), own)) as stage:
        desk = Desk(stage, api)
        desk.server = server
        await link(desk, "Marek", MAREK, ways="")
        async with stage.app.store.unit() as work:
            row = await work.one("SELECT id FROM staff WHERE name = 'Marek'")
            assert row is not None
            await work.change(
                "INSERT INTO staff_identities (id, staff_id, scheme, value) VALUES (?, ?, 'mailto', ?)",
                ids.new(),
                row["id"],
                LETTERS,
            )
        stage.open(stage.marek)
        await stage.customer("Segítség kell")
        yield desk
        stage.world.faults.clear()
    await api.stop()
    await server.stop()


async def breached(desk: Desk) -> None:
    """The first answer is late, and the alert is on its way to Marek."""
    await desk.later(minutes=61)

    async def is_queued() -> bool:
        return bool(await desk.states("alert"))

    await desk.stage.until(is_queued)


async def test_an_alert_that_hangs_in_a_chat_goes_by_text(desk: Desk) -> None:
    """M-10, interfaces.md: unsettled after two minutes; it cannot be taken back, and the text says so."""
    desk.hang()
    await breached(desk)
    await desk.shows("alert", ("telegram", "leased"))
    await desk.later(seconds=119)
    assert desk.texts == []
    await desk.later(seconds=2)
    await desk.stage.until(lambda: desk.texts)
    await desk.shows("alert", ("telegram", "leased"), ("sms", "delivered"))
    assert last(desk, MAREK).startswith(f"{TWICE}\nALERT T1")
    desk.api.world.text(MAREK, code(desk, MAREK))
    await desk.stage.until(lambda: _is_acked(desk.stage))


async def test_what_can_be_taken_back_is_told_once(desk: Desk) -> None:
    """M-10: the chat refuses for a while; what waits for its next try never comes when it is back."""
    desk.throttle()
    await breached(desk)
    await desk.stage.until(lambda: _is_tried(desk.stage))
    await desk.later(seconds=121)
    await desk.stage.until(lambda: desk.texts)
    await desk.shows("alert", ("telegram", "cancelled"), ("sms", "delivered"))
    assert last(desk, MAREK).startswith("ALERT T1")
    desk.stage.world.faults.clear()
    await desk.later(minutes=10)
    await desk.stage.settled()
    assert desk.stage.bot_texts(desk.stage.marek.id) == []
    assert len(desk.texts) == 1


async def test_after_the_text_comes_the_letter(desk: Desk) -> None:
    """M-7: "Telegram, else SMS, else e-mail"; and there it ends."""
    desk.hang()
    desk.api.world.faults.is_away = True
    await breached(desk)
    await desk.later(seconds=121)
    await desk.shows("alert", ("telegram", "leased"), ("sms", "queued"))
    await desk.later(seconds=121)
    await desk.stage.until(lambda: desk.server.inbox(LETTERS))
    await desk.stage.until(lambda: _is_given_up(desk.stage))
    [letter] = desk.server.inbox(LETTERS)
    assert letter.text.startswith("##- ") and "T1" in letter.subject
    desk.api.world.faults.is_away = False
    await desk.later(minutes=10)
    await desk.stage.until(lambda: _is_told(desk.stage))
    assert (desk.texts, len(desk.server.inbox(LETTERS))) == ([], 1)


async def test_what_has_left_goes_no_second_way(desk: Desk) -> None:
    await breached(desk)
    await desk.shows("alert", ("telegram", "sent"))
    await desk.later(minutes=5)
    await desk.stage.settled()
    assert (await desk.states("alert"), desk.texts) == ([("telegram", "sent")], [])


async def test_an_alert_that_is_seen_to_meanwhile_goes_no_further(desk: Desk) -> None:
    """M-10: somebody answers while the manager's chat refuses."""
    desk.throttle()
    await breached(desk)
    words = desk.stage.find("Segítség kell")
    desk.stage.world.say(desk.stage.anna, desk.stage.desk, "Jövök", reply_to=words.id)
    await desk.stage.until(lambda: _is_over(desk.stage))
    await desk.later(seconds=121)
    await desk.stage.until(lambda: _is_told(desk.stage))
    assert desk.texts == []


async def test_a_hub_that_was_away_goes_on_where_it_was(desk: Desk) -> None:
    """R8: the two minutes are a time in the message's row."""
    desk.throttle()
    await breached(desk)
    await desk.stage.until(lambda: _is_tried(desk.stage))
    await desk.stage.restart()
    await desk.later(seconds=121)
    await desk.stage.until(lambda: desk.texts)
    assert last(desk, MAREK).startswith("ALERT T1")


async def test_a_reminder_that_hangs_goes_by_text(desk: Desk) -> None:
    """M-7, S4-18."""
    await desk.stage.staff("/remind 10m ring the bank", by=desk.stage.marek)
    desk.hang()
    await desk.later(minutes=10.1)
    await desk.shows("reminder", ("telegram", "leased"))
    await desk.later(seconds=121)
    await desk.stage.until(lambda: desk.texts)
    assert desk.texts == [f"{TWICE}\nReminder R1: ring the bank"]


async def test_a_reminder_done_meanwhile_goes_no_further(desk: Desk) -> None:
    await desk.stage.staff("/remind 10m ring the bank", by=desk.stage.marek)
    desk.hang(1)
    await desk.later(minutes=10.1)
    await desk.shows("reminder", ("telegram", "leased"))
    desk.stage.world.say(desk.stage.marek, desk.stage.desk, "/done R1")
    await desk.stage.until(lambda: _is_done(desk.stage))
    await desk.later(seconds=121)
    await desk.stage.until(lambda: _is_told(desk.stage))
    assert desk.texts == []


@pytest.mark.parametrize("answers", ["hangs", "refuses"])
async def test_a_warning_goes_by_text(desk: Desk, answers: str) -> None:
    """M-6, M-10: to who has the ticket, after two minutes, or at once where his chat has blocked the bot."""
    await desk.stage.staff("/take T1", by=desk.stage.marek)
    await desk.stage.settled()
    if answers == "hangs":
        desk.hang()
    else:
        desk.stage.world.faults.fail_next("sendMessage", 403, "Forbidden: bot was blocked by the user")
    await desk.later(minutes=48.5)
    if answers == "hangs":
        await desk.shows("warning", ("telegram", "leased"))
        await desk.later(seconds=121)
    await desk.stage.until(lambda: desk.texts)
    assert "T1: first answer by " in last(desk, MAREK)
    assert last(desk, MAREK).startswith(TWICE) is (answers == "hangs")


async def test_alerts_told_together_go_on_together(desk: Desk) -> None:
    """M-10: those that ring alone by themselves, the rest as one text, which says what is still to be seen to."""
    for number in range(6):
        await desk.stage.post("Where is my card?", sender=f"customer{number}@example.hu")
    await desk.stage.settled()
    desk.throttle()
    await desk.later(minutes=61)
    await desk.stage.until(lambda: _bundled(desk.stage, 3))
    await desk.later(seconds=121)
    await desk.stage.until(lambda: len(desk.texts) == 4)
    await desk.later(seconds=121)
    await desk.stage.until(lambda: len(desk.texts) == 5)
    assert last(desk, MAREK).startswith("3 alerts, to be seen to: T")
    await desk.shows("alert_bundle", ("telegram", "cancelled"), ("sms", "delivered"))


async def _bundled(stage: Stage, count: int) -> bool:
    return len(await stage.rows("SELECT id FROM bundled_alerts")) == count


async def _is_acked(stage: Stage) -> bool:
    return bool(await stage.rows("SELECT id FROM alerts WHERE state = 'acked'"))


async def _is_over(stage: Stage) -> bool:
    return bool(await stage.rows("SELECT id FROM alerts WHERE state = 'resolved'"))


async def _is_tried(stage: Stage) -> bool:
    """The chat has refused it; it waits for its next try."""
    return bool(await stage.rows("SELECT id FROM messages WHERE purpose = 'alert' AND state = 'queued' AND tries = 1"))


async def _is_given_up(stage: Stage) -> bool:
    """The text that could not be sent is tried no more: taken back, or its last try was under way."""
    found = await stage.rows("SELECT state FROM messages WHERE channel = 'sms' AND purpose = 'alert'")
    return [row["state"] for row in found] in (["cancelled"], ["failed"])


async def _is_done(stage: Stage) -> bool:
    return bool(await stage.rows("SELECT id FROM reminders WHERE state = 'done'"))


async def _is_told(stage: Stage) -> bool:
    """Nothing is overdue any more that was not told."""
    return not await stage.rows(
        "SELECT id FROM messages WHERE overdue_at <= ? AND state IN ('queued', 'leased', 'maybe_sent')",
        stage.app.clock.now(),
    )
