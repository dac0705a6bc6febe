"""Targets of the house: what meets them, what they are read from, and what is wrong with them in the settings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import targets as settings
from hub.targets import TargetSettings
from kernel.clock import Clock
from kernel.errors import Problem
from kernel.unit import Store
from routing.desk import Queue
from tests.conftest import START
from tests.tickets import letters
from tests.tickets.counted import catch_up
from tests.tickets.letters import LINES, actor
from tickets import actions, calendar
from tickets.reports import standing, targets, telling
from tickets.reports.asking import By, Report
from tickets.reports.targets import MEASURES, Target
from tickets.tokens import Tokens

HOUR = timedelta(hours=1)
KEPT = {report for report, _ in MEASURES.values()}
QUEUES = {"inbox": Queue("inbox", calendar.always(), HOUR)}


@pytest.mark.parametrize(
    ("limit", "at_most", "found", "met"),
    [
        (900, True, 900.0, True),
        (900, True, 901.0, False),
        (90, False, 90.0, True),
        (90, False, 89.9, False),
        (90, False, None, None),
        (0, True, None, None),
    ],
)
def test_a_target_is_met_at_its_limit(limit: float, at_most: bool, found: float | None, met: bool | None) -> None:
    """S0-14: where there is nothing to count nobody has missed anything."""
    assert targets.judge(Target("t", "sla.met", limit, at_most), found) is met


async def test_each_is_read_where_it_stands(store: Store, clock: Clock) -> None:
    """S0-4, S0-14, S0-22: of a queue, of a channel, of a person, of all; of who is not there nothing is found."""
    anna = await actor(store, "Anna")
    view = await letters.ticket(store, due_at=START + 2 * HOUR)
    await letters.ticket(store, "ilona", due_at=START + 2 * HOUR)
    clock.push(HOUR)
    async with store.unit() as work:
        await actions.reply(work, anna, view, "Hi", lines=LINES, tokens=Tokens(), hold=timedelta(0))
    await catch_up(store)
    day = START.date()
    wanted = [
        (Target("of all", "response.median", 7200, at_most=True), True),
        (Target("of Anna", "response.median", 1800, at_most=True, by=By.PERSON, key="Anna"), False),
        (Target("of nobody", "response.median", 1800, at_most=True, by=By.PERSON, key="Zoltan"), None),
        (Target("of a queue", "backlog.open", 1, at_most=True, by=By.QUEUE, key="inbox"), False),
        (Target("of a channel", "sla.met", 100, at_most=False, by=By.CHANNEL, key=view.channel), True),
        (Target("of no such channel", "sla.met", 100, at_most=False, by=By.CHANNEL, key="fax"), None),
    ]
    reader = store.reading()
    found = await targets.judged(reader, [one for one, _ in wanted], day, day, {"Anna": int(anna.id)})
    assert [(one.target.name, one.is_met) for one in found] == [(one.name, met) for one, met in wanted]
    assert [one.found for one in found][3:5] == [2, 100.0]


def test_settings_become_targets() -> None:
    found: list[Problem] = []
    given = [
        TargetSettings(name="fast", measure="response.p90", at_most="1h30m", queue="inbox"),
        TargetSettings(name="kept", measure="sla.met", at_least=90),
    ]
    assert settings.built(given, QUEUES, found) == (
        Target("fast", "response.p90", 5400, at_most=True, by=By.QUEUE, key="inbox"),
        Target("kept", "sla.met", 90, at_most=False),
    )
    assert not found


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"measure": "speed", "at_most": 1}, "measure"),
        ({"measure": "sla.met"}, "at_most or at_least"),
        ({"measure": "sla.met", "at_most": 1, "at_least": 2}, "at_most or at_least"),
        ({"measure": "sla.met", "at_least": "15m"}, "at_least"),
        ({"measure": "sla.met", "at_least": -1}, "at_least"),
        ({"measure": "response.median", "at_most": 15}, "at_most"),
        ({"measure": "response.median", "at_most": "soon"}, "at_most"),
        ({"measure": "sla.met", "at_least": 9, "queue": "cards"}, "queue"),
        ({"measure": "sla.met", "at_least": 9, "queue": "inbox", "person": "Anna"}, "one of queue"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(wrong: dict[str, object], field: str) -> None:
    found: list[Problem] = []
    assert settings.built([TargetSettings(name="t", **wrong)], QUEUES, found) == ()
    assert len(found) == 1 and "targets.0 (t)" in str(found[0]) and field in str(found[0])


def test_every_measure_can_be_read() -> None:
    """A measure is a column of its report."""
    columns = {one: ["open", *standing.AGES] if one is Report.BACKLOG else telling.measures_of(one) for one in KEPT}
    assert [name for name, (report, column) in MEASURES.items() if column not in columns[report]] == []
