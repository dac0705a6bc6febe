"""Stretches make the search quick and change nothing in it: against the scan of every text, while they come and go."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from crmcore.access import Scope, StaffId
from kernel.unit import Reader, Store
from tests.tickets import searched
from tests.tickets.searched import Said, catch_up, found, write
from tickets.search import documents, query, stretches
from tickets.search.stretches import Stretch

EVERYTHING, CARDS = Scope(True, frozenset(), StaffId(9)), Scope(False, frozenset({"cards"}), StaffId(9))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches of a few rows, and hardly any rows looked at before them."""
    monkeypatch.setattr("tickets.search.stretches.ROWS", 8)
    monkeypatch.setattr("tickets.search.stretches.MOST", 12)
    for name, value in {"WALKED": 3, "FEW": 0}.items():
        monkeypatch.setattr(f"tickets.search.finding.{name}", value)


async def gather(store: Store, steps: int = 10_000) -> int:
    """So many steps, or as many as there are; returns how many were done."""
    for done in range(steps):
        if not await stretches.step(store):
            return done
    return steps


async def having(store: Store, typed: str, lane: str = stretches.EVERYWHERE) -> list[Stretch]:
    return await stretches.having(store.reading(), query.read(typed), [lane], 0, documents.NEWEST)


def a_text(chance: random.Random, number: int) -> tuple[str, str]:
    return chance.choice(["inbox", "cards", "sales"]), searched.texts(number, 1)[0]


@pytest.mark.parametrize("seed", range(3))
async def test_they_find_what_a_scan_finds_in_the_same_order(store: Store, seed: int) -> None:
    """Issue 5: page one is quick for any query; gathered, half gathered, written into meanwhile, and into the past."""
    chance = random.Random(seed)
    said: list[Said] = []
    hits = 0
    for ago, steps in ((0, 10_000), (0, 0), (0, 4), (30, 3), (30, 10_000)):
        texts = [a_text(chance, chance.randrange(1_000_000)) for _ in range(60)]
        said += await write(store, texts, ago=timedelta(days=ago))
        await gather(store, steps)
        said.sort(key=lambda one: one.at)
        for _ in range(12):
            parts, without = searched.asked(chance)
            typed = " ".join([*(f"-{part}" for part in without), *parts])
            for seen in (None, EVERYTHING, CARDS):
                wanted = searched.scan(said, parts, without, seen)
                assert await found(store, typed, seen, limit=7) == wanted, (typed, seen)
                hits += len(wanted)
    assert hits > 300


async def test_what_lacks_a_word_is_passed_over(store: Store) -> None:
    await write(store, [("inbox", "karta")] * 40)
    await write(store, [("inbox", "faktura")] * 40)
    assert await gather(store) > 10
    passed = [one for one in await having(store, "karta") if not one.is_stale]
    assert len(passed) in (40 // 8, 40 // 8 + 1), "those of the notes, and none of the later ones"
    assert await having(store, "karta", documents.lane_of("cards")) == []
    assert len(await found(store, "karta")) == 40


async def test_what_was_written_while_the_words_were_read_is_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-4: the stretch stays stale, so nothing is passed over that has the word."""
    await write(store, [("inbox", "karta")] * 20)
    late: list[Said] = []
    real = stretches._gather

    async def slowly(reader: Reader, one: Stretch, ids: list[int]) -> object:
        gathered = await real(reader, one, ids)
        if not late:
            late.extend(await write(store, [("inbox", "meanwhile")], ago=timedelta(minutes=15)))
        return gathered

    monkeypatch.setattr("tickets.search.stretches._gather", slowly)
    await stretches.step(store)
    assert await found(store, "meanwhile") == [late[0].entry_id]
    await gather(store)
    assert await found(store, "meanwhile") == [late[0].entry_id]


async def test_the_words_of_what_is_gone_leave_them(store: Store) -> None:
    """What was removed at a person's wish stands nowhere in the index, not even as a word."""
    await write(store, [("inbox", "karta")] * 20)
    [said] = await write(store, [("inbox", "tajemnica")], ago=timedelta(minutes=25))
    await gather(store)
    assert [one for one in await having(store, "tajemnica") if not one.is_stale]
    async with store.unit() as work:
        await work.change("UPDATE entries SET text = ? WHERE id = ?", "usunięto", said.entry_id)
    await catch_up(store)
    await gather(store)
    assert not [one for one in await having(store, "tajemnica") if not one.is_stale]
    assert await found(store, "usunieto") == [said.entry_id]


async def test_long_words_make_short_stretches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL holds a million octets of words; what has more is cut."""
    monkeypatch.setattr("tickets.search.stretches.MOST_OCTETS", 200)
    said = await write(store, [("inbox", f"karta{number} {'słowo' * 7}{number}") for number in range(30)])
    await gather(store)
    known = [one for one in await having(store, "karta*") if not one.is_stale]
    assert known and all(one.noted < 8 for one in known)
    assert await found(store, "karta7") == [said[7].entry_id]


async def test_rows_written_anew_again_and_again_are_not_gathered_for_that(store: Store) -> None:
    [said] = await write(store, [("inbox", "karta")])
    for number in range(20):
        async with store.unit() as work:
            await work.change("UPDATE entries SET text = ? WHERE id = ?", f"karta {number}", said.entry_id)
        await catch_up(store)
    assert await gather(store) == 2, "one of the lane, one of all"
    assert [one.is_stale for one in await having(store, "karta")] == [True]
    assert await found(store, "karta 19") == [said.entry_id]
