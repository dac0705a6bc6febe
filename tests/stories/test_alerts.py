"""Alerts at the wire: an unanswered customer reaches the manager, comes back, is seen, and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmcore.models.staff import Role
from kernel import rows
from kernel.clock import Clock
from tests.support import stage as stages
from tests.support.stage import Stage

PETRA = 1007
LOUD = "No manager can be reached. Somebody here has to see to this:"


@pytest.fixture
async def desk(stage: Stage) -> Stage:
    """Marek has opened his chat with the bot; Eszter has written."""
    stage.open(stage.marek)
    await stage.customer("Segítség kell")
    return stage


def alerts(stage: Stage, person: object = None) -> list[str]:
    """What the manager's chat shows."""
    return stage.bot_texts((person or stage.marek).id)  # type: ignore[attr-defined]


async def shows(stage: Stage, part: str) -> None:
    """Wait for the manager's newest message to say it."""
    await stage.until(lambda: alerts(stage) and part in alerts(stage)[-1])


async def test_an_unanswered_customer_rings_the_manager_at_the_due_time(desk: Stage) -> None:
    """M-6, M-10: not a minute before."""
    await desk.push(minutes=59)
    assert alerts(desk) == []
    await desk.push(minutes=1)
    [text] = alerts(desk)
    assert text.startswith("P3 · T1 · Eszter · Segítség kell\nFirst answer was due ")
    assert text.endswith("· nobody has it\n“Segítség kell”")
    [message] = [one for one in desk.shown(desk.marek.id) if one.text == text]
    assert [label for row in message.buttons for label, _ in row] == ["Ack", "Take", "Show"]
    await desk.until(lambda: "first answer was due" in desk.find("T1 ·").text)


async def test_ack_says_when_it_comes_back_and_it_does_twice(desk: Stage) -> None:
    """M-10: seen is not solved."""
    own = desk.world.private(desk.marek)
    await desk.push(hours=1)
    toast = await desk.press("Ack", by=desk.marek, chat=own)
    assert toast.startswith("T1: seen by you. Back at ") and toast.endswith("if it is still not answered.")
    assert "P3 · T1 · Segítség kell: seen by Marek at " in "\n".join(alerts(desk))
    before = len(alerts(desk))
    await desk.push(minutes=119)
    assert len(alerts(desk)) == before
    await desk.push(minutes=2)
    await shows(desk, "still unanswered, alert no. 2")
    await desk.press("Ack", by=desk.marek, chat=own)
    await desk.push(minutes=121)
    await shows(desk, "still unanswered, alert no. 3")


async def test_an_alert_nobody_looks_at_comes_back_by_itself(desk: Stage) -> None:
    """M-10: every half hour."""
    await desk.push(hours=1)
    await desk.push(minutes=31)
    await shows(desk, "alert no. 2")
    await desk.push(minutes=31)
    await shows(desk, "alert no. 3")


async def test_the_manager_takes_the_ticket_and_looks_at_it_from_the_alert(desk: Stage) -> None:
    """M-10: [Take] and [Show]."""
    own = desk.world.private(desk.marek)
    await desk.push(hours=1)
    assert (await desk.press("Take", by=desk.marek, chat=own)).startswith("T1 is yours.")
    assert (await desk.ticket())["assignee"] == "Marek"
    await desk.press("Show", by=desk.marek, chat=own)
    await shows(desk, "Eszter: Segítség kell")


@pytest.mark.parametrize(("text", "how"), [("/r T1 Jövök", "answered"), ("/close T1", "closed")])
async def test_an_alert_that_is_over_shrinks_to_one_line_for_everybody(stage: Stage, text: str, how: str) -> None:
    """M-10: whoever was alerted is told, and no button is left."""
    petra = await stage.hire("Petra", PETRA, Role.MANAGER)
    stage.open(stage.marek, petra)
    await stage.customer("Segítség kell")
    await stage.push(hours=1)
    await stage.staff(text)
    for manager in (stage.marek, petra):
        await stage.until(lambda manager=manager: f"{how} at" in alerts(stage, manager)[-1])
        [message] = stage.shown(manager.id)
        assert message.text.startswith(f"P3 · T1 · Segítség kell: {how} at ") and message.buttons == []
    await stage.push(hours=3)
    assert len(alerts(stage)) == 1


async def test_the_second_manager_hears_who_was_first(stage: Stage) -> None:
    """M-10: said without reproach, and nothing changes."""
    petra = await stage.hire("Petra", PETRA, Role.MANAGER)
    stage.open(stage.marek, petra)
    await stage.customer("Segítség kell")
    await stage.push(hours=1)
    message, code = stage.button("Ack", chat=stage.world.private(petra))
    await stage.press("Ack", by=stage.marek, chat=stage.world.private(stage.marek))
    before = await stage.effects()
    toast = await stage.forge(petra, code, chat=stage.world.private(petra), message=message)
    assert toast.startswith("Already acked by Marek at ")
    assert await stage.effects() == before


@pytest.mark.parametrize(
    ("text", "minutes"), [("/ack T1", 120), ("/ok T1 45m", 45), ("/seen T1 1h30m", 90)], ids=["ack", "ok", "seen"]
)
async def test_ack_typed_with_how_long(desk: Stage, text: str, minutes: int) -> None:
    """M-10: by the ticket's number."""
    await desk.push(hours=1)
    await desk.staff(text, by=desk.marek)
    [alert] = await desk.rows("SELECT state, due_at, acked_at FROM alerts")
    assert alert["state"] == "acked"
    assert rows.instant(alert["due_at"]) - rows.instant(alert["acked_at"]) == timedelta(minutes=minutes)


