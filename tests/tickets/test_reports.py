"""The counts of the reports: what each act adds and takes, and that they equal a scan after any history at all."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import access
from crmcore.access import Actor, Role
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store, Work
from tests.conftest import START
from tests.tickets import letters
from tests.tickets.counted import WARSAW, added_up, catch_up, kept, scanned, summed, total
from tests.tickets.letters import LINES, actor, seen, ticket
from tickets import actions, casework, changes, clocks, merging, snooze, surveys, undoing, values
from tickets.kinds import SHIPPED
from tickets.models import ClockKind, TermsRow
from tickets.reports import behind, buckets, fold, rebuild, sums, telling
from tickets.reports.asking import BREAKDOWNS, COUNTED, Asked, By, Report
from tickets.reports.shares import Cell
from tickets.tokens import Tokens
from tickets.visible import TicketView

ACTS = 80
COMPLAINT = SHIPPED["complaint"]
HOUR = timedelta(hours=1)


@given(st.lists(st.floats(1, 1e8), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_quantile_of_buckets_is_within_five_percent_of_the_true_one(lengths: list[float], part: float) -> None:
    """S0-14: the error that the documents state."""
    counts: dict[int, int] = {}
    for one in lengths:
        counts[buckets.of(one)] = counts.get(buckets.of(one), 0) + 1
    rank = max(1, -(-len(lengths) * part // 1))  # the nearest rank, counted from 1
    exact, told = sorted(lengths)[int(rank) - 1], buckets.quantile(counts, part)
    assert told is not None and abs(told - exact) <= exact * 0.05


def test_a_median_of_nothing_is_none_and_a_length_below_a_second_is_the_shortest() -> None:
    assert buckets.quantile({}, 0.5) is None
    assert buckets.of(-5) == buckets.of(0.3) == 0
    assert buckets.quantile({buckets.of(one): 1 for one in (1, 60, 3600)}, 0.5) == pytest.approx(
        statistics.median([1, 60, 3600]), rel=0.05
    )


async def test_a_ticket_counts_in_the_companys_days(store: Store, clock: Clock) -> None:
    """S0-14: half past eleven at night in London is the next day in Warsaw."""
    clock.push(timedelta(hours=14, minutes=30))
    await ticket(store)
    await catch_up(store)
    found = await kept(store)
    day = (START.date() + timedelta(days=1)).toordinal()
    assert total(found, "opened", day=day) == total(found, "in", day=day) == 1
    assert total(found, "opened") == 1


async def test_an_answer_counts_for_its_author_and_its_taking_back_takes_it_off(store: Store, clock: Clock) -> None:
    """S0-14, S0-22."""
    anna = await actor(store, "Anna")
    view = await ticket(store, due_at=START + 2 * HOUR)
    clock.push(HOUR)
    async with store.unit() as work:
        sent = await actions.reply(work, anna, view, "Hi", lines=LINES, tokens=Tokens(), hold=timedelta(seconds=9))
    await catch_up(store)
    found = await kept(store)
    assert total(found, "out", staff_id=anna.id) == total(found, "met") == 1
    assert total(found, "response", staff_id=anna.id, bucket=buckets.of(3600)) == 1
    async with store.unit() as work:
        assert await actions.take_back(work, anna, await seen(work, 1), sent.message_ids)
    await catch_up(store)
    found = await kept(store)
    assert [total(found, measure) for measure in ("out", "response", "met", "in", "opened")] == [0, 0, 0, 1, 1]


async def test_the_counts_follow_whoever_gets_the_ticket(store: Store) -> None:
    """S0-14: by person means who has it."""
    anna, bea = await actor(store, "Anna"), await actor(store, "Bea")
    view = await ticket(store)
    for who in (anna, bea):
        async with store.unit() as work:
            await actions.take(work, who, await seen(work, view.number))
        await catch_up(store)
        assert total(await kept(store), "opened", staff_id=who.id) == 1
    assert total(await kept(store), "opened") == 1


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_history_the_counts_equal_a_scan(store: Store, clock: Clock, seed: int) -> None:
    """S0-14: replies, closings, reopenings, undos, hand-overs, moves, merges; caught up in between or not."""
    chance = random.Random(seed)
    people = [await actor(store, name) for name in ("Anna", "Bea", "Cecil")]
    done: set[str] = set()
    for _ in range(ACTS):
        clock.push(timedelta(seconds=chance.randrange(1, 30_000)))
        done.add(await act(store, chance, chance.choice(people)))
        if chance.random() < 0.3:
            await catch_up(store)
    await catch_up(store)
    assert len(done) > 8
    expected = await scanned(store)
    assert await kept(store) == expected == await kept(store, "report_shares")
    assert await summed(store) == added_up(expected)
    async with store.unit() as work:
        await rebuild.begin(work, WARSAW)
    await rebuilt(store)
    assert await kept(store) == expected and await summed(store) == added_up(expected)


async def act(store: Store, chance: random.Random, by: Actor) -> str:
    """One act of a random history, or a refused one; returns which it was."""
    newest = await store.reading().one("SELECT max(number) AS n FROM tickets")
    last = int(newest["n"] or 0) if newest else 0
    name = chance.choice(
        (
            "letter",
            "letter",
            "reply",
            "reply",
            "close",
            "reopen",
            "take",
            "move",
            "merge",
            "undo",
            "back",
            "fire",
            "kind",
            "field",
            "split",
            "rate",
        )
    )
    if name == "letter" or not last:
        view = await ticket(store, f"person{chance.randrange(8)}")
        if chance.random() < 0.7:
            kind, due = chance.choice(list(ClockKind)), store.clock.now() + chance.randrange(1, 20) * HOUR
            async with store.unit() as work:
                await clocks.start(work, [clocks.Start(view.id, kind, due)])
        return "letter"
    number, other = chance.randrange(1, last + 1), chance.randrange(1, last + 1)
    try:
        async with store.unit() as work:
            view = await seen(work, number)
            if name == "reply":
                hold = timedelta(hours=chance.choice((0, 9)))
                await actions.reply(work, by, view, "Hello", lines=LINES, tokens=Tokens(), hold=hold)
            elif name == "close":
                await actions.close(work, by, view)
            elif name == "reopen":
                await actions.reopen(work, by, view)
            elif name == "take":
                await actions.take(work, by, view)
            elif name == "move":
                await casework.move(work, by, view, chance.choice(("inbox", "cards")))
            elif name == "merge" and number != other:
                await merging.merge(work, by, view, await seen(work, other))
            else:
                await act_further(work, chance, by, view, name)
    except errors.CentralaError:
        return "refused"
    return name


async def act_further(work: Work, chance: random.Random, by: Actor, view: TicketView, name: str) -> None:
    if name == "rate":
        if not await surveys.asked(work, view.id, 1, "telegram:1", "2001"):
            which = "SELECT id FROM surveys WHERE ticket_id = ? AND score > 3"
            await work.change(f"DELETE FROM survey_answers WHERE survey_id IN ({which})", view.id)
            await work.change(f"DELETE FROM surveys WHERE id IN ({which})", view.id)
        row = await surveys.by_number(work, view.number)
        if row is not None:
            await surveys.answer(work, row, chance.randrange(1, 6))
    elif name == "split":
        standing = await work.fetch(
            "SELECT id FROM entries WHERE ticket_id = ? AND kind = 'message' ORDER BY id", view.id
        )
        if len(standing) > 1:
            await merging.split(work, by, view, [row["id"] for row in standing[1:]])
    elif name == "kind":
        await casework.set_kind(work, by, view, chance.choice((COMPLAINT, SHIPPED["question"])))
    elif name == "field":
        field, said = chance.choice((("cause", "card"), ("cause", "price"), ("accepted", "yes"), ("cause", "")))
        await values.put(work, by, view, COMPLAINT, {field: said})
    elif name == "undo":
        found = await changes.last(work, by.id)
        if found is not None:
            await undoing.undo(work, by, found)
    elif name == "back":
        newest = await work.one("SELECT max(id) AS id FROM messages WHERE direction = 'out'")
        await actions.take_back(work, by, view, (int(newest["id"] or 0) if newest else 0,))
    elif name == "fire":
        due = await work.fetch("SELECT id FROM clocks WHERE due_at <= ?", work.now)
        await clocks.fire(work, [row["id"] for row in due])
        await changes_terms(work, chance)


async def changes_terms(work: Work, chance: random.Random) -> None:
    """Clocks that have ended get another policy, as no hub would do it: the counts follow all the same."""
    policy = chance.choice(("gold", "silver"))
    row = {"digest": policy, "policy": policy, "body": "{}", "created_at": work.now}
    await work.insert(TermsRow, [row], conflict="ON CONFLICT (digest) DO NOTHING")
    await work.change("UPDATE clocks SET terms = ? WHERE id = (SELECT max(id) FROM clocks)", policy)


async def rebuilt(store: Store) -> int:
    """Step by step to the end; returns how many steps it took."""
    steps = 0
    while True:
        async with store.unit() as work:
            now = await rebuild.step(work, WARSAW)
        steps += 1
        if now.is_over:
            return steps


async def test_ratings_are_counted_for_who_has_the_ticket(store: Store) -> None:
    """S0-14, M-8: how many, their mean, and what part of them is 1 or 2; a second answer changes nothing."""
    anna = await actor(store, "Anna")
    for number, score in enumerate((1, 2, 4, 5), 1):
        view = await ticket(store, f"person{number}")
        async with store.unit() as work:
            await actions.take(work, anna, view)
            assert await surveys.asked(work, view.id, number, "telegram:1", "2001")
            one = await surveys.by_number(work, view.number)
            assert one is not None and await surveys.answer(work, one, score)
            assert not await surveys.answer(work, one, 5)
    await catch_up(store)
    asked = Asked(Report.RATINGS, START.date(), START.date(), By.PERSON)
    [line] = (await telling.tell(store.reading(), asked)).lines
    assert line.key == anna.id
    assert dict(line.values) == {"rated": 4, "mean": 3.0, "low": 2, "low_percent": 50.0}
    seen_by_her, count = await behind.listed(store.reading(), access.scope(anna), asked, "low", str(anna.id), limit=10)
    assert count == 2 and {one.number for one in seen_by_her} == {1, 2}


async def test_the_tickets_behind_a_median_come_the_longest_first(store: Store, clock: Clock) -> None:
    """S0-14: of these days, this person and what the reader may see; each with the length that was counted."""
    anna, bea = await actor(store, "Anna"), await actor(store, "Bea")
    for number, (who, hours) in enumerate(((anna, 1), (anna, 5), (anna, 3), (bea, 9)), 1):
        view = await ticket(store, f"person{number}")
        clock.push(hours * HOUR)
        async with store.unit() as work:
            await actions.reply(work, who, view, "Hi", lines=LINES, tokens=Tokens(), hold=timedelta())
        clock.push(START - clock.now())
    await catch_up(store)
    asked = Asked(Report.RESPONSE, START.date(), START.date(), By.PERSON)
    lead = Actor(anna.id, "Anna", Role.LEAD, "UTC", frozenset())
    scope = access.scope(lead)
    for column in behind.LENGTHS:
        found, count = await behind.longest(store.reading(), scope, asked, column, str(anna.id), limit=2)
        assert ([one.ticket.number for one in found], count) == ([2, 3], 3)
        assert [one.length_s / 3600 for one in found] == [pytest.approx(5, rel=0.05), pytest.approx(3, rel=0.05)]
    rest, _ = await behind.longest(store.reading(), scope, asked, "median_s", str(anna.id), limit=2, after=2)
    assert [one.ticket.number for one in rest] == [1]
    whole, count = await behind.longest(store.reading(), scope, asked, "p90_s", None, limit=9)
    assert [one.ticket.number for one in whole] == [4, 2, 3, 1] and count == 4
    tomorrow = START.date() + timedelta(days=1)
    later = Asked(Report.RESPONSE, tomorrow, tomorrow, By.PERSON)
    assert await behind.longest(store.reading(), scope, later, "median_s", None, limit=9) == ([], 0)


async def test_a_build_that_is_cut_short_goes_on_and_another_zone_begins_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-1: units of a few tickets, resumable; what changes meanwhile is counted, too."""
    monkeypatch.setattr(fold, "UNIT", 3)
    for number in range(8):
        await ticket(store, f"person{number}")
    async with store.unit() as work:
        await work.change("DELETE FROM report_waiting")
    for _ in range(2):
        async with store.unit() as work:
            now = await rebuild.step(work, WARSAW)
    assert (now.done, now.is_over) == (3, False) and total(await kept(store), "opened") == 3
    await letters.close(store, 8, START)
    await rebuilt(store)
    await catch_up(store)
    assert await kept(store) == await scanned(store)
    async with store.unit() as work:
        now = await rebuild.step(work, ZoneInfo("Asia/Tokyo"))
    assert not now.is_over and now.zone == "Asia/Tokyo"


