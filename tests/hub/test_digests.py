"""Digests in the hub: each told once, whatever the clocks, restarts and other hubs do; APScheduler only wakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bot.house import House
from channels.contract import Address, Capabilities
from channels.files import FileStore
from channels.lines import Line, Lines
from crmcore import absences, staff
from crmcore.models.staff import Role
from hub import charts, settings
from hub.digests import Digests
from hub.jobs import Jobs
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store
from routing.desk import Desk, Queue
from routing.digests import Plan, Week
from tests.conftest import START
from tests.tickets.letters import ticket
from tickets import calendar

CHAT = Line("telegram", "telegram:1", Capabilities("Telegram", "telegram", buttons=True, files=1, caption_limit=1024))
MAIL = Line("email", "email:desk", Capabilities("E-mail", "mailto", conversational=False, commands="token", files=20))
TEXT = Line("sms", "sms:1", Capabilities("SMS", "tel", commands="code", keywords=True))
HOUR = timedelta(hours=1)


def told_by(store: Store, folder: Path, **plan: Any) -> Digests:
    """One hub's part on the store."""
    desk = Desk({"inbox": Queue("inbox", calendar.always())})
    house = House(Lines([CHAT, MAIL, TEXT]), desk)
    house.digests = Plan(address="https://desk.example", **plan)
    return Digests(store, FileStore(folder / "files"), house)


async def hire(store: Store, name: str = "Bea", zone: str = "UTC", **addresses: str) -> int:
    known = [Address(scheme, value) for scheme, value in (addresses or {"telegram": "5001"}).items()]
    async with store.unit() as work:
        return int(await staff.add(work, name, Role.LEAD, known, zone=zone))


async def sent(store: Store) -> list[tuple[str, str, str]]:
    """Account, address and first line of every digest."""
    found = await store.reading().fetch(
        "SELECT account, address, text FROM messages WHERE purpose = 'digest' ORDER BY id"
    )
    return [(row["account"], row["address"], row["text"].split("\n")[0]) for row in found]


@pytest.fixture
async def hub(store: Store, clock: Clock, tmp_path: Path) -> AsyncIterator[Digests]:
    """Nine on a Tuesday: Bea came at once, and one ticket is open."""
    await hire(store)
    await ticket(store)
    yield told_by(store, tmp_path)


async def test_what_was_due_before_a_colleague_came_is_none_of_his(hub: Digests, store: Store, clock: Clock) -> None:
    await hub.turn()
    assert await sent(store) == []
    clock.push(7 * HOUR)
    await hub.turn()
    assert await sent(store) == [("telegram:1", "5001", "Evening digest, Tue 10 Mar 2026")]


async def test_each_digest_is_told_once_over_restarts_jumps_and_two_hubs(
    hub: Digests, store: Store, clock: Clock, tmp_path: Path
) -> None:
    """R-4: the row of a person, kind and day is unique; who writes it sends."""
    clock.push(7 * HOUR)
    other = told_by(store, tmp_path)
    await asyncio.gather(hub.turn(), other.turn(), hub.turn())
    await told_by(store, tmp_path).turn()
    assert len(await sent(store)) == 1
    for jump in (-2 * HOUR, 3 * HOUR, -HOUR):  # somebody sets the machine's clock
        clock.push(jump)
        await hub.turn()
    assert len(await sent(store)) == 1
    clock.push(timedelta(days=1, hours=-8))
    await hub.turn()
    assert [one[2] for one in await sent(store)][1:] == ["Morning digest, Wed 11 Mar 2026"]


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)], ids=str)
async def test_on_the_days_when_the_clocks_change_each_comes_once(
    store: Store, clock: Clock, tmp_path: Path, day: datetime
) -> None:
    """02:30 is skipped in March and comes twice in October: minute by minute over the whole day, in Warsaw."""
    await hire(store, zone="Europe/Warsaw")
    await ticket(store)
    hub = told_by(store, tmp_path, morning=datetime(2026, 1, 1, 2, 30, tzinfo=UTC).time(), evening=None, weekly=None)
    clock.push(day - 2 * HOUR - clock.now())
    for _ in range(26 * 4):
        clock.push(HOUR / 4)
        await hub.turn()
    assert [head for _, _, head in await sent(store) if f"{day:%a %d %b}" in head] == [
        f"Morning digest, {day:%a %d %b %Y}"
    ]


async def test_a_hub_that_was_down_tells_it_late_the_same_day_and_says_so_and_never_the_next(
    hub: Digests, store: Store, clock: Clock
) -> None:
    """A Wednesday morning's at ten; the evening's of that day, down over night, not at all."""
    clock.push(timedelta(days=1, hours=1))
    await hub.turn()
    [row] = await store.reading().fetch("SELECT text FROM messages WHERE purpose = 'digest'")
    assert row["text"].splitlines()[1] == "(late: it was due at 08:00)"
    clock.push(timedelta(hours=22))  # Thursday, eight
    await hub.turn()
    assert [one[2][:7] for one in await sent(store)] == ["Morning", "Morning"]


