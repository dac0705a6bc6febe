"""Tickets are found by their tags and by what their fields hold, whenever those change; behind the same wall."""

from __future__ import annotations

import pytest

from crmcore.access import Scope, StaffId
from kernel.unit import Store
from tests.tickets import searched
from tests.tickets.letters import actor, seen
from tests.tickets.searched import write
from tickets import values
from tickets.kinds import Field, Kind
from tickets.search import finding, query

pytestmark = pytest.mark.database
OWN = Kind("own", (Field("station"), Field("product")))


async def numbers(store: Store, typed: str, scope: Scope | None = None) -> list[int]:
    """Of the tickets that are found as such."""
    await searched.catch_up(store)
    hits = await finding.find(store.reading(), query.read(typed), scope)
    known = {row["id"]: row["number"] for row in await store.reading().fetch("SELECT id, number FROM tickets")}
    return sorted(known[hit.ref_id] for hit in hits if hit.kind == "ticket")


async def test_tags_are_found_and_found_no_more(store: Store) -> None:
    """Issue "contact center", tickets: the search goes over everything that a person may see."""
    await write(store, [("inbox", "one"), ("cards", "two")])
    async with store.unit() as work:
        await work.change('UPDATE tickets SET tags = \'["gwarancja", "stały klient"]\' WHERE number = 2')
    assert await numbers(store, "gwarancja") == [2] and await numbers(store, "staly") == [2]
    assert await numbers(store, "gwarancja", Scope(False, frozenset({"inbox"}), StaffId(9))) == []
    async with store.unit() as work:
        await work.change("UPDATE tickets SET tags = '[]' WHERE number = 2")
    assert await numbers(store, "gwarancja") == []


async def test_what_fields_hold_is_found(store: Store) -> None:
    """Issue "contact center", tickets: custom fields; a station's code as digits are found everywhere."""
    await write(store, [("inbox", "one"), ("inbox", "two")])
    anna = await actor(store, "Anna")
    for given in ({"station": "0412", "product": "diesel"}, {"product": "adblue"}):
        async with store.unit() as work:
            await values.put(work, anna, await seen(work, 1), OWN, given)
    assert await numbers(store, "0412") == [1] and await numbers(store, "adblue") == [1]
    assert await numbers(store, "diesel") == []
    async with store.unit() as work:
        await values.put(work, anna, await seen(work, 1), OWN, {"product": ""})
    assert await numbers(store, "adblue") == []
