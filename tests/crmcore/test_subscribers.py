"""Subscribers brought up to a list: once, again, changed, and never by taking an address from somebody."""

from __future__ import annotations

from msgspec.structs import replace

from channels.contract import Address, Inbound, Kind
from crmcore import contacts, stations, subscribers
from crmcore.stations import Facts, Tally
from crmcore.subscribers import Wish
from kernel.unit import Store
from tests.crmcore.notified import wish


async def prepare(store: Store) -> None:
    async with store.unit() as work:
        await stations.upsert(work, [Facts("0412"), Facts("0415")])


async def bring(store: Store, *wishes: Wish) -> Tally:
    async with store.unit() as work:
        return await subscribers.upsert(work, wishes)


async def test_the_same_list_again_changes_nothing(store: Store) -> None:
    """Idempotent: the second run is all unchanged."""
    await prepare(store)
    people = [wish("Anna", "0412", phone="+48600123456", language="pl"), wish("Jan")]
    assert await bring(store, *people) == Tally(2, 0, 0)
    assert await bring(store, *people) == Tally(0, 0, 2)
    found = await store.reading().fetch("SELECT proven, verified FROM identities")
    assert [(row["proven"], bool(row["verified"])) for row in found] == [("imported", False)] * 3


async def test_the_stations_of_a_line_replace_those_the_person_had(store: Store) -> None:
    await prepare(store)
    await bring(store, wish("Anna", "0412"), wish("Jan", "0412"))
    assert await bring(store, wish("Anna", "0415"), wish("Jan")) == Tally(0, 2, 0)
    found = {one.name: (one.stations, one.every) for one in await subscribers.listed(store.reading())}
    assert found == {"Anna": (("0415",), False), "Jan": ((), True)}


async def test_what_the_list_leaves_open_stays(store: Store) -> None:
    """An empty cell leaves what is there."""
    await prepare(store)
    anna = wish("Anna", "0412", language="pl", company="Orlik", prefers=("tel",), zone="Europe/Warsaw")
    await bring(store, anna)
    bare = replace(anna, name="", language="", company="", prefers=(), zone="")
    assert await bring(store, bare) == Tally(0, 0, 1)
    [row] = await store.reading().fetch("SELECT company, zone, prefers FROM subscribers")
    assert row == {"company": "Orlik", "zone": "Europe/Warsaw", "prefers": "tel"}


async def test_somebody_who_has_written_before_is_the_same_contact(store: Store) -> None:
    """S0-12: known by his address; the list gives him his name and a second address."""
    await prepare(store)
    address = Address("chat", "Anna")
    async with store.unit() as work:
        [person] = await contacts.resolve(work, [Inbound(Kind.MESSAGE, address, address, name="anna_77")])
    await bring(store, wish("Anna", "0412", phone="+48600123456"))
    [one] = await subscribers.listed(store.reading())
    assert (one.contact_id, one.name, len(one.addresses)) == (person.contact_id, "Anna", 2)


async def test_lines_of_one_contact_are_gathered_and_of_two_are_doubtful(store: Store) -> None:
    """Nothing is taken from one contact and given to another."""
    await prepare(store)
    await bring(store, wish("Anna", "0412", phone="+48600123456"), wish("Jan", "0412"))
    by_chat, by_phone = wish("Anna", "0412"), wish("", "0415", phone="+48600123456", chat=False)
    found, problems = await subscribers.gathered(store.reading(), [by_chat, by_phone])
    assert problems == [] and [one.codes for one in found] == [{"0412", "0415"}]
    both = replace(wish("Anna", "0412"), addresses=(Address("chat", "Anna"), Address("chat", "Jan")), lines=(7,))
    found, problems = await subscribers.gathered(store.reading(), [both])
    assert found == [] and [one.field for one in problems] == ["line 7, addresses"]


async def test_stations_are_brought_up_to_a_list(store: Store) -> None:
    """S0-7: new, changed, the same; what the list does not say stays."""
    async with store.unit() as work:
        assert await stations.upsert(work, [Facts("0412", "Gdynia", zone="Europe/Warsaw")]) == Tally(1, 0, 0)
    async with store.unit() as work:
        news = [Facts("0412", address="Morska 100"), Facts("0415", "Sopot")]
        assert await stations.upsert(work, news) == Tally(1, 1, 0)
    async with store.unit() as work:
        assert await stations.upsert(work, [Facts("0412", "Gdynia")]) == Tally(0, 0, 1)
    [gdynia, sopot] = await stations.listed(store.reading())
    assert (gdynia.label, gdynia.zone, sopot.zone) == ("0412 Gdynia, Morska 100", "Europe/Warsaw", "UTC")
