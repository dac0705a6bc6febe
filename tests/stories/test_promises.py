"""What a customer is told while nobody has read his words: the clock's promise, on the hours of the queue."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.clock import Clock
from tests.support import stage as stages

SATURDAY = datetime(2026, 3, 14, 9, tzinfo=UTC)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {"zone": "Europe/Budapest", "hours": {day: ["08:00-16:00"] for day in WEEK[:5]}}

CLOSED = "Megkaptuk az üzenetét, száma T1. Most zárva vagyunk, nyitás: hétfő, 8:00."


@pytest.mark.parametrize(
    ("target", "said"),
    [
        pytest.param(
            {"first_response": "1h"},
            f"{CLOSED} Egy kolléga eddig válaszol: 9:00.",
            id="with a target",
        ),
        pytest.param(
            {"first_response": None},
            f"{CLOSED} Akkor egy kolléga válaszolni fog.",
            id="without",
        ),
        pytest.param(
            {"first_response": None, "emergency": "+36 1 555 0100"},
            f"{CLOSED} Akkor egy kolléga válaszolni fog. Sürgős esetben hívja: +36 1 555 0100.",
            id="with an emergency number",
        ),
    ],
)
async def test_out_of_hours_the_customer_is_told_when_we_open(
    database_url: str, tmp_path: Path, target: dict[str, str | None], said: str
) -> None:
    """S1-7: on a Saturday, in her language; a time of an answer only where a clock runs."""
    more = {"calendars": {"office": OFFICE}, "queues": {"inbox": {"calendar": "office"} | target}}
    async with stages.playing(database_url, tmp_path, Clock(SATURDAY), **more) as stage:
        await stage.customer("A kártyám nem működik")
        assert stage.bot_texts(stage.eszter.id) == [said]
        clocks = await stage.rows("SELECT due_at FROM clocks WHERE kind = 'first_response'")
        assert len(clocks) == bool(target["first_response"])


async def test_the_calendar_is_the_policys(database_url: str, tmp_path: Path) -> None:
    """A policy with hours of its own promises by those, and not by the queue's."""
    policies = [{"name": "round the clock", "first_response": "2h", "calendar": "always"}]
    more = {
        "calendars": {
            "office": OFFICE,
            "always": {"zone": "Europe/Budapest", "hours": {day: ["00:00-24:00"] for day in WEEK}},
        },
        "queues": {"inbox": {"calendar": "office"}},
        "policies": policies,
    }
    async with stages.playing(database_url, tmp_path, Clock(SATURDAY), **more) as stage:
        await stage.customer("A kártyám nem működik")
        assert stage.bot_texts(stage.eszter.id) == [
            "Megkaptuk az üzenetét, száma T1. Egy kolléga eddig válaszol: 12:00."
        ]
