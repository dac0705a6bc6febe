"""A colleague's own number, joined by a code that goes there and is typed where we know him."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.contract import Address
from crmcore import linking, staff, staff_codes
from crmcore.access import Role
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store

PHONE, OTHER = Address("tel", "+48601234567"), Address("tel", "+48601234568")


async def hired(store: Store, name: str = "Anna") -> int:
    async with store.unit() as work:
        return await staff.add(work, name, Role.AGENT, [])


async def ask(store: Store, who: int, address: Address = PHONE) -> str:
    async with store.unit() as work:
        return await staff_codes.ask(work, who, address)


async def prove(store: Store, who: int, code: str) -> Address | None:
    async with store.unit() as work:
        return await staff_codes.prove(work, who, code)


async def known(store: Store, address: Address = PHONE) -> bool:
    return address in await staff.recognise(store.reading(), [address])


async def test_the_code_joins_the_number_once(store: Store) -> None:
    """B-11."""
    anna = await hired(store)
    code = await ask(store, anna)
    assert await staff_codes.waiting(store.reading(), anna) == PHONE
    assert await prove(store, await hired(store, "Bela"), code) is None, "it is Anna's to type"
    assert not await known(store)
    assert await prove(store, anna, code) == PHONE
    assert await known(store)
    assert await prove(store, anna, code) is None
    with pytest.raises(errors.Conflict, match="yours already"):
        await ask(store, anna)
    with pytest.raises(errors.Conflict, match="another colleague's"):
        await ask(store, await hired(store, "Cyril"))


async def test_five_wrong_codes_end_it_and_so_do_ten_minutes(store: Store, clock: Clock) -> None:
    """S18."""
    anna = await hired(store)
    code = await ask(store, anna)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(linking.TRIES):
        assert await prove(store, anna, wrong) is None
    assert await prove(store, anna, code) is None
    code = await ask(store, anna)
    clock.push(timedelta(minutes=11))
    assert await prove(store, anna, code) is None
    assert not await known(store)


async def test_codes_to_a_number_and_of_a_colleague_are_few(store: Store, clock: Clock) -> None:
    """Three an hour to a number, whoever asks; five an hour of one colleague."""
    anna, bela = await hired(store), await hired(store, "Bela")
    for who in (anna, anna, bela):
        await ask(store, who)
    with pytest.raises(errors.Conflict, match="had 3 codes within the hour"):
        await ask(store, bela)
    for last in range(3):
        await ask(store, anna, Address("tel", f"+4860123457{last}"))
    with pytest.raises(errors.Conflict, match="You had 5 codes within the hour"):
        await ask(store, anna, OTHER)
    clock.push(timedelta(minutes=61))
    await ask(store, anna, OTHER)


async def test_a_number_that_became_anothers_meanwhile_stays_his(store: Store) -> None:
    anna = await hired(store)
    code = await ask(store, anna)
    async with store.unit() as work:
        await staff.add(work, "Bela", Role.AGENT, [PHONE])
    with pytest.raises(errors.Conflict, match="another colleague's by now"):
        await prove(store, anna, code)