async def test_what_changes_nothing_that_counts_is_not_noted(store: Store) -> None:
    """The intake pays for notes: a snooze, a tag or a note is none."""
    anna = await actor(store)
    view = await ticket(store)
    await catch_up(store)
    async with store.unit() as work:
        await snooze.snooze(work, anna, view, START + HOUR)
        await actions.note(work, anna, await seen(work, 1), "Careful")
    assert await fold.waiting(store.reading()) == 0


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(0, 800))
def test_a_time_is_cut_into_whole_months_and_the_days_around_them(since: date, length: int) -> None:
    until = since + timedelta(days=length)
    months, days = sums.cut(since, until)
    whole = range(months.first, months.last + 1) if months else range(0)
    covered = [*whole, *(day for one in days for day in range(one.first, one.last + 1))]
    assert sorted(covered) == list(range(since.toordinal(), until.toordinal() + 1))
    if months:
        assert date.fromordinal(months.first).day == date.fromordinal(months.last + 1).day == 1


async def test_a_report_of_sums_says_what_the_days_say(store: Store, clock: Clock) -> None:
    """S0-14: any report, over whole months and parts of them, equals the same added up from every day and cell."""
    chance = random.Random(4)
    people = [await actor(store, name) for name in ("Anna", "Bea")]
    for _ in range(ACTS):
        clock.push(timedelta(seconds=chance.randrange(1, 300_000)))
        await act(store, chance, chance.choice(people))
    await catch_up(store)
    cells, start = await kept(store), START.date()
    for report in COUNTED:
        for by in BREAKDOWNS[report]:
            since = start + timedelta(days=chance.randrange(40))
            until = since + timedelta(days=chance.randrange(200))
            for staff_id in (None, people[0].id):
                asked = Asked(report, since, until, by, staff_id)
                told = await telling.tell(store.reading(), asked)
                expected = by_hand(asked, cells)
                found = {line.key: counts_of(report, line.values) for line in told.lines}
                assert {key: n for key, n in found.items() if any(n)} == expected, asked


def counts_of(report: Report, values: Mapping[str, telling.Value]) -> tuple[int, ...]:
    return tuple(int(values[one.value] or 0) for one in COUNTED[report])


def by_hand(asked: Asked, cells: Counter[Cell]) -> dict[telling.Key, tuple[int, ...]]:
    """The counted columns of each line that has any."""
    measures, found = [one.value for one in COUNTED[asked.report]], dict[telling.Key, list[int]]()
    for cell, n in cells.items():
        day = date.fromordinal(cell.day)
        is_asked = asked.since <= day <= asked.until and asked.staff_id in (None, cell.staff_id)
        if not is_asked or cell.measure not in measures:
            continue
        keys: dict[By, telling.Key] = {
            By.DAY: day,
            By.WEEK: day - timedelta(days=day.weekday()),
            By.MONTH: day.replace(day=1),
            By.QUEUE: cell.queue,
            By.CHANNEL: cell.channel,
            By.PERSON: cell.staff_id,
        }
        key = keys.get(asked.by, cell.word)
        found.setdefault(key, [0] * len(measures))[measures.index(cell.measure)] += n
    return {key: tuple(counts) for key, counts in found.items()}
