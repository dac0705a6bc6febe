"""Who hears of a ticket: those who may see it at that moment, and somebody always."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crmcore import staff
from crmcore.models.staff import Role
from tests.support import stage as stages
from tests.support.cast import FORUM_CHAT
from tests.support.stage import Stage

PETRA = 1007
CHATLESS: dict[str, Any] = {"channels": {"telegram": {"staff_chat": 0}}}


async def test_a_queue_that_nobody_works_tells_its_manager_and_not_all(database_url: str, tmp_path: Path) -> None:
    """S3-3 (of tickets), S6, S20: without a staff chat the words of a closed queue reach no agent of another."""
    legal = {
        "queues": {"legal": {"first_response": "1h", "manager": "Petra"}},
        "rules": [{"name": "legal", "when": 'message.text.contains("legal")', "queue": "legal"}],
    }
    async with stages.playing(database_url, tmp_path, **legal, **CHATLESS) as playing:
        petra = await playing.hire("Petra", PETRA)
        playing.open(playing.anna, playing.marek, petra)
        await playing.customer("legal, and a secret")
        for colleague in (playing.marek, petra):
            await playing.until(lambda one=colleague: any("a secret" in text for text in playing.bot_texts(one.id)))
        assert playing.bot_texts(playing.anna.id) == []


async def test_a_removed_manager_sees_no_more_of_his_alerts(stage: Stage) -> None:
    """S20."""
    petra = await stage.hire("Petra", PETRA, Role.MANAGER)
    stage.open(petra, stage.marek)
    await stage.customer("Help")
    await stage.push(hours=1)
    await stage.until(lambda: any("First answer was due" in text for text in stage.texts(petra.id)))
    async with stage.app.store.unit() as work:
        await staff.remove(work, "Petra")
    before = stage.texts(petra.id)
    await stage.staff("/ack T1", by=stage.marek)
    await stage.until(lambda: "seen by Marek" in stage.texts(stage.marek.id)[-1])
    await stage.staff("/r T1 Coming")
    await stage.until(lambda: "answered at" in stage.texts(stage.marek.id)[-1])
    assert stage.texts(petra.id) == before


async def test_a_removed_colleague_does_not_hear_how_his_answer_went(database_url: str, tmp_path: Path) -> None:
    """S20."""
    async with stages.playing(database_url, tmp_path, bot={"hold_s": 30}, **CHATLESS) as playing:
        playing.open(playing.anna)
        await playing.customer("Help")
        await playing.say(playing.anna, playing.world.private(playing.anna), "/r T1 Coming")
        async with playing.app.store.unit() as work:
            await staff.remove(work, "Anna")
        before = playing.texts(playing.anna.id)
        await playing.push(seconds=31)
        await playing.until(lambda: playing.bot_texts(playing.eszter.id)[-1] == "Coming")
        await playing.settled()
        assert playing.texts(playing.anna.id) == before


async def test_where_no_manager_is_reached_and_no_staff_chat_is_set_the_others_hear(
    database_url: str, tmp_path: Path
) -> None:
    """M-10: an alert that nobody hears is none; it comes once to each."""
    async with stages.playing(database_url, tmp_path, **CHATLESS) as playing:
        playing.open(playing.anna)
        await playing.customer("Help")
        await playing.push(hours=1)
        loud = "No manager can be reached"
        await playing.until(lambda: any(loud in text for text in playing.bot_texts(playing.anna.id)))
        await playing.settled()
        assert sum(loud in text for text in playing.bot_texts(playing.anna.id)) == 1


async def test_the_manager_of_a_queue_acks_its_alerts_whatever_his_rank(database_url: str, tmp_path: Path) -> None:
    """M-10: and those of no other queue; an agent whom it has not told acks none, by whatever button."""
    queues = {"inbox": {"first_response": "1h", "assign": "none", "manager": "petra"}}
    async with stages.playing(database_url, tmp_path, queues=queues) as playing:
        petra = await playing.hire("Petra", PETRA)
        playing.open(petra)
        await playing.customer("Help")
        await playing.push(hours=1)
        own = playing.world.private(petra)
        await playing.until(lambda: any("First answer was due" in text for text in playing.bot_texts(petra.id)))
        _, code = playing.button("Ack", chat=own)
        refused = await playing.forge(playing.anna, code, message=playing.find("T1 ·"))
        assert refused.startswith(
            "/ack needs a lead (you: agent), or to be told of the alert oneself. Nothing was done."
        )
        assert "seen by you" in await playing.press("Ack", by=petra, chat=own)


async def test_tickets_of_a_queue_that_is_gone_are_everybodys(stage: Stage) -> None:
    """S6: as the inbox's."""
    await stage.customer("Help")
    async with stage.app.store.unit() as work:
        await work.change("UPDATE tickets SET queue = 'gone'")
    await stage.staff("/queue")
    assert "T1" in stage.bot_texts(stage.desk.id)[-1]
    await stage.staff("/take T1")
    assert (await stage.ticket())["assignee"] == "Anna"


async def test_letters_that_come_together_after_the_chat_was_away_make_one_topic(
    database_url: str, tmp_path: Path
) -> None:
    """M-7."""
    async with stages.playing(database_url, tmp_path, desk=FORUM_CHAT) as forum:
        await forum.customer("one")
        async with forum.app.store.unit() as work:  # as if the chat had not been set when the ticket was opened
            await work.change("UPDATE messages SET state = 'failed' WHERE purpose IN ('card', 'topic', 'copy')")
        before = len(forum.world.topics(forum.desk.id))
        forum.app.fork.is_paused = True
        for text in ("two", "three"):
            forum.world.say(forum.eszter, forum.world.private(forum.eszter), text)
        await forum.until(lambda: _both_wait(forum))
        forum.app.fork.is_paused = False
        await forum.settled()
        assert len(forum.world.topics(forum.desk.id)) == before + 1
        thread = forum.world.topics(forum.desk.id)[-1].thread
        shown = [message.text for message in forum.shown(forum.desk.id, thread=thread)]
        assert [text for text in shown if text.startswith("Eszter:")] == ["Eszter:\ntwo", "Eszter:\nthree"]


async def _both_wait(playing: Stage) -> bool:
    [row] = await playing.rows("SELECT count(*) AS n FROM raw_messages WHERE state = 'waiting'")
    return bool(row["n"] == 2)
