"""A ticket's page explains its clocks, in the reader's language and by his clocks, and tells nothing of companies."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console import explained
from console.conversation import Reader
from crmcore.access import Role
from kernel.unit import Store
from routing import intake
from routing.desk import Desk, Queue
from tests.conftest import START
from tests.support import visiting
from tests.support.visiting import Visitor
from tests.tickets.letters import arrived, seen
from tickets import calendar, calendar_facts, calendar_settings, explaining
from tickets.models import ClockKind
from tickets.policies import Policy

OFFICE = calendar_settings.build(
    "office", zone="Europe/Warsaw", hours={"thu": ["08:00-12:00"], "mon": ["08:00-12:00"]}, holidays="PL"
)
GOLD = Policy("gold", {ClockKind.RESOLUTION: timedelta(hours=6)}, {"queue": ("inbox",)}, OFFICE)
DESK = Desk({"inbox": Queue("inbox", calendar.always(), timedelta(hours=1))}, (), {"chat": True}, policies=(GOLD,))


@pytest.fixture
async def visitor(store: Store, tmp_path: Path) -> AsyncIterator[Visitor]:
    async with visiting.visiting(store, tmp_path, {}) as opened:
        await opened.hire(Role.LEAD)
        yield opened


async def test_the_page_tells_why_it_is_due_then(visitor: Visitor) -> None:
    """M-6: the policy, for what it is, each stretch that was counted."""
    async with visitor.store.unit() as work:
        await intake.handle(work, DESK, [arrived()])
    await visitor.enter("lead")
    status, page = await visitor.get("/tickets/T1")
    assert status == 200
    panel = re.sub(r"\s+", " ", page.split('<details class="clocks">')[1].split("</details>")[0])
    assert "<h2>First answer <span" in panel and "<h2>Resolution <span" in panel
    assert "<dd>gold</dd>" in panel and "<dd>queue inbox</dd>" in panel and "<dd>office, Europe/Warsaw</dd>" in panel
    assert len(re.findall(r"<li>", panel)) == 3  # an hour of the first answer, two mornings of the resolution


async def test_a_clock_is_told_in_the_readers_language(store: Store) -> None:
    """M-8: with the holiday's name, the stretches by his own clocks."""
    async with store.unit() as work:
        work.now = START.replace(month=4, day=2)  # the Thursday before Easter
        await intake.handle(work, DESK, [arrived()])
    stories = await explaining.explain(store.reading(), (await seen(store.reading(), 1)).id)
    told = explained.clocks(stories, Reader("pl", ZoneInfo("Europe/Warsaw"), 0, START))
    [clock] = [one for one in told if one.title == "Rozwiązanie"]
    assert dict(clock.facts)["Dotyczy"] == "kolejka inbox"
    assert [one[:18] for one in clock.counted] == ["2 kwi 2026 11:00 –", "9 kwi 2026 08:00 –", "13 kwi 2026 08:00 "]
    name = calendar_facts.named(OFFICE, date(2026, 4, 6))
    assert name and f"6 kwi 2026 {name}" in clock.holidays