@pytest.mark.parametrize("length", ["soon", "0s", "5y", "99999w", "-1h", "1m 1h"])
async def test_ack_for_no_time_or_for_ever_is_refused(desk: Stage, length: str) -> None:
    """M-10: there is no for ever."""
    await desk.push(hours=1)
    before = await desk.effects()
    await desk.staff(f"/ack T1 {length}", by=desk.marek)
    assert "Nothing was done." in desk.find("For how long?").text
    assert await desk.effects() == before


async def test_there_is_nothing_to_ack_where_nobody_is_late(desk: Stage) -> None:
    """M-10."""
    await desk.staff("/ack T1", by=desk.marek)
    assert desk.find("There is no alert for T1. Nothing was done.")


async def test_a_priority_one_alert_comes_back_after_half_an_hour(database_url: str, tmp_path: Path) -> None:
    """M-10."""
    rules = [{"name": "urgent", "when": "true", "priority": 1}]
    async with stages.playing(database_url, tmp_path, rules=rules) as stage:
        stage.open(stage.marek)
        await stage.customer("Segítség")
        await stage.push(hours=1)
        await stage.press("Ack", by=stage.marek, chat=stage.world.private(stage.marek))
        await stage.push(minutes=31)
        await shows(stage, "alert no. 2")


async def test_an_alert_that_reaches_no_manager_is_told_loudly_in_the_staff_chat(stage: Stage) -> None:
    """M-10: Marek has never pressed START: Telegram refuses, and the desk hears of it once."""
    await stage.customer("Segítség kell")
    await stage.push(hours=1)
    await stage.until(lambda: any(text.startswith(LOUD) for text in stage.bot_texts(stage.desk.id)))
    assert sum(text.startswith(LOUD) for text in stage.bot_texts(stage.desk.id)) == 1
    await stage.press("Take")
    assert (await stage.ticket())["assignee"] == "Anna"
    await stage.staff("/r T1 Jövök")
    await stage.until(lambda: any("answered at" in text for text in stage.bot_texts(stage.desk.id)))


async def test_the_desk_is_quiet_while_one_manager_is_reached(stage: Stage) -> None:
    """M-10: the other one has blocked the bot."""
    petra = await stage.hire("Petra", PETRA, Role.MANAGER)
    stage.open(petra)
    await stage.customer("Segítség kell")
    await stage.push(hours=1)
    assert len(alerts(stage, petra)) == 1
    assert not any(LOUD in text for text in stage.bot_texts(stage.desk.id))


async def test_an_alert_that_reaches_nobody_at_all_ends(stage: Stage) -> None:
    """M-10: the staff chat is gone too: tried there once, and again when it comes back, not in a circle."""
    await stage.customer("Segítség kell")
    stage.world.remove_bot(stage.desk, stage.anna)
    await stage.push(hours=1)
    assert len(await stage.rows("SELECT id FROM messages WHERE purpose = 'alert'")) == 2


async def test_a_queue_with_a_manager_of_its_own_alerts_him_alone(database_url: str, tmp_path: Path) -> None:
    """M-6, M-10."""
    async with stages.playing(database_url, tmp_path, queues={"inbox": {"manager": "petra"}}) as stage:
        petra = await stage.hire("Petra", PETRA, Role.LEAD)
        stage.open(stage.marek, petra)
        await stage.customer("Segítség kell")
        await stage.push(hours=1)
        assert len(alerts(stage, petra)) == 1 and alerts(stage) == []


async def test_an_alert_fires_once_when_the_hub_was_down_at_its_time(desk: Stage) -> None:
    """R8: late, once, and not forgotten."""
    await desk.app.stop()
    desk.app.clock.push(timedelta(hours=2))
    await desk.start()
    await shows(desk, "First answer was due")
    await desk.settled()
    assert len(alerts(desk)) == 1
    await desk.restart()
    await desk.settled()
    assert len(alerts(desk)) == 1
    assert len(await desk.rows("SELECT id FROM alerts")) == 1


async def test_office_hours_move_the_due_time_over_night(database_url: str, tmp_path: Path) -> None:
    """M-6: 17:30 on a Friday in Warsaw plus an hour is 8:30 on Monday."""
    days = ("mon", "tue", "wed", "thu", "fri")
    office = {"zone": "Europe/Warsaw", "hours": {day: ["08:00-18:00"] for day in days}}
    friday = Clock(datetime(2026, 3, 13, 16, 30, tzinfo=UTC))
    settings = {"calendars": {"office": office}, "queues": {"inbox": {"calendar": "office"}}}
    async with stages.playing(database_url, tmp_path, friday, **settings) as stage:
        stage.open(stage.marek)
        await stage.customer("Segítség")
        assert "08:30" in stage.find("T1 ·").text
        assert "hétfő, 8:30" in stage.bot_texts(stage.eszter.id)[-1]
        await stage.push(days=2, hours=14, minutes=59)
        assert alerts(stage) == []
        await stage.push(minutes=1)
        assert len(alerts(stage)) == 1
