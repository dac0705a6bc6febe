"""Escalation at the wire: from one to the next, by whom it is stopped, and how loud it gets where nobody is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crmcore.models.staff import Role
from routing import assign
from tests.support import stage as stages
from tests.support.stage import Stage

PETRA, LARS = 1007, 1008
LOUD = "No manager can be reached."
TOP = "Everybody whose turn it was has been told"
CHAIN = {
    "name": "desk",
    "steps": [{"who": "queue.manager"}, {"who": "role:lead", "after": "10m"}, {"repeat": 1, "after": "20m"}],
}


def settings(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    chain = {"name": "desk", "steps": list(steps)} if steps else CHAIN
    return {"chains": [chain], "queues": {"inbox": {"chain": "desk"}}, **more}


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Marek leads the queue, Petra is a lead; both have opened their chat. Eszter has written."""
    async with stages.playing(database_url, tmp_path, **settings()) as stage:
        petra = await stage.hire("Petra", PETRA, Role.LEAD)
        stage.open(stage.marek, petra)
        await stage.customer("Segítség kell")
        yield stage


def petra(stage: Stage) -> Any:
    return stage.world.person(PETRA, "Petra")


async def test_an_alert_climbs_until_somebody_sees_to_it(desk: Stage) -> None:
    """M-6, M-10: the manager, ten minutes later the leads; who acks stops it, and both see who has it."""
    await desk.push(hours=1)
    assert len(desk.bot_texts(desk.marek.id)) == 1 and desk.bot_texts(PETRA) == []
    await desk.push(minutes=10)
    [text] = desk.bot_texts(PETRA)
    assert "level 2" in text and text.startswith("P3 · T1 · Eszter")
    await desk.press("Ack", by=petra(desk), chat=desk.world.private(petra(desk)))
    for reader in (desk.marek.id, PETRA):
        await desk.until(lambda reader=reader: "seen by Petra at" in "\n".join(desk.bot_texts(reader)))
    await desk.push(minutes=119)
    assert len(desk.bot_texts(desk.marek.id)) == 1
    await desk.push(minutes=1)
    for reader in (desk.marek.id, PETRA):  # it comes back to the first of the chain, and to who had seen it
        await desk.until(lambda reader=reader: "still unanswered, alert no. 2" in desk.bot_texts(reader)[-1])


async def test_taking_the_ticket_in_the_staff_chat_stops_it_too(desk: Stage) -> None:
    """M-10: one transition from any side; the manager's message says who has taken it."""
    await desk.push(hours=1)
    await desk.staff("/take T1")
    await desk.until(lambda: "taken by Anna at" in desk.bot_texts(desk.marek.id)[-1])
    await desk.push(minutes=10)
    assert desk.bot_texts(PETRA) == []
    assert (await desk.rows("SELECT state FROM alerts")) == [{"state": "acked"}]


async def test_an_alert_nobody_sees_to_gets_loud(desk: Stage) -> None:
    """M-10: through the chain twice, then to all in the staff chat, and every manager."""
    await desk.push(hours=1)
    for minutes in (10, 20, 10):
        await desk.push(minutes=minutes)
    assert not any(TOP in text for text in desk.bot_texts(desk.desk.id))
    await desk.push(minutes=20)
    await desk.until(lambda: any(text.startswith(TOP) for text in desk.bot_texts(desk.desk.id)))
    await desk.until(lambda: any(text.startswith(TOP) for text in desk.bot_texts(desk.marek.id)))
    await desk.press("Take")
    assert (await desk.ticket())["assignee"] == "Anna"


async def test_who_cannot_be_written_to_costs_no_time(database_url: str, tmp_path: Path) -> None:
    """M-10: Marek never pressed START: Telegram refuses, and the leads are told at once, not in an hour."""
    steps = ({"who": "queue.manager"}, {"who": "role:lead", "after": "1h"})
    async with stages.playing(database_url, tmp_path, **settings(*steps)) as stage:
        lead = await stage.hire("Petra", PETRA, Role.LEAD)
        stage.open(lead)
        await stage.customer("Segítség kell")
        await stage.push(hours=1)
        await stage.until(lambda: len(stage.bot_texts(PETRA)) == 1)
        assert not any(LOUD in text for text in stage.bot_texts(stage.desk.id))


async def test_a_chain_that_reaches_nobody_is_loud_at_once(database_url: str, tmp_path: Path) -> None:
    """M-10: a name nobody has, and a manager whose chat is shut."""
    steps = ({"who": "@Nobody"}, {"who": "queue.manager", "after": "1h"})
    async with stages.playing(database_url, tmp_path, **settings(*steps)) as stage:
        await stage.customer("Segítség kell")
        await stage.push(hours=1)
        await stage.until(lambda: any(text.startswith(LOUD) for text in stage.bot_texts(stage.desk.id)))
        [failed] = await stage.rows("SELECT text FROM entries WHERE text LIKE 'escalation %'")
        assert failed["text"].endswith("told nobody: no colleague is called Nobody")


async def test_a_restart_between_two_steps_loses_neither(desk: Stage) -> None:
    """R8: what is due is a row; the next step comes at its time, once."""
    await desk.push(hours=1)
    await desk.restart()
    assert desk.bot_texts(PETRA) == []
    await desk.push(minutes=10)
    assert len(desk.bot_texts(PETRA)) == 1 and len(desk.bot_texts(desk.marek.id)) == 1


@pytest.mark.parametrize("who", ["assignee", "queue.members", "duty:cards"])
async def test_whoever_a_step_has_told_may_ack_whatever_his_role(database_url: str, tmp_path: Path, who: str) -> None:
    """M-10: by the button he was shown and by word; an agent who was not told acks nothing."""
    more = {"duty": {"cards": {"rotation": ["Anna"]}}} if who.startswith("duty") else {}
    async with stages.playing(database_url, tmp_path, **settings({"who": who}, **more)) as stage:
        zoe = await stage.hire("Zoe", PETRA)
        if who == "queue.members":
            async with stage.app.store.unit() as work:
                [anna] = await work.fetch("SELECT id FROM staff WHERE name = 'Anna'")
                await assign.join(work, anna["id"], ("inbox",))
        stage.open(stage.anna)
        own = stage.world.private(stage.anna)
        await stage.customer("Help")
        await stage.staff("/assign T1 Anna", by=stage.marek)
        await stage.push(hours=1)
        await stage.until(lambda: any("First answer was due" in text for text in stage.bot_texts(stage.anna.id)))
        message, code = stage.button("Ack", chat=own)
        refused = "/ack needs a lead (you: agent), or to be told of the alert oneself. Nothing was done."
        await stage.staff("/ack T1", by=zoe)
        assert stage.find(refused) and [row["state"] for row in await stage.rows("SELECT state FROM alerts")] == [
            "open"
        ]
        assert "seen by you" in await stage.forge(stage.anna, code, chat=own, message=message)
        assert [row["state"] for row in await stage.rows("SELECT state FROM alerts")] == ["acked"]


async def test_whoever_was_told_acks_by_word_and_takes_it(database_url: str, tmp_path: Path) -> None:
    """M-10."""
    async with stages.playing(database_url, tmp_path, **settings({"who": "@Anna"})) as stage:
        stage.open(stage.anna)
        await stage.customer("Help")
        await stage.push(hours=1)
        await stage.until(lambda: any("First answer was due" in text for text in stage.bot_texts(stage.anna.id)))
        await stage.staff("/ack T1 30m")
        assert stage.find("T1: seen by you.")
        await stage.staff("/take T1")
        assert (await stage.ticket())["assignee"] == "Anna"
