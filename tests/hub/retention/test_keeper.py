"""The hub's own runs: at the set hour, after a missed night, in small steps; and the command that does it by hand."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from channels.marks import StoredMarks
from hub import database, settings
from hub.app import App
from hub.jobs import Jobs
from hub.retention import sweep as sweeping
from hub.retention.keeper import IDLE_S, OVERDUE, RAN, Keeper
from kernel import log
from kernel.errors import Invalid
from kernel.unit import Store
from tests.hub.retention.rows_of import days_before, ids, put, sweep
from tests.support import commands

ROOT = Path(__file__).parents[3]


async def old(store: Store, count: int) -> None:
    at = days_before(store, 91)
    for number in range(1, count + 1):
        await put(store, "raw_messages", number, state="done", received_at=at, due_at=at)


async def test_a_keeper_does_nothing_until_it_is_time(store: Store, tmp_path: Path) -> None:
    await old(store, 1)
    keeper = Keeper(sweep(store, tmp_path))
    assert await keeper.turn() == IDLE_S
    assert await ids(store, "raw_messages", "body IS NOT NULL") == [1]


async def test_a_run_goes_step_by_step_and_is_told_in_counts(store: Store, tmp_path: Path) -> None:
    await old(store, 250)
    out = io.StringIO()
    log.setup(out)
    keeper = Keeper(sweep(store, tmp_path))
    await keeper.begin()
    rests = []
    while (rest := await keeper.turn()) != IDLE_S:
        rests.append(rest)
    assert len(rests) == 4  # two units of payloads, the files, the backups
    assert min(rests) >= 0.05
    [line] = [orjson.loads(one) for one in out.getvalue().splitlines()]
    assert {name: line[name] for name in ("event", *sweeping.NAMES)} == {
        "event": "retention.done",
        **dict.fromkeys(sweeping.NAMES, 0),
        "payloads": 250,
    }
    assert await keeper.turn() == IDLE_S


async def test_a_run_that_failed_begins_again(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await old(store, 250)
    keeper = Keeper(sweep(store, tmp_path))
    await keeper.begin()
    await keeper.turn()
    async with store.unit() as work:
        await work.change("ALTER TABLE link_codes RENAME TO hidden")
    with pytest.raises(Exception, match="link_codes"):
        for _ in range(3):
            await keeper.turn()
    async with store.unit() as work:
        await work.change("ALTER TABLE hidden RENAME TO link_codes")
    while await keeper.turn() != IDLE_S:
        pass
    assert await ids(store, "raw_messages", "body IS NOT NULL") == []


async def test_a_night_that_was_missed_is_made_up_for(store: Store, tmp_path: Path) -> None:
    """A hub that is off at night tidies after its start; one that ran lately does not."""
    made = sweep(store, tmp_path)
    keeper, marks = Keeper(made), StoredMarks(store)
    await marks.put(RAN, datetime.now(UTC).isoformat())
    await keeper.begin_if_overdue()
    assert await keeper.turn() == IDLE_S
    await marks.put(RAN, (datetime.now(UTC) - OVERDUE - timedelta(minutes=1)).isoformat())
    await keeper.begin_if_overdue()
    assert await keeper.turn() < IDLE_S
    await keeper.stop()


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "UTC", "Asia/Tokyo"])
async def test_a_daily_job_is_due_at_its_hour_of_its_zone(zone: str) -> None:
    jobs = Jobs()

    async def act() -> None:
        raise AssertionError

    jobs.daily(act, time(3, 30), ZoneInfo(zone))
    jobs.start()
    [due] = jobs.next_at()
    await jobs.stop()
    there = due.astimezone(ZoneInfo(zone))
    assert (there.hour, there.minute, there.second) == (3, 30, 0)
    assert timedelta() < due - datetime.now(UTC) <= timedelta(days=1, hours=1)


async def test_a_job_calls_in_the_loop_and_late_ones_are_not_dropped() -> None:
    jobs, called = Jobs(), asyncio.Event()

    async def act() -> None:
        called.set()

    jobs.once(act, timedelta(seconds=-30))
    jobs.start()
    await asyncio.wait_for(called.wait(), 10)
    await jobs.stop()


async def test_the_hub_has_its_nightly_run(database_url: str, tmp_path: Path) -> None:
    """And an hour of the settings' own, in the zone they name."""
    values = {"database": {"url": database_url}, "web": {"port": 0}, "retention": {"at": "04:15", "zone": "Asia/Tokyo"}}
    app = App(settings.check(values, base=tmp_path))
    await app.start()
    await until(lambda: app.is_running)
    due = sorted(app._jobs.next_at())
    await app.stop()
    minute, *due = due  # the digests' look
    assert minute.second == 0 and len(due) == 2
    assert (4, 15) in [(one.astimezone(ZoneInfo("Asia/Tokyo")).hour, one.minute) for one in due]


async def test_a_running_hub_lets_go_while_it_serves_and_stops_in_the_middle(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    """1. It is night: a part goes. 2. SIGTERM comes: the hub ends at once. 3. The next hub does the rest."""
    await old(store, 1_000)
    values = {"database": {"url": database_url}, "web": {"port": 0}}
    left = []
    for share in (200, 1_000):
        app = App(settings.check(values, base=tmp_path), clock=store.clock)
        await app.start()
        await gone(app, share - sum(1_000 - one for one in left))
        began = asyncio.get_running_loop().time()
        await app.stop()
        assert asyncio.get_running_loop().time() - began < 5
        await database.connect(database_url)
        left.append(len(await ids(store, "raw_messages", "body IS NOT NULL")))
    assert left[0] % 200 == 0 and left[0] <= 800
    assert left[1] == 0


async def gone(app: App, count: int) -> None:
    """It is night at a running hub; returns when so many payloads have gone."""
    await until(lambda: app.is_running)
    await app._keeper.begin()
    await until(lambda: app._keeper._counts["payloads"] >= count)


async def until(holds: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 15
    while not holds():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("at", "half past three", "HH:MM"),
        ("at", "25:00", "HH:MM"),
        ("zone", "Europe/Atlantis", "Europe/Warsaw"),
        ("raw_days", -1, "greater than or equal to 0"),
        ("keys_days", 7, "at least 30"),
        ("messages_days", 1, "at least 30"),
        ("backups", 1, "no such key"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(key: str, value: object, expected: str) -> None:
    with pytest.raises(Invalid) as raised:
        settings.check({"retention": {key: value}})
    assert [(one.field, expected in one.expected) for one in raised.value.problems] == [(f"retention.{key}", True)]


async def test_the_command_shows_what_would_go_and_then_lets_it_go(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    at = datetime.now(UTC) - timedelta(days=91)
    await put(store, "raw_messages", 1, state="done", received_at=at, due_at=at)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CENTRALA_DATABASE__URL": database_url,
        "CENTRALA_DATA": str(tmp_path / "data"),
    }

    async def command(*words: str) -> str:
        done = await asyncio.to_thread(commands.run_text, "retention", *words, environment=environment)
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    dry = [orjson.loads(line) for line in (await command("--dry-run", "--json")).splitlines()]
    assert dry[0] == {"kind": "payloads", "count": 1, "removed": False}
    assert [one["kind"] for one in dry] == list(sweeping.NAMES)
    assert await ids(store, "raw_messages", "body IS NOT NULL") == [1]
    assert "payloads  1" in await command()
    assert await ids(store, "raw_messages", "body IS NOT NULL") == []
