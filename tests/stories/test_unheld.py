"""Nobody can be given what comes in: told once, to the manager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import stage as stages

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
