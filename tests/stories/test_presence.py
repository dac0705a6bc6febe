"""Duty and absence at the wire: /who, /away, /back, and what changes hands meanwhile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crmcore.models.staff import Role
from tests.support import stage as stages
from tests.support.stage import Stage

PETRA = 1007


async def test_who_tells_the_duty_and_who_is_away(database_url: str, tmp_path: Path) -> None:
    duty = {"cards": {"rotation": ["Anna", "Marek"], "handover": "00:00", "since": "2026-01-01"}}
    async with stages.playing(database_url, tmp_path, duty=duty) as stage:
        await stage.staff("/who")
        told = stage.bot_texts(stage.desk.id)[-1]
        [on, then] = ["Anna", "Marek"] if "cards: Anna" in told else ["Marek", "Anna"]
        assert told.startswith(f"cards: {on} until ") and told.endswith(f"00:00 UTC, then {then}\nNobody is away.")
        person = stage.anna if on == "Anna" else stage.marek
        await stage.staff(f"/away 1h {then}", by=person)
        await stage.staff("/who")
        told = stage.bot_texts(stage.desk.id)[-1]
        assert f"(away; {then} instead)" in told and f"{on} is away until " in told
        assert told.endswith(f", {then} stands in")


async def test_away_names_what_is_urgent_and_hands_it_over(stage: Stage) -> None:
    await stage.customer("Segítség kell")
    await stage.staff("/take T1")
    await stage.staff("/prio T1 1")
    await stage.staff("/away until 23:30 Marek")
    told = stage.bot_texts(stage.desk.id)[-1]
    assert told.startswith("You are away until ") and "Marek stands in for you." in told
    assert told.endswith("Priority 1 of yours: T1.")
    await stage.press("Hand to Marek", by=stage.marek)
    assert (await stage.ticket())["assignee"] == "Anna"  # not his button
    await stage.press("Hand to Marek")
    assert (await stage.ticket())["assignee"] == "Marek"


@pytest.mark.parametrize(
    ("away", "said"),
    [
        ("", ""),
        ("/away until 23:30 Anna", r"\. Marek is away until [^,]*23:30[^,]*, Anna stands in\. /assign T1 Anna"),
        ("/away until 23:30", r"\. Marek is away until [^,]*23:30[^,]*\. Nobody stands in\."),
        ("/away", r"\. Marek is away\. Nobody stands in\."),
    ],
)
async def test_who_gives_a_ticket_to_somebody_away_is_told_so(stage: Stage, away: str, said: str) -> None:
    """The ticket is his all the same: a lead may want it so."""
    await stage.customer("Segítség kell")
    if away:
        await stage.staff(away, by=stage.marek)
    await stage.staff("/assign T1 Marek")
    told = stage.bot_texts(stage.desk.id)[-1]
    assert re.fullmatch(rf"T1: nobody → Marek{said}", told), told
    assert (await stage.ticket())["assignee"] == "Marek"


async def test_what_a_customer_writes_meanwhile_is_the_deputys(stage: Stage) -> None:
    """He is told of it, the card shows him, and who is back has his new ones himself."""
    stage.open(stage.marek)
    await stage.customer("Segítség kell")
    await stage.staff("/take T1")
    await stage.staff("/away 2h Marek")
    await stage.customer("Halló?")
    assert (await stage.ticket())["assignee"] == "Marek"
    await stage.until(lambda: any("T1" in text for text in stage.bot_texts(stage.marek.id)))
    await stage.staff("/back")
    assert stage.bot_texts(stage.desk.id)[-1] == "You are back. Tickets come to you again."
    await stage.staff("/back")
    assert stage.bot_texts(stage.desk.id)[-1] == "You were not away."


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("/away Nobody", "There is no colleague called Nobody."),
        ("/away 25:99", "Nothing was done."),
        ("/away 2h Anna", "Your deputy has to be somebody else."),
    ],
)
async def test_away_that_cannot_be_is_refused(stage: Stage, text: str, part: str) -> None:
    await stage.staff(text)
    assert part in stage.bot_texts(stage.desk.id)[-1]
    assert await stage.rows("SELECT * FROM absences") == []


async def test_an_alert_of_a_manager_who_is_away_goes_to_his_deputy(stage: Stage) -> None:
    """M-10: also where no chain is set."""
    petra = await stage.hire("Petra", PETRA, Role.LEAD)
    stage.open(stage.marek, petra)
    await stage.staff("/away Petra", by=stage.marek)
    await stage.customer("Segítség kell")
    await stage.push(hours=1)
    assert len(stage.bot_texts(PETRA)) == 1 and stage.bot_texts(stage.marek.id) == []


async def test_escalating_by_hand_tells_the_manager_why(stage: Stage) -> None:
    """M-6: before any clock has run out."""
    stage.open(stage.marek)
    await stage.customer("Segítség kell")
    await stage.staff("/escalate T1 he waits since Monday")
    await stage.until(lambda: bool(stage.bot_texts(stage.marek.id)))
    [text] = stage.bot_texts(stage.marek.id)
    assert "Anna asks for help: he waits since Monday" in text
    await stage.press("Ack", by=stage.marek, chat=stage.world.private(stage.marek))
    await stage.until(lambda: "seen by Marek" in stage.bot_texts(stage.marek.id)[0])


async def test_escalating_to_somebody_tells_him_first_and_then_the_manager(stage: Stage) -> None:
    petra = await stage.hire("Petra", PETRA, Role.LEAD)
    stage.open(stage.marek, petra)
    await stage.customer("Segítség kell")
    await stage.staff("/escalate T1 Petra he is loud")
    await stage.until(lambda: len(stage.bot_texts(PETRA)) == 1)
    assert stage.bot_texts(stage.marek.id) == []
    await stage.push(minutes=10)
    await stage.until(lambda: len(stage.bot_texts(stage.marek.id)) == 1)


async def test_escalating_an_alert_that_climbs_takes_its_next_step_now(database_url: str, tmp_path: Path) -> None:
    chain = {"name": "desk", "steps": [{"who": "queue.manager"}, {"who": "role:lead", "after": "1h"}]}
    more = {"chains": [chain], "queues": {"inbox": {"chain": "desk"}}}
    async with stages.playing(database_url, tmp_path, **more) as stage:
        petra = await stage.hire("Petra", PETRA, Role.LEAD)
        stage.open(stage.marek, petra)
        await stage.customer("Segítség kell")
        await stage.push(hours=1)
        await stage.staff("/escalate T1 he is on the phone now")
        await stage.until(lambda: len(stage.bot_texts(PETRA)) == 1)
        assert "Anna asks for help: he is on the phone now" in stage.bot_texts(PETRA)[0]


async def test_who_has_seen_one_alert_of_a_ticket_has_seen_them_all(stage: Stage) -> None:
    """M-10: called for by hand, and late besides: one ack quiets both."""
    stage.open(stage.marek)
    await stage.customer("Segítség kell")
    await stage.staff("/escalate T1 he waits")
    await stage.push(hours=1)
    assert [row["state"] for row in await stage.rows("SELECT state FROM alerts")] == ["open", "open"]
    await stage.staff("/ack T1", by=stage.marek)
    assert [row["state"] for row in await stage.rows("SELECT state FROM alerts")] == ["acked", "acked"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("/escalate T1", "Why? Write it after"),
        ("/escalate T1 @Nobody help", "There is no colleague called @Nobody"),
        ("/escalate T1 duty:night help", "There is no rota night."),
    ],
)
async def test_an_escalation_without_reason_or_to_nobody_is_refused(stage: Stage, text: str, part: str) -> None:
    await stage.customer("Segítség kell")
    await stage.staff(text)
    assert part in stage.bot_texts(stage.desk.id)[-1]
    assert await stage.rows("SELECT * FROM alerts") == []
