"""Who wrote: found or made, once, and never taken from another contact."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from channels.contract import Address, Inbound, Kind
from crmcore import contacts, timeline
from crmcore.contacts import Person
from crmcore.models.people import Contact, Identity
from kernel import ids, rows
from kernel.clock import Clock
from kernel.unit import Store
from tests.conftest import START


def said(value: str, name: str = "", language: str = "", scheme: str = "chat") -> Inbound:
    sender = Address(scheme, value)
    return Inbound(Kind.MESSAGE, sender, sender, name=name, language=language)


async def resolve(store: Store, *inbounds: Inbound) -> list[Person]:
    async with store.unit() as work:
        return await contacts.resolve(work, list(inbounds))


async def count(store: Store, table: str) -> int:
    row = await store.reading().one(f"SELECT count(*) AS n FROM {table}")
    assert row is not None
    return int(row["n"])


async def test_a_stranger_becomes_a_contact_with_his_address(store: Store) -> None:
    """M-5, S1-9."""
    [person] = await resolve(store, said("4711", "Eszter Nagy", "hu-HU"))
    assert (person.name, person.language, person.verified) == ("Eszter Nagy", "hu", False)
    row = await store.reading().one("SELECT * FROM identities")
    assert row is not None
    assert (row["contact_id"], row["scheme"], row["value"]) == (person.contact_id, "chat", "4711")


async def test_who_is_known_is_found_and_keeps_his_name(store: Store) -> None:
    [first] = await resolve(store, said("4711", "Eszter"))
    [again] = await resolve(store, said("4711", "Somebody Else"))
    assert again == first


async def test_a_batch_with_repeats_makes_each_once_and_answers_in_its_order(store: Store) -> None:
    """S1-9: by unique keys."""
    await resolve(store, said("b"))
    people = await resolve(store, *(said(value) for value in "abacab"))
    assert [person.name for person in people] == list("abacab")
    assert len({person.contact_id for person in people}) == 3
    assert (await count(store, "contacts"), await count(store, "identities")) == (3, 3)


async def test_the_same_value_in_another_scheme_is_somebody_else(store: Store) -> None:
    people = await resolve(store, said("4711"), said("4711", scheme="web"))
    assert people[0].contact_id != people[1].contact_id


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        pytest.param("", "", ("4711", ""), id="no name: the address"),
        pytest.param("  ", "xx", ("4711", ""), id="white space, a language we do not speak"),
        pytest.param("ő" * 300, "PL_pl", ("ő" * 200, "pl"), id="a long name"),
    ],
)
async def test_a_contact_always_has_a_name(store: Store, name: str, language: str, expected: tuple[str, str]) -> None:
    [person] = await resolve(store, said("4711", name, language))
    assert (person.name, person.language) == expected


async def test_a_stranger_met_twice_at_once_is_one_contact(store: Store) -> None:
    """Two hubs, one stranger: the constraint decides, and no contact is left over."""
    found = await asyncio.gather(*(resolve(store, said("x"), said(f"own{n}")) for n in range(8)))
    assert len({people[0].contact_id for people in found}) == 1
    assert (await count(store, "contacts"), await count(store, "identities")) == (9, 9)


def _rows(inbound: Inbound) -> tuple[dict[str, Any], dict[str, Any]]:
    contact = {"id": ids.new(), "name": "Other", "language": "", "created_at": START}
    sender = {"scheme": inbound.sender.scheme, "value": inbound.sender.value}
    return contact, {"id": ids.new(), "contact_id": contact["id"], "verified": False, "created_at": START} | sender


async def test_who_loses_the_race_takes_the_other_ones_contact(store: Store) -> None:
    """The address is never stolen: its first contact stands, ours goes again."""
    inbound = said("4711", "Ours")
    contact, identity = _rows(inbound)
    async with store.unit() as work:
        await work.insert(Contact, [contact])
        await work.insert(Identity, [identity])
    async with store.unit() as work:
        known = await contacts._welcome(work, [inbound, said("4712", "New")])
    assert known[inbound.sender].contact_id == contact["id"]
    assert known[Address("chat", "4712")].name == "New"
    assert (await count(store, "contacts"), await count(store, "identities")) == (2, 2)


async def test_where_he_last_wrote_from_is_noted_and_he_can_be_reached_again(store: Store, clock: Clock) -> None:
    """M-8."""
    await resolve(store, said("4711"))
    async with store.unit() as work:
        await contacts.mark_unreachable(work, "chat", "4711", since=True)
    row = await store.reading().one("SELECT unreachable_since FROM identities")
    assert row is not None
    assert rows.instant(row["unreachable_since"]) == START
    clock.push(timedelta(hours=1))
    await resolve(store, said("4711"))
    row = await store.reading().one("SELECT unreachable_since, last_in_at FROM identities")
    assert row is not None
    assert (row["unreachable_since"], rows.instant(row["last_in_at"])) == (None, START + timedelta(hours=1))


async def test_who_lets_the_bot_in_again_can_be_reached(store: Store) -> None:
    await resolve(store, said("4711"), said("4712"))
    for since in (True, False):
        async with store.unit() as work:
            await contacts.mark_unreachable(work, "chat", "4711", since=since)
    assert await store.reading().one("SELECT id FROM identities WHERE unreachable_since IS NOT NULL") is None


async def test_languages_of_those_who_have_one(store: Store) -> None:
    people = await resolve(store, said("1", language="sk"), said("2"))
    found = await contacts.languages(store.reading(), [person.contact_id for person in people])
    assert found == {people[0].contact_id: "sk"}
    assert await contacts.languages(store.reading(), []) == {}


@pytest.mark.parametrize(
    ("language", "expected"),
    [("pl", "pl"), ("pl-PL", "pl"), ("RU_ru", "ru"), ("de", ""), ("", ""), ("plx", ""), ("-", "")],
    ids=repr,
)
def test_a_language_is_the_nearest_of_ours(language: str, expected: str) -> None:
    assert contacts.spoken(language) == expected


async def test_the_history_is_told_newest_first_with_each_lines_own_words(store: Store, clock: Clock) -> None:
    """S0-12, S0-1: one history over all channels."""
    [eszter, obcy] = await resolve(store, said("eszter"), said("obcy"))
    for number in range(3):
        async with store.unit() as work:
            await timeline.add(
                work,
                [
                    timeline.Line(eszter.contact_id, "closed", ref_kind="ticket", ref_id=number, text=f"e{number}a"),
                    timeline.Line(eszter.contact_id, "message", "chat", text=f"e{number}b"),
                    timeline.Line(obcy.contact_id, "message", "chat", text="o"),
                ],
            )
        clock.push(timedelta(minutes=1))
    past = await timeline.of_contact(store.reading(), eszter.contact_id, limit=4)
    assert [one.text for one in past] == ["e2b", "e2a", "e1b", "e1a"]
    assert [one.at for one in past] == [START + timedelta(minutes=m) for m in (2, 2, 1, 1)]
    assert {one.text for one in await timeline.of_contact(store.reading(), obcy.contact_id)} == {"o"}
