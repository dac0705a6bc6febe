"""Digests: when they are due by whose clocks, how they read, and what is counted for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import contacts, staff
from crmcore.models.staff import Role
from kernel.clock import Clock
from kernel.unit import Store
from routing import digest_book, digest_facts, digest_lines, digests
from routing.desk import Desk, Queue
from routing.digests import Coming, Facts, Kind, Load, Low, Plan, Slot, Unreached, Week
from routing.rotas import Handover
from tests.conftest import START
from tests.tickets.letters import actor, ticket
from tickets import calendar, surveys

WARSAW, TOKYO, UTC_ZONE = ZoneInfo("Europe/Warsaw"), ZoneInfo("Asia/Tokyo"), ZoneInfo("UTC")
PLAN = Plan(address="https://desk.example")
MONDAY = date(2026, 3, 16)
DESK = Desk({name: Queue(name, calendar.always()) for name in ("inbox", "cards")})


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = UTC_ZONE) -> datetime:
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(MONDAY, 7, 59), []),
        (at(MONDAY, 8), ["morning", "weekly"]),
        (at(MONDAY, 15, 59), ["morning", "weekly"]),
        (at(MONDAY, 16), ["morning passed", "evening", "weekly"]),
        (at(MONDAY, 23, 59), ["morning passed", "evening", "weekly"]),
        (at(MONDAY + timedelta(days=1), 0), []),
        (at(MONDAY + timedelta(days=1), 8), ["morning"]),
    ],
    ids=["before eight", "at eight", "late", "at four", "at the end of the day", "the next day", "tuesday"],
)
def test_what_is_due_at_an_hour_of_a_monday(now: datetime, expected: list[str]) -> None:
    """A hub that was down at eight tells it late the same day, never the next; a later one says it all."""
    found = digests.due(PLAN, UTC_ZONE, now)
    assert [f"{one.kind.value}{' passed' if one.passed else ''}" for one in found] == expected


def test_a_time_that_the_clocks_leave_out_comes_after_the_gap_and_one_that_comes_twice_comes_once() -> None:
    """In Warsaw 02:30 is skipped on 29 March 2026 and comes twice on 25 October."""
    plan = Plan(morning=time(2, 30), evening=None, weekly=None)
    [spring] = digests.due(plan, WARSAW, at(date(2026, 3, 29), 12, zone=WARSAW))
    assert spring.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    [first] = digests.due(plan, WARSAW, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    [again] = digests.due(plan, WARSAW, datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert first == again


@given(
    st.integers(0, 365 * 24 * 60),
    st.sampled_from(["Europe/Warsaw", "Asia/Tokyo", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_minute_by_minute_each_digest_of_a_day_comes_once(start: int, zone: str) -> None:
    """The oracle: the local clock reads eight, or four, somewhen in every 25 hours, and each is a slot of its own."""
    place, told = ZoneInfo(zone), dict[tuple[Kind, date], datetime]()
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    for minute in range(0, 25 * 60, 5):
        now = begin + timedelta(minutes=minute)
        for one in digests.due(PLAN, place, now):
            told.setdefault((one.kind, one.day), now)
    whole = {day for _, day in told}
    for day in whole:
        local = [now.astimezone(place) for (kind, on), now in told.items() if on == day and kind is Kind.MORNING]
        assert len(local) == 1 and local[0].date() == day and local[0].hour >= 8
    assert whole


FACTS = Facts(Kind.MORNING, at(MONDAY, 8), WARSAW, leads=True, ages={"day": 5, "three_days": 0, "older": 2})
WEEK = Week(date(2026, 3, 9), (3, 0, 4), (2, 0, 4), (600.0, None, 1200.0), 900.0, 2, 3.5)


def test_a_digest_reads_line_by_line_each_with_its_link() -> None:
    """The text a lead gets."""
    facts = Facts(
        Kind.MORNING,
        at(MONDAY, 8),
        WARSAW,
        leads=True,
        ages={"day": 5, "three_days": 0, "older": 2},
        late=1,
        free=3,
        people=(Load(7, "Anna", 4, 6),),
        low=(Low("T12", 2, "too slow"),),
        outages=(Coming("O-3", "0412", at(MONDAY, 21), None),),
        unreached=(Unreached(9, "Eszter Nagy"),),
        more={"people": 2},
    )
    assert digest_lines.text(facts, "https://desk.example").splitlines() == [
        "Morning digest, Mon 16 Mar 2026",
        "• 7 open: 5 up to a day, 2 older",
        "  https://desk.example/reports?report=backlog",
        "• 1 late",
        "  https://desk.example/manager/tickets/late",
        "• 3 nobody has",
        "  https://desk.example/manager/tickets/free",
        "• Anna: 4 open, 6 answered",
        "  https://desk.example/manager/tickets/open?who=7",
        "• … and 2 more",
        "  https://desk.example/manager",
        "• T12 was rated 2 of 5: “too slow”",
        "  https://desk.example/tickets/T12",
        "• O-3: 0412, Mon 16 Mar 2026 22:00 CET until further notice",
        "  /outage O-3",
        "• Eszter Nagy cannot be reached any more",
        "  https://desk.example/contacts/9",
    ]


def test_a_digest_is_in_its_readers_language() -> None:
    """Issue 5, docs/decisions/0023: what people wrote and the commands stay."""
    facts = Facts(
        Kind.MORNING,
        at(MONDAY, 8),
        WARSAW,
        leads=True,
        ages={"day": 5, "older": 2},
        low=(Low("T12", 2, "too slow"),),
        outages=(Coming("O-3", "0412", at(MONDAY, 21), None),),
        due_at=at(MONDAY, 7),
        language="pl",
    )
    assert [one for one in digest_lines.text(facts, "x").splitlines() if not one.startswith("  ")] == [
        "Poranne zestawienie, pon., 16 marca 2026",
        "(z opóźnieniem: miało być o 08:00)",
        "• Otwarte: 7 (do jednego dnia: 5, starsze: 2)",
        "• T12: ocena 2 z 5: “too slow”",
        "• O-3: 0412, pon., 16 marca 2026 22:00 CET do odwołania",
    ]
    week = Facts(Kind.WEEKLY, at(MONDAY, 8), WARSAW, leads=True, ages={}, week=WEEK, language="ru")
    assert [one.text for one in digest_lines.lines(week, "")] == [
        "9 мар. – 11 мар.: сообщений пришло 7, ушло 6",
        "Половина первых ответов в пределах 15m",
        "2 оценки, в среднем 3,5",
    ]
    assert digest_lines.when(Plan(), "sk") == "o 08:00, o 16:00 a pondelok o 08:00"


def test_what_comes_late_says_so_and_what_is_empty_is_nothing() -> None:
    late = Facts(Kind.EVENING, at(MONDAY, 18), WARSAW, leads=True, ages={"day": 1}, due_at=at(MONDAY, 15))
    assert "(late: it was due at 16:00)" in digest_lines.text(late, "x")
    assert digest_lines.text(Facts(Kind.MORNING, at(MONDAY, 8), WARSAW, leads=True, ages={"day": 0}), "x") == ""


def test_who_does_not_lead_is_sent_to_pages_that_he_may_open() -> None:
    facts = Facts(
        Kind.MORNING, at(MONDAY, 8), WARSAW, leads=False, ages={"day": 1}, late=1, people=(Load(7, "Anna", 1, 0),)
    )
    links = {one.link for one in digest_lines.lines(facts, "")}
    assert links == {"/queues", "/my"}


def test_a_week_tells_its_sums_and_its_median() -> None:
    facts = Facts(Kind.WEEKLY, at(MONDAY, 8), WARSAW, leads=True, ages={"day": 9}, week=WEEK)
    told = [one.text for one in digest_lines.lines(facts, "")]
    assert told == [
        "9 Mar to 11 Mar: 7 messages in, 6 out",
        "Half of the first answers within 15m",
        "2 ratings, 3.5 on average",
    ]


@pytest.mark.parametrize(
    ("to", "role", "wish", "expected"),
    [
        ("leads", Role.LEAD, "", True),
        ("leads", Role.ADMIN, "", True),
        ("leads", Role.AGENT, "", False),
        ("leads", Role.AGENT, "on", True),
        ("leads", Role.LEAD, "off", False),
        ("everyone", Role.AGENT, "", True),
        ("nobody", Role.ADMIN, "", False),
        ("nobody", Role.ADMIN, "on", True),
    ],
)
def test_ones_own_word_counts_before_the_settings(to: str, role: Role, wish: str, expected: bool) -> None:
    assert digests.is_wanted(Plan(to=to), role, wish) == expected


def test_the_times_are_told_as_they_are() -> None:
    assert digest_lines.when(Plan(), "en") == "at 08:00, at 16:00 and Monday at 08:00"
    assert digest_lines.when(Plan(evening=None, weekly=Handover(time(9))), "en") == "at 08:00 and every day at 09:00"
    assert digest_lines.when(Plan(None, None, None), "en") == "at no time"


# -- on a database ------------------------------------------------------------------------------------------------


async def facts_for(store: Store, name: str, kind: Kind = Kind.MORNING) -> Facts:
    reader = store.reading()
    colleague = await staff.named(reader, name)
    slot = Slot(kind, store.clock.now().date(), store.clock.now())
    return await digest_facts.read(reader, DESK, PLAN, colleague, slot)


async def test_what_is_counted_is_what_the_reader_may_see(store: Store, clock: Clock) -> None:
    """A lead sees every queue; an agent the inbox and what is his, and of colleagues himself alone."""
    bea, anna = await actor(store, "Bea", Role.LEAD), await actor(store, "Anna")
    for number in range(3):
        await ticket(store, f"person{number}", due_at=START + timedelta(minutes=30))
    async with store.unit() as work:
        await work.change("UPDATE tickets SET queue = 'cards' WHERE number = 3")
        await work.change("UPDATE tickets SET assignee_id = ? WHERE number = 1", anna.id)
        await work.change("UPDATE tickets SET assignee_id = ? WHERE number = 3", bea.id)
    lead, agent = await facts_for(store, "Bea"), await facts_for(store, "Anna")
    assert (lead.open, lead.soon, lead.late, lead.free) == (3, 3, 0, 1)
    assert (agent.open, agent.soon, agent.free) == (2, 2, 1)
    assert [one.name for one in lead.people] == ["Anna", "Bea"] and [one.name for one in agent.people] == ["Anna"]
    clock.push(timedelta(days=2))
    lead = await facts_for(store, "Bea")
    assert (lead.late, lead.ages["three_days"], lead.ages["day"]) == (3, 3, 0)


async def test_low_ratings_and_unreachable_people_of_the_time_are_told(store: Store, clock: Clock) -> None:
    """Those since yesterday, and no others; a three is no low one."""
    await actor(store, "Bea", Role.LEAD)
    for number, score in enumerate((1, 2, 3), 1):
        view = await ticket(store, f"person{number}")
        async with store.unit() as work:
            assert await surveys.asked(work, view.id, number, "telegram:1", "2001")
            one = await surveys.by_number(work, view.number)
            assert one is not None and await surveys.answer(work, one, score, comment="too  slow")
    async with store.unit() as work:
        row = await work.one("SELECT scheme, value FROM identities ORDER BY id LIMIT 1")
        assert row is not None
        await contacts.mark_unreachable(work, row["scheme"], row["value"], since=True)
    found = await facts_for(store, "Bea")
    assert {(one.ticket, one.score, one.comment) for one in found.low} == {("T1", 1, "too slow"), ("T2", 2, "too slow")}
    assert len(found.unreached) == 1
    clock.push(timedelta(days=2))
    found = await facts_for(store, "Bea")
    assert (found.low, found.unreached) == ((), ())


async def test_a_digest_is_noted_once(store: Store) -> None:
    """The row decides: a second hub, a restart or a clock that jumps back finds it there."""
    bea = await actor(store, "Bea", Role.LEAD)
    slot = Slot(Kind.MORNING, START.date(), START)
    async with store.unit() as work:
        assert await digest_book.take(work, bea.id, slot)
        await digest_book.sent(work, bea.id, slot, 77)
    async with store.unit() as work:
        assert not await digest_book.take(work, bea.id, slot)
    told = (await digest_book.told(store.reading()))[bea.id]
    assert digests.untold(digests.due(PLAN, UTC_ZONE, START), told) == []
    assert await store.reading().fetch("SELECT message_id FROM digests") == [{"message_id": 77}]
