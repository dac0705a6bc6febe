"""Nobody can be given what comes in: told once, to the manager; and given to who can take it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import stage as stages
from tests.support.stage import Stage
from tickets.calendar import WEEKDAYS

CARDS: dict[str, Any] = {"inbox": {"assign": "least-loaded", "members": ["Anna"]}}


async def test_all_are_away_and_the_manager_is_told_once(database_url: str, tmp_path: Path) -> None:
    """M-6: once for three tickets, not in the staff chat."""
    async with stages.playing(database_url, tmp_path, queues=CARDS) as stage:
        stage.open(stage.marek)
        await stage.staff("/away")
        for name in ("a", "b", "c"):
            await stage.post("Segítség", sender=f"{name}@example.hu")
        assert [one for one in stage.bot_texts(stage.marek.id) if "Nobody can" in one] == [
            "Nobody can take what comes in inbox: 1 waits."
        ]
        assert not [one for one in stage.bot_texts(stage.desk.id) if "Nobody can" in one]
        assert [row["assignee_id"] for row in await stage.rows("SELECT assignee_id FROM tickets")] == [None] * 3


async def test_where_no_manager_is_reached_the_staff_group_is_told(database_url: str, tmp_path: Path) -> None:
    async with stages.playing(database_url, tmp_path, queues=CARDS) as stage:
        await stage.staff("/away")
        await stage.staff("/away", by=stage.marek)
        await stage.customer("Segítség")
        assert "Nobody can take what comes in inbox: 1 waits." in stage.bot_texts(stage.desk.id)


@pytest.mark.parametrize(
    "inbox", [{"assign": "none", "members": ["Anna"]}, {"assign": "least-loaded"}], ids=["assigns not", "no members"]
)
async def test_a_queue_that_gives_nothing_by_itself_tells_nobody(
    database_url: str, tmp_path: Path, inbox: dict[str, Any]
) -> None:
    async with stages.playing(database_url, tmp_path, queues={"inbox": inbox}) as stage:
        stage.open(stage.marek)
        await stage.staff("/away")
        await stage.customer("Segítség")
        texts = stage.bot_texts(stage.marek.id) + stage.bot_texts(stage.desk.id)
        assert not [one for one in texts if "Nobody can" in one]


async def test_quiet_hours_hold_it_as_they_hold_alerts(database_url: str, tmp_path: Path) -> None:
    async with stages.playing(database_url, tmp_path, queues=CARDS) as stage:
        stage.open(stage.marek)
        await stage.staff("/quiet 00:00-23:59", by=stage.marek)
        await stage.staff("/away")
        await stage.customer("Segítség")
        assert stage.bot_texts(stage.marek.id) == []
        await stage.push(hours=15)
        await stage.until(lambda: bool(stage.bot_texts(stage.marek.id)))
        assert "Nobody can take what comes in inbox: 1 waits." in stage.bot_texts(stage.marek.id)


async def given(stage: Stage) -> list[Any]:
    """Whose each ticket is, by number."""
    found = await stage.rows(
        "SELECT s.name FROM tickets AS t LEFT JOIN staff AS s ON s.id = t.assignee_id ORDER BY t.number"
    )
    return [row["name"] for row in found]


async def test_who_comes_back_is_given_what_waits(database_url: str, tmp_path: Path) -> None:
    """M-6: and hears of it; what begins anew later is told anew."""
    async with stages.playing(database_url, tmp_path, queues=CARDS) as stage:
        stage.open(stage.marek, stage.anna)
        await stage.staff("/away")
        for name in ("a", "b"):
            await stage.post("Segítség", sender=f"{name}@example.hu")
        await stage.staff("/back")
        assert await given(stage) == ["Anna", "Anna"]
        assert "Centrala gave you T1." in stage.bot_texts(stage.anna.id)[0]
        [said] = await stage.rows("SELECT text FROM entries WHERE text LIKE 'given to%' ORDER BY id LIMIT 1")
        assert said["text"] == "given to Anna, who can take it now"
        await stage.push(hours=2)
        await stage.staff("/away")
        await stage.post("Segítség", sender="c@example.hu")
        await stage.until(lambda: len([one for one in stage.bot_texts(stage.marek.id) if "Nobody can" in one]) == 2)


async def test_room_again_pulls_the_oldest(database_url: str, tmp_path: Path) -> None:
    """M-6: an answer makes room, and so does a close; never more than there is room for."""
    queues = {"inbox": {"assign": "least-loaded", "members": ["Anna"], "capacity": 1}}
    async with stages.playing(database_url, tmp_path, queues=queues) as stage:
        await stage.customer("Segítség")
        for name in ("b", "c"):
            await stage.post("Segítség", sender=f"{name}@example.hu")
        assert await given(stage) == ["Anna", None, None]
        await stage.staff("/r T1 Dzień dobry")
        assert await given(stage) == ["Anna", "Anna", None]
        await stage.staff("/close T2")
        assert await given(stage) == ["Anna", "Anna", "Anna"]


async def test_what_is_set_down_on_purpose_stays_nobodys(database_url: str, tmp_path: Path) -> None:
    """M-6: the next one comes to him, that one waits for whoever takes it."""
    queues = {"inbox": {"assign": "least-loaded", "members": ["Anna"], "capacity": 1}}
    async with stages.playing(database_url, tmp_path, queues=queues) as stage:
        for name in ("a", "b"):
            await stage.post("Segítség", sender=f"{name}@example.hu")
        await stage.staff("/assign T1 none")
        assert await given(stage) == [None, "Anna"]
        await stage.staff("/close T2")
        await stage.staff("/away")
        await stage.staff("/back")
        assert await given(stage) == [None, "Anna"]


async def test_what_was_never_to_be_given_is_not_pulled(database_url: str, tmp_path: Path) -> None:
    """A queue that gives nothing by itself."""
    async with stages.playing(
        database_url, tmp_path, queues={"inbox": {"assign": "none", "members": ["Anna"]}}
    ) as stage:
        await stage.staff("/away")
        await stage.customer("Segítség")
        await stage.staff("/back")
        assert await given(stage) == [None]


async def test_an_absence_that_runs_out_and_a_shift_that_begins_are_noticed(database_url: str, tmp_path: Path) -> None:
    """M-6: nothing else has to happen: what waits is given to who is there again."""
    late = {"zone": "UTC", "hours": {day: ["14:00-22:00"] for day in WEEKDAYS}}
    more = {"calendars": {"late": late}, "shifts": {"late": {"calendar": "late", "members": ["Marek"]}}}
    queues = {"inbox": {"assign": "least-loaded", "members": ["Anna"]}, "cards": {"members": ["Marek"]}}
    rules = [{"name": "cards", "when": 'message.text.contains("card")', "queue": "cards"}]
    async with stages.playing(database_url, tmp_path, queues=queues, rules=rules, **more) as stage:
        stage.open(stage.marek, stage.anna)
        await stage.staff("/away 1h")
        await stage.post("Segítség", sender="a@example.hu")
        await stage.post("A card", sender="b@example.hu")
        assert await given(stage) == [None, None]
        await stage.push(hours=2)
        await stage.until(lambda: any("gave you T1." in one for one in stage.bot_texts(stage.anna.id)))
        assert await given(stage) == ["Anna", None]
        await stage.push(hours=5)
        await stage.until(lambda: any("gave you T2." in one for one in stage.bot_texts(stage.marek.id)))
        assert await given(stage) == ["Anna", "Marek"]
