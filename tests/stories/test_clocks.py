"""Clocks at the wire: a policy warns before it is late, explains itself, and a late resolution rings the manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stage import Stage, playing

POLICY = {
    "name": "everybody",
    "first_response": "1h",
    "next_response": "2h",
    "resolution": "8h",
    "warn": [80],
}


async def test_a_clock_warns_pauses_and_explains_itself(database_url: str, tmp_path: Path) -> None:
    """M-6, M-10: first answer, next answer and resolution, told where colleagues work."""
    async with playing(database_url, tmp_path, policies=[POLICY]) as stage:
        stage.open(stage.marek, stage.anna)
        await stage.customer("Segítség kell")
        await stage.push(minutes=47)
        assert not said(stage, stage.desk.id, "80 % of the time is gone")
        await stage.push(minutes=2)
        await stage.until(lambda: said(stage, stage.desk.id, "80 % of the time is gone: first answer by"))
        await stage.staff("/reply T1 Jövök", by=stage.anna)
        await stage.staff("/sla T1", by=stage.anna)
        told = stage.bot_texts(stage.desk.id)[-1]
        assert "Resolution: paused, it has no due time while it stands still" in told
        assert "First answer: met" in told and "Policy everybody, for every ticket (version " in told
        await stage.customer("Még mindig")
        await stage.staff("/take T1", by=stage.anna)
        await stage.until(lambda: said(stage, stage.desk.id, "Anna has it · next answer by"))
        await stage.push(hours=1, minutes=40)
        await stage.until(lambda: said(stage, stage.anna.id, "80 % of the time is gone: next answer by"))
        await stage.push(hours=6)
        await stage.until(lambda: said(stage, stage.marek.id, "Next answer was due"))


@pytest.mark.parametrize(("members", "told"), [(["Anna"], "anna"), ([], "marek")])
async def test_without_a_staff_group_the_warning_of_what_nobody_has_reaches_its_queue(
    database_url: str, tmp_path: Path, members: list[str], told: str
) -> None:
    """M-6: those who work the queue, each on his own; where nobody does, its manager."""
    more = {
        "policies": [POLICY],
        "queues": {"inbox": {"assign": "none", "members": members}},
        "channels": {"telegram": {"staff_chat": 0}},
    }
    async with playing(database_url, tmp_path, **more) as stage:
        stage.open(stage.marek, stage.anna)
        await stage.customer("Segítség kell")
        await stage.push(minutes=49)
        warned = "80 % of the time is gone: first answer by"
        await stage.until(lambda: said(stage, getattr(stage, told).id, warned))
        other = stage.marek if told == "anna" else stage.anna
        assert not said(stage, other.id, warned)


def said(stage: Stage, chat: int, part: str) -> bool:
    return any(part in text for text in stage.bot_texts(chat))


@pytest.mark.parametrize(
    ("words", "what"), [("/prio T1 1", "P1"), ("/move T1 cards keep", "cards; inbox keeps watching")]
)
async def test_what_another_priority_or_queue_leaves_of_the_clock_is_said(
    database_url: str, tmp_path: Path, words: str, what: str
) -> None:
    """M-6: what runs keeps its terms, and a colleague need not guess so."""
    queues = {"cards": {"assign": "none"}, "inbox": {"assign": "none"}}
    async with playing(database_url, tmp_path, policies=[POLICY], queues=queues) as stage:
        await stage.customer("Segítség kell")
        await stage.staff(words)
        answer = f"T1: {what}. The clock runs as before: first answer by 11:0"
        assert stage.bot_texts(stage.desk.id)[-1].startswith(answer)
        await stage.staff("/reply T1 Jövök")
        await stage.staff("/prio T1 3" if "prio" in words else "/move T1 inbox")
        assert "first answer" not in stage.bot_texts(stage.desk.id)[-1]


@pytest.mark.parametrize("words", ["/sla T9", "/why T9"])
async def test_what_is_not_there_explains_nothing(stage: Stage, words: str) -> None:
    await stage.staff(words)
    assert "T9" in stage.bot_texts(stage.desk.id)[-1]
    assert "Policy" not in stage.bot_texts(stage.desk.id)[-1]
