"""People at companies, calls with them, and what stays behind the wall of either."""

from __future__ import annotations

import pytest

from channels.contract import Address
from crmcore import companies, linking, persons, phone_calls, timeline, visible
from crmcore.access import Actor
from crmcore.phone_calls import Direction, Said
from crmcore.visible import CompanyView
from kernel import errors
from kernel.unit import Store
from tests.crmcore.house import SECRET, hire, register
from tests.tickets.letters import person


@pytest.fixture
async def anna(store: Store) -> Actor:
    async with store.unit() as work:
        return await hire(work, "Anna")


@pytest.fixture
async def orlik(store: Store, anna: Actor) -> CompanyView:
    return await register(store, anna, "Orlik", country="PL")


async def names(store: Store, company: CompanyView) -> list[str]:
    return [one.name for one in await persons.of_company(store.reading(), company.id)]


async def test_a_company_has_any_number_of_people_and_a_person_of_companies(
    store: Store, anna: Actor, orlik: CompanyView
) -> None:
    """S3-9: with function, phone, fax, e-mail and web, per company."""
    beta = await register(store, anna, "Beta")
    async with store.unit() as work:
        values = {"function": "director", "phone": "601 234 567", "fax": "58 620 00 00", "mail": "Jan@orlik.example"}
        jan = await persons.add(work, anna, orlik, "Jan  Nowak", values)
        await persons.add(work, anna, orlik, "Ewa")
        assert await persons.link(work, anna, beta, jan, {"function": "owner"})
        assert await persons.link(work, anna, beta, jan) is False
    [ewa, found] = await persons.of_company(store.reading(), orlik.id)
    assert (ewa.name, found.name, found.function) == ("Ewa", "Jan Nowak", "director")
    assert (found.phone, found.fax, found.mail) == ("+48601234567", "+48586200000", "jan@orlik.example")
    assert [one.function for one in await persons.of_company(store.reading(), beta.id)] == ["owner"]
    assert await linking.owner(store.reading(), Address("tel", "+48601234567")) == jan


async def test_an_address_that_is_anothers_is_not_taken_over(store: Store, anna: Actor, orlik: CompanyView) -> None:
    """S1-9: joined by proof only."""
    eszter = await person(store)
    phone = Address("tel", "+48601234567")
    async with store.unit() as work:
        await linking.join(work, eszter.contact_id, phone)
        await persons.add(work, anna, orlik, "Jan", {"phone": phone.value})
    assert await linking.owner(store.reading(), phone) == eszter.contact_id


async def test_who_left_a_company_is_in_its_history_only(store: Store, anna: Actor, orlik: CompanyView) -> None:
    async with store.unit() as work:
        jan = await persons.add(work, anna, orlik, "Jan")
        await persons.unlink(work, anna, orlik, jan)
        with pytest.raises(errors.Conflict):
            await persons.unlink(work, anna, orlik, jan)
    assert await names(store, orlik) == []
    assert [one.text for one in await phone_calls.history(store.reading(), orlik.id)][:2] == [
        "person: Jan → –",
        "person: – → Jan",
    ]
    async with store.unit() as work:
        assert await persons.link(work, anna, orlik, jan), "he may come back"


async def test_every_problem_of_a_person_is_told(store: Store, anna: Actor, orlik: CompanyView) -> None:
    async with store.unit() as work:
        with pytest.raises(errors.Invalid) as refused:
            await persons.add(work, anna, orlik, "Jan", {"phone": "1", "fax": "2", "mail": "x", "web": "a b"})
        with pytest.raises(errors.Invalid):
            await persons.add(work, anna, orlik, "  ")
        with pytest.raises(errors.NotFound):
            await persons.link(work, anna, orlik, 4711)
    assert [problem.field for problem in refused.value.problems] == ["phone", "fax", "mail", "web"]


async def test_the_first_source_goes_from_the_person_to_the_company(
    store: Store, anna: Actor, orlik: CompanyView
) -> None:
    """S4-5."""
    eszter = await person(store)
    async with store.unit() as work:
        assert await persons.heard(work, eszter.contact_id, "fair")
        assert not await persons.heard(work, eszter.contact_id, "web"), "the first one stays"
        await persons.link(work, anna, orlik, eszter.contact_id)
    found = await visible.by_id(store.reading(), orlik.id, None)
    assert found is not None and found.source == "fair"


async def test_a_merged_person_keeps_his_places_and_calls(store: Store, anna: Actor, orlik: CompanyView) -> None:
    """S4-15: joined by proof; where both were, one link is left."""
    beta = await register(store, anna, "Beta")
    old, new = await person(store, "old"), await person(store, "new")
    async with store.unit() as work:
        for company, contact in ((orlik, old), (orlik, new), (beta, old)):
            await persons.link(work, anna, company, contact.contact_id)
        await persons.heard(work, old.contact_id, "web")
        await phone_calls.note(work, anna, Said("Hello", contact_id=old.contact_id))
        await linking.hand_over(work, old.contact_id, new.contact_id)
    assert len(await names(store, orlik)) == len(await names(store, beta)) == 1
    [row] = await store.reading().fetch("SELECT contact_id FROM call_notes")
    assert row["contact_id"] == new.contact_id
    [kept] = await store.reading().fetch("SELECT source FROM contacts WHERE id = ?", new.contact_id)
    assert kept["source"] == "web"


async def test_a_call_is_written_on_the_company_and_shown_in_its_history(
    store: Store, anna: Actor, orlik: CompanyView
) -> None:
    """S3-10."""
    async with store.unit() as work:
        jan = await persons.add(work, anna, orlik, "Jan")
        said = Said(f"{SECRET} asks for cards", orlik.id, jan, Direction.IN, 5)
        await phone_calls.note(work, anna, said)
        await phone_calls.note(work, None, Said("Rang", orlik.id))
    found = [(one.who, one.text) for one in await phone_calls.history(store.reading(), orlik.id) if one.kind == "call"]
    assert ("Anna", f"Jan called us, 5 min: {SECRET} asks for cards") in found
    assert ("", "call out: Rang") in found


async def test_words_about_a_company_do_not_stand_in_the_persons_own_history(
    store: Store, anna: Actor, orlik: CompanyView
) -> None:
    """S3-3: he may be at a company of another owner, whose people read his history too."""
    async with store.unit() as work:
        jan = await persons.add(work, anna, orlik, "Jan")
        await phone_calls.note(work, anna, Said(f"{SECRET}", orlik.id, jan))
        await phone_calls.note(work, anna, Said("Hello", contact_id=jan))
    past = await timeline.of_contact(store.reading(), jan)
    assert sorted((one.kind, one.text) for one in past) == [("call", ""), ("call", "Hello")]
    beta = await register(store, anna, "Beta")
    async with store.unit() as work:
        await persons.link(work, anna, beta, jan)
        await companies.change(work, anna, beta, {"city": "Sopot"})
    assert not [one for one in await phone_calls.history(store.reading(), beta.id) if SECRET in one.text]


@pytest.mark.parametrize(
    "said",
    [Said("", 1), Said("x" * 20_001, 1), Said("x"), Said("x", 1, minutes=-1), Said("x", 1, minutes=1441)],
    ids=["no words", "too many", "with nobody", "less than no time", "more than a day"],
)
async def test_a_call_that_cannot_be_is_refused(store: Store, anna: Actor, said: Said) -> None:
    async with store.unit() as work:
        with pytest.raises(errors.Invalid):
            await phone_calls.note(work, anna, said)
