"""The counts of the reports: what each act adds and takes, and that they equal a scan after any history at all."""

from __future__ import annotations

import random
import statistics
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.access import Actor
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store
from tests.conftest import START
from tests.tickets import letters
from tests.tickets.counted import WARSAW, catch_up, kept, scanned, total
from tests.tickets.letters import LINES, actor, seen, ticket
from tickets import actions, casework, changes, clocks, merging, snooze, undoing
from tickets.models import ClockKind
from tickets.reports import buckets, fold, rebuild
from tickets.tokens import Tokens

ACTS = 60
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
    assert len(done) > 6
    expected = await scanned(store)
    assert await kept(store) == expected == await kept(store, "report_shares")
    async with store.unit() as work:
        await rebuild.begin(work, WARSAW)
    await rebuilt(store)
    assert await kept(store) == expected


async def act(store: Store, chance: random.Random, by: Actor) -> str:
    """One act of a random history, or a refused one; returns which it was."""
    newest = await store.reading().one("SELECT max(number) AS n FROM tickets")
    last = int(newest["n"] or 0) if newest else 0
    name = chance.choice(
        ("letter", "letter", "reply", "reply", "close", "reopen", "take", "move", "merge", "undo", "back", "fire")
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
    except errors.CentralaError:
        return "refused"
    return name


async def rebuilt(store: Store) -> int:
    """Step by step to the end; returns how many steps it took."""
    steps = 0
    while True:
        async with store.unit() as work:
            now = await rebuild.step(work, WARSAW)
        steps += 1
        if now.is_over:
            return steps


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
