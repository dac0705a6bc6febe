"""Somebody tries to get at another person's address: the list of decision 0012, tried one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.contract import Address
from crmcore import linking, stations, subscribers, timeline
from crmcore.contacts import Person
from crmcore.stations import Facts
from crmcore.subscribers import Wish
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store
from tests.crmcore.test_linking import PHONE, ask, other, prove
from tests.tickets.letters import person


async def share(store: Store, who: Person, address: Address = PHONE) -> bool:
    async with store.unit() as work:
        return await linking.share(work, who.contact_id, address)


async def owned(store: Store, who: Person, address: Address = PHONE, *, proved: bool) -> None:
    """The address is his: proved by a code, or merely written from."""
    async with store.unit() as work:
        await linking.join(work, who.contact_id, address)
        await work.change("UPDATE identities SET verified = ? WHERE value = ?", proved, address.value)


async def told(store: Store, who: Person) -> list[str]:
    return [past.text for past in await timeline.of_contact(store.reading(), who.contact_id)]


async def test_a_shared_number_that_nobody_has_is_his(store: Store) -> None:
    """S1-9."""
    eszter = await person(store)
    assert await share(store, eszter) and await share(store, eszter), "said again, nothing changes"
    assert await linking.owner(store.reading(), PHONE) == eszter.contact_id


@pytest.mark.parametrize("proved", [False, True], ids=["written from", "proved"])
async def test_a_shared_number_takes_nothing_from_who_has_it(store: Store, proved: bool) -> None:
    """An account keeps the number it was opened with, also when that is somebody else's by now."""
    victim, mallory = await person(store, "victim"), await person(store, "mallory")
    await owned(store, victim, proved=proved)
    before = await told(store, victim)
    assert not await share(store, mallory)
    assert await linking.owner(store.reading(), PHONE) == victim.contact_id
    assert await told(store, mallory) == [f"{PHONE.value} was shared, which another contact has: nothing was joined"]
    assert await told(store, victim) == before


async def test_a_code_takes_nothing_that_another_has_proved(store: Store) -> None:
    """He who lends his phone for a minute loses nothing; whom the number belongs to now, a person decides."""
    victim, mallory = await person(store, "victim"), await person(store, "mallory")
    await owned(store, victim, proved=True)
    found = await prove(store, mallory.contact_id, await ask(store, mallory.contact_id))
    assert found is not None and found.is_kept and found.moved_from is None
    assert await linking.owner(store.reading(), PHONE) == victim.contact_id


async def test_an_address_that_moves_is_told_in_both_histories(store: Store) -> None:
    """S1-9."""
    old, new = await person(store, "old"), await person(store, "new")
    await owned(store, old, proved=False)
    await prove(store, new.contact_id, await ask(store, new.contact_id))
    assert (await told(store, new))[0] == f"{PHONE.value} proved to be the same person's"
    assert (await told(store, old))[0] == f"{PHONE.value} proved to be contact {new.contact_id}'s"


async def test_the_victim_who_types_the_attackers_code_joins_nothing(store: Store) -> None:
    """A code is bound to the contact it was asked for."""
    victim, mallory = await person(store, "victim"), await person(store, "mallory")
    code = await ask(store, mallory.contact_id)
    assert await prove(store, victim.contact_id, code) is None
    assert await linking.owner(store.reading(), PHONE) is None


async def test_a_contact_gets_five_codes_an_hour_to_whatever_addresses(store: Store, clock: Clock) -> None:
    """25 guesses in a million, and nobody's phone rings all night."""
    mallory, eszter = await person(store, "mallory"), await person(store)
    for number in range(linking.ASKED_AN_HOUR):
        await ask(store, mallory.contact_id, Address("tel", f"+4860123450{number}"))
    with pytest.raises(errors.Conflict, match="This customer had 5 codes"):
        await ask(store, mallory.contact_id)
    assert await ask(store, eszter.contact_id), "another is not held up"
    clock.push(timedelta(hours=1))
    assert await ask(store, mallory.contact_id)


async def test_tries_of_an_hour_do_not_grow_by_asking_again(store: Store) -> None:
    """Each code has its five tries, and no code gives tries to another."""
    mallory = await person(store, "mallory")
    for _ in range(linking.AN_HOUR):
        code = await ask(store, mallory.contact_id)
        for _ in range(linking.TRIES):
            assert await prove(store, mallory.contact_id, other(code)) is None
        assert await prove(store, mallory.contact_id, code) is None
    with pytest.raises(errors.Conflict):
        await ask(store, mallory.contact_id)


async def test_only_an_open_code_is_waited_for(store: Store, clock: Clock) -> None:
    eszter = await person(store)
    assert await linking.waiting(store.reading(), eszter.contact_id) is None
    await ask(store, eszter.contact_id)
    assert await linking.waiting(store.reading(), eszter.contact_id) == 7
    clock.push(linking.VALID)
    assert await linking.waiting(store.reading(), eszter.contact_id) is None


async def test_what_an_absorbed_contact_wanted_to_hear_of_is_not_lost(store: Store) -> None:
    """S0-8: he was on our list by his number; his notices come as before."""
    wish = Wish((1,), (PHONE,), "Eszter", "Orlik", "hu", codes=frozenset({"0412", "0415"}))
    eszter = await person(store)
    async with store.unit() as work:
        await stations.upsert(work, [Facts("0412", "Gdynia"), Facts("0415", "Sopot")])
        await subscribers.upsert(work, [wish])
    listed = await linking.owner(store.reading(), PHONE)
    assert listed is not None
    await prove(store, eszter.contact_id, await ask(store, eszter.contact_id))
    async with store.unit() as work:
        await linking.hand_over(work, listed, eszter.contact_id)
    [one] = await subscribers.listed(store.reading())
    assert (one.contact_id, sorted(one.stations)) == (eszter.contact_id, ["0412", "0415"])