async def test_each_by_his_own_clocks(store: Store, clock: Clock, tmp_path: Path) -> None:
    """Sixteen o'clock in Tokyo is seven in UTC; nobody is asked twice."""
    clock.push(-5 * HOUR)
    await hire(store, "Aiko", "Asia/Tokyo", telegram="1")
    await hire(store, "Bea", "UTC", telegram="2")
    await ticket(store)
    hub, found = told_by(store, tmp_path), []
    for _ in range(13):
        await hub.turn()
        found.append([address for _, address, _ in await sent(store)])
        clock.push(HOUR)
    assert found[2] == [] and found[3] == ["1"] and found[4] == ["1", "2"] and found[12] == ["1", "2", "2"]


async def test_who_is_away_or_has_nothing_is_not_told_that_day(store: Store, clock: Clock, tmp_path: Path) -> None:
    """No empty digest; and none that waits for him when he is back."""
    bea, _ = await hire(store), await hire(store, "Ewa", telegram="5002")
    hub = told_by(store, tmp_path)
    clock.push(7 * HOUR)
    await hub.turn()
    assert await sent(store) == []
    await ticket(store)
    await hub.turn()
    assert await sent(store) == []  # that of the evening was empty at its time
    async with store.unit() as work:
        await absences.leave(work, bea, None)
    clock.push(16 * HOUR)
    await hub.turn()
    async with store.unit() as work:
        await absences.back(work, bea)
    await hub.turn()
    assert [address for _, address, _ in await sent(store)] == ["5002"]


async def test_a_digest_goes_to_a_chat_else_by_mail_and_never_as_a_text(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    await hire(store, "Ada", mailto="ada@desk.example", tel="+48600000001")
    await hire(store, "Bea", telegram="5001", mailto="bea@desk.example")
    await hire(store, "Cyd", tel="+48600000002")
    await ticket(store)
    async with store.unit() as work:
        await work.change("UPDATE staff SET ways = 'sms email telegram' WHERE name = 'Ada'")
    clock.push(7 * HOUR)
    await told_by(store, tmp_path).turn()
    assert [(account, address) for account, address, _ in await sent(store)] == [
        ("email:desk", "ada@desk.example"),
        ("telegram:1", "5001"),
    ]


async def test_in_his_quiet_hours_it_waits_until_they_are_over(hub: Digests, store: Store, clock: Clock) -> None:
    async with store.unit() as work:
        await work.change("UPDATE staff SET quiet = '15:00-17:00'")
    clock.push(7 * HOUR)
    await hub.turn()
    [row] = await store.reading().fetch("SELECT due_at FROM messages WHERE purpose = 'digest'")
    assert datetime.fromisoformat(str(row["due_at"])).astimezone(UTC) == START + 8 * HOUR


async def test_the_weeks_chart_is_drawn_and_what_cannot_be_drawn_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the real library, in its own process."""
    week = Week(START.date(), (3, 0, 4), (2, 0, 4), (600.0, None, 1200.0), 900.0, 0, None)
    png = await charts.picture(week)
    with Image.open(BytesIO(png)) as opened:
        assert opened.format == "PNG" and opened.width > 1000
        assert len(opened.convert("RGB").getcolors(1 << 20) or ()) > 10
    monkeypatch.setattr(charts, "specification", lambda week, language: {"mark": 7})
    assert await charts.picture(week) == b""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"morning": "8 o'clock"}, "digest.morning"),
        ({"evening": "mon 16:00"}, "digest.evening"),
        ({"weekly": "someday 08:00"}, "digest.weekly"),
        ({"to": "marek"}, "digest.to"),
    ],
)
def test_wrong_settings_are_told_by_their_key(given: dict[str, str], field: str, tmp_path: Path) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        settings.check({"digest": given}, base=tmp_path)
    assert [one.field for one in refusal.value.problems] == [field]


def test_settings_make_a_plan_and_an_empty_time_is_never(tmp_path: Path) -> None:
    found = settings.check({"digest": {"evening": "", "weekly": "fri 17:00"}}, base=tmp_path).digest
    plan = found.plan("https://desk.example", ZoneInfo("UTC"))
    assert (plan.evening, plan.morning) == (None, datetime(2026, 1, 1, 8, tzinfo=UTC).time())
    assert plan.weekly is not None and (plan.weekly.weekday, plan.weekly.at.hour) == (4, 17)


async def test_the_calendar_wakes_each_minute() -> None:
    """APScheduler: no run is lost for being late, and two are never under way."""
    jobs = Jobs()

    async def act() -> None:
        return None

    jobs.minutely(act)
    jobs.start()
    [due] = jobs.next_at()
    await jobs.stop()
    assert timedelta() < due - datetime.now(UTC) <= timedelta(minutes=1) and due.second == 0
