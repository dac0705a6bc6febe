"""Who is away: from when he says so until then or until he is back, with one deputy, one word at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmcore import absences, staff
from crmcore.models.staff import Role
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store

HOUR = timedelta(hours=1)


@pytest.fixture
async def people(store: Store) -> tuple[int, int]:
    """Anna and Jan."""
    async with store.unit() as work:
        return (await staff.add(work, "Anna", Role.AGENT, []), await staff.add(work, "Jan", Role.AGENT, []))


async def test_away_until_the_time_said_and_no_longer(store: Store, clock: Clock, people: tuple[int, int]) -> None:
    anna, jan = people
    async with store.unit() as work:
        await absences.leave(work, anna, work.now + HOUR, deputy_id=jan)
    [one] = (await absences.now(store.reading())).values()
    assert (one.name, one.deputy, one.until) == ("Anna", "Jan", clock.now() + HOUR)
    clock.push(HOUR)
    assert await absences.now(store.reading()) == {}
    async with store.unit() as work:
        assert not await absences.back(work, anna)


async def test_the_newer_word_holds(store: Store, clock: Clock, people: tuple[int, int]) -> None:
    anna, jan = people
    async with store.unit() as work:
        await absences.leave(work, anna, work.now + HOUR, deputy_id=jan)
        await absences.leave(work, anna, None)
    clock.push(24 * HOUR)
    [one] = (await absences.now(store.reading())).values()
    assert (one.until, one.deputy_id) == (None, None)
    async with store.unit() as work:
        assert await absences.back(work, anna)
    assert await absences.now(store.reading()) == {}


async def test_who_has_left_is_neither_away_nor_a_deputy(store: Store, people: tuple[int, int]) -> None:
    anna, jan = people
    async with store.unit() as work:
        await absences.leave(work, anna, None, deputy_id=jan)
        await absences.leave(work, jan, None)
        await staff.remove(work, "Jan")
    [one] = (await absences.now(store.reading())).values()
    assert (one.staff_id, one.deputy_id, one.deputy) == (anna, None, "")


async def test_nobody_stands_in_for_himself(store: Store, people: tuple[int, int]) -> None:
    with pytest.raises(errors.Invalid, match="somebody else"):
        async with store.unit() as work:
            await absences.leave(work, people[0], None, deputy_id=people[0])
