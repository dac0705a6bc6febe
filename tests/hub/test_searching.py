"""The search beside the running hub: changes are followed, and what was there before is built."""

from __future__ import annotations

import pytest

from crmcore.access import Scope, StaffId
from hub.searching import LOOK_S, Searching
from kernel.unit import Store
from tests.tickets import searched
from tickets.search import documents, index, query, rebuild, stretches

AGENT = Scope(False, frozenset({"inbox"}), StaffId(1))


async def until_idle(searching: Searching) -> None:
    while await searching.turn() != LOOK_S:
        pass


async def test_the_loop_indexes_changes_and_builds_what_was_there_before(store: Store) -> None:
    """Issue 5: an upgrade's old rows are built in the background; later changes follow within the loop's look."""
    said = await searched.write(store, [("inbox", "karta")] * 250)
    async with store.unit() as work:
        await work.change("DELETE FROM search_rows")
    searching = Searching(store)
    await searching.turn()
    begun = await rebuild.progress(store.reading())
    assert begun is not None and not begun.is_over
    await until_idle(searching)
    assert len(await searched.found(store, "karta", AGENT)) == 250
    async with store.unit() as work:
        await work.change("UPDATE entries SET text = 'nowa' WHERE id = ?", said[0].entry_id)
    await until_idle(searching)
    assert await searched.found(store, "nowa", AGENT) == [said[0].entry_id]
    assert await index.waiting(store.reading()) == 0


async def test_the_loop_gathers_the_words_of_stretches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 5: after an upgrade too, when all rows are one stretch a lane."""
    monkeypatch.setattr("tickets.search.stretches.ROWS", 20)
    monkeypatch.setattr("tickets.search.stretches.MOST", 30)
    await searched.write(store, [("inbox", "karta")] * 100)
    await until_idle(Searching(store))
    there = await stretches.having(
        store.reading(), query.read("karta"), [documents.lane_of("inbox")], 0, documents.NEWEST
    )
    assert [one.is_stale for one in there] == [True] + [False] * (len(there) - 1) and len(there) > 4
    assert len(await searched.found(store, "karta", AGENT)) == 100


async def test_a_rebuild_that_was_asked_for_elsewhere_is_taken_up(store: Store) -> None:
    """`centrala search rebuild` beside a hub: either goes on where the other stands."""
    await searched.write(store, [("inbox", "karta")] * 3)
    searching = Searching(store)
    await until_idle(searching)
    async with store.unit() as work:
        await work.change("DELETE FROM search_rows")
        await rebuild.begin(work)
    await until_idle(searching)
    assert len(await searched.found(store, "karta", AGENT)) == 3
