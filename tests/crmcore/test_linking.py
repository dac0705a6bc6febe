"""Two addresses of one person, joined by proof and by nothing less."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from channels.contract import Address
from crmcore import linking
from crmcore.linking import Linked
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store
from tests.tickets.letters import person

PHONE = Address("tel", "+48601234567")


async def ask(store: Store, contact_id: int, address: Address = PHONE) -> str:
    async with store.unit() as work:
        return await linking.ask(work, contact_id, address, ticket_id=7)


async def prove(store: Store, contact_id: int, code: str) -> Linked | None:
    async with store.unit() as work:
        return await linking.prove(work, contact_id, code)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_the_code_typed_back_joins_the_address(store: Store) -> None:
    """S1-9: nobody had it before."""
    eszter = await person(store)
    code = await ask(store, eszter.contact_id)
    assert await linking.owner(store.reading(), PHONE) is None
    assert await prove(store, eszter.contact_id, code) == Linked(PHONE, None, 7)
    assert await linking.owner(store.reading(), PHONE) == eszter.contact_id
    assert await prove(store, eszter.contact_id, code) is None, "a code counts once"


async def test_an_address_that_another_contact_had_comes_over(store: Store) -> None:
    """S1-9, S4-15 (two records that share an address): he had written from it, and never proved that it is his."""
    eszter, before = await person(store), await person(store, "unknown")
    async with store.unit() as work:
        await linking.join(work, before.contact_id, PHONE)
        await work.change("UPDATE identities SET verified = ? WHERE value = ?", False, PHONE.value)
    code = await ask(store, eszter.contact_id)
    assert await prove(store, eszter.contact_id, code) == Linked(PHONE, before.contact_id, 7)
    assert not await linking.is_empty(store.reading(), before.contact_id), "his chat stays his"


async def test_another_persons_typing_proves_nothing(store: Store) -> None:
    """S1: the code belongs to the contact that was asked for it."""
    eszter, mallory = await person(store), await person(store, "mallory")
    code = await ask(store, eszter.contact_id)
    assert await prove(store, mallory.contact_id, code) is None
    assert await prove(store, eszter.contact_id, code) is not None


async def test_five_wrong_codes_end_it(store: Store) -> None:
    eszter = await person(store)
    code = await ask(store, eszter.contact_id)
    for _ in range(linking.TRIES):
        assert await prove(store, eszter.contact_id, other(code)) is None
    assert await prove(store, eszter.contact_id, code) is None


async def test_a_code_is_valid_for_ten_minutes(store: Store, clock: Clock) -> None:
    eszter = await person(store)
    code = await ask(store, eszter.contact_id)
    clock.push(linking.VALID)
    assert await prove(store, eszter.contact_id, code) is None


async def test_a_new_code_voids_the_last_one_and_an_address_gets_three_an_hour(store: Store, clock: Clock) -> None:
    eszter = await person(store)
    first = await ask(store, eszter.contact_id)
    second = await ask(store, eszter.contact_id)
    assert first == second or await prove(store, eszter.contact_id, first) is None
    await ask(store, eszter.contact_id)
    with pytest.raises(errors.Conflict, match="3 codes within the hour"):
        await ask(store, eszter.contact_id)
    clock.push(timedelta(hours=1))
    assert len(await ask(store, eszter.contact_id)) == 6


async def test_his_own_address_needs_no_code(store: Store) -> None:
    eszter = await person(store)
    with pytest.raises(errors.Conflict, match="already"):
        await ask(store, eszter.contact_id, Address("chat", "eszter"))


async def test_the_code_itself_is_not_kept(store: Store) -> None:
    eszter = await person(store)
    code = await ask(store, eszter.contact_id)
    [row] = await store.reading().fetch("SELECT * FROM link_codes")
    assert code not in {str(value) for value in row.values()}


async def test_two_proofs_at_once_join_once(store: Store) -> None:
    eszter = await person(store)
    code = await ask(store, eszter.contact_id)
    found = await asyncio.gather(*(prove(store, eszter.contact_id, code) for _ in range(3)))
    assert len([one for one in found if one]) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [("123456", "123456"), (" 123 456. ", "123456"), ("123-456!", "123456"), ("12345", None), ("my code 123456", None)],
)
def test_a_code_is_the_whole_message(text: str, code: str | None) -> None:
    assert linking.typed(text) == code
