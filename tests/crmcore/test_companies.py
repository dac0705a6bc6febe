"""Companies on a real database: registered, found again, changed, archived; and what each change leaves behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crmcore import access, audit, codes, companies, completeness, owners, persons, visible
from crmcore.access import Actor
from crmcore.codes import Facts
from crmcore.company_events import CompanyArchived, CompanyChanged, CompanyRegistered
from crmcore.visible import CompanyView
from kernel import errors
from kernel.unit import Store
from tests.crmcore.house import House, build, hire, now, register


@pytest.fixture
async def anna(store: Store) -> Actor:
    """A small team: nothing is set up."""
    async with store.unit() as work:
        return await hire(work, "Anna")


async def change(store: Store, actor: Actor | None, company: CompanyView, **values: str) -> CompanyView:
    async with store.unit() as work:
        return await companies.change(work, actor, company, values)


async def test_a_name_is_enough_and_nothing_has_to_be_set_up(store: Store, anna: Actor) -> None:
    """S4-11: quick registration; S3-5: the house's own first owner is there from then on, and all share."""
    found = await register(store, anna, "Orlik Trans Sp. z o.o.")
    assert (found.code, found.name, found.legal_form, found.state) == (
        "B1",
        "Orlik Trans Sp. z o.o.",
        "Sp. z o.o.",
        "active",
    )
    assert (found.responsible, found.owner, found.version) == ("Anna", "", 1)
    async with store.unit() as work:
        cyril = await now(work, await hire(work, "Cyril"))
    assert await visible.by_number(store.reading(), 1, access.scope(cyril)) is not None
    async with store.unit() as work:
        await owners.add(work, "Centrum Paliw", {"country": "PL", "tax_number": "526-104-08-28"})
    [owner] = await owners.listed(store.reading())
    assert (owner.name, owner.facts["tax_number"]) == ("Centrum Paliw", "5261040828")
    again = await visible.by_number(store.reading(), 1, access.scope(cyril))
    assert again is not None and again.owner == "Centrum Paliw"


@pytest.mark.parametrize(
    ("name", "tax", "is_new"),
    [
        pytest.param("ORLIK-TRANS S.A.", "", False, id="the same name in another spelling"),
        pytest.param("Orlik Transport", "PL5261040828", False, id="the same tax number"),
        pytest.param("Orlik Trans", "PL7740001454", True, id="the name, and a tax number that differs"),
        pytest.param("Orlik", "", True, id="another name"),
    ],
)
async def test_what_is_there_is_found_and_not_made_twice(
    store: Store, anna: Actor, name: str, tax: str, is_new: bool
) -> None:
    first = await register(store, anna, "Orlik Trans Sp. z o.o.", tax_number="PL5261040828")
    async with store.unit() as work:
        found, fresh = await companies.register(work, anna, name, {"tax_number": tax} if tax else {})
    assert (fresh, found.id == first.id) == (is_new, not is_new)


async def test_two_who_register_the_same_at_once_make_one(store: Store, anna: Actor) -> None:
    """M-5: the owner's row is locked while one is looked for."""
    await register(store, anna, "Beta")

    async def once() -> bool:
        async with store.unit() as work:
            return (await companies.register(work, anna, "Orlik"))[1]

    assert sorted(await asyncio.gather(once(), once(), once())) == [False, False, True]
    assert await visible.count(store.reading(), None) == 2


async def test_fields_are_brought_into_their_form(store: Store, anna: Actor) -> None:
    """S3-8, S0-16."""
    company = await register(
        store,
        anna,
        "Orlik",
        tax_number="PL 526-104-08-28",
        phone="601 234 567",
        mail="Office@Orlik.example",
        web="orlik.example",
        relation="Odbiorca",
        sales_channel="telesales",
        language="pl-PL",
        city="  Gdynia ",
    )
    assert (company.country, company.tax_number, company.phone) == ("PL", "5261040828", "+48601234567")
    assert (company.mail, company.relation, company.sales_channel) == ("office@orlik.example", "buyer", "telesales")
    assert (company.language, company.city) == ("pl", "Gdynia")


async def test_every_problem_is_told_at_once(store: Store, anna: Actor) -> None:
    values = {
        "tax_number": "PL123",
        "phone": "12",
        "mail": "x",
        "relation": "byer",
        "country": "Poland",
        "colour": "red",
    }
    async with store.unit() as work:
        with pytest.raises(errors.Invalid) as refused:
            await companies.register(work, anna, "!!!", values)
    found = {problem.field for problem in refused.value.problems}
    assert found == {"tax number", "phone", "mail", "relation", "country", "colour", "name"}
    assert await visible.count(store.reading(), None) == 0


async def test_a_change_leaves_a_line_a_field_and_says_so(store: Store, anna: Actor) -> None:
    """S4-11: who, what field, from what to what."""
    company = await register(store, anna, "Orlik", city="Gdynia")
    async with store.unit() as work:
        changed = await companies.change(work, anna, company, {"city": "Sopot", "street": "Morska 1", "name": "Orlik"})
        assert work.said == [CompanyChanged(company.id, ("street", "city"), anna.id)] or work.said == [
            CompanyChanged(company.id, ("city", "street"), anna.id)
        ]
    assert changed.version == 2
    found = [
        (one.by, one.field, one.before, one.after) for one in await audit.of(store.reading(), "company", company.id)
    ]
    assert {("Anna", "city", "Gdynia", "Sopot"), ("Anna", "street", "", "Morska 1")} <= set(found)
    assert ("Anna", "city", "", "Gdynia") in found, "what it was registered with"
    async with store.unit() as work:
        assert await companies.change(work, anna, changed, {"city": "Sopot"}) == changed
        assert work.said == []


async def test_who_has_seen_an_older_version_is_told_to_look_again(store: Store, anna: Actor) -> None:
    company = await register(store, anna, "Orlik")
    await change(store, anna, company, city="Gdynia")
    with pytest.raises(errors.Conflict) as refused:
        await change(store, anna, company, city="Sopot")
    assert refused.value.code == "stale"
    found = await visible.by_id(store.reading(), company.id, None)
    assert found is not None and found.city == "Gdynia"


async def test_a_customer_keeps_the_first_source(store: Store, anna: Actor) -> None:
    """S4-5."""
    company = await change(store, anna, await register(store, anna, "Orlik"), source="Trade fair")
    with pytest.raises(errors.Forbidden, match="keeps the first source"):
        await change(store, anna, company, source="web")
    async with store.unit() as work:
        assert await companies.heard(work, anna, company, "web") is False
    assert (await change(store, anna, company, source="fair")).source == "fair"


async def test_an_archived_company_is_off_the_lists_and_kept(store: Store, anna: Actor) -> None:
    """S3-8: never deleted."""
    company = await register(store, anna, "Orlik", tax_number="PL5261040828")
    async with store.unit() as work:
        gone = await companies.archive(work, anna, company)
        assert CompanyArchived(company.id, True, anna.id) in work.said
    reader = store.reading()
    assert await visible.listed(reader, None) == await visible.search(reader, "orlik", None) == []
    assert (await visible.by_number(reader, 1, None)) == gone
    second = await register(store, anna, "Orlik", tax_number="PL5261040828")
    async with store.unit() as work:
        with pytest.raises(errors.Conflict, match="tax number"):
            await companies.archive(work, anna, gone, back=True)
        with pytest.raises(errors.Conflict, match="archived already"):
            await companies.archive(work, anna, gone)
        await companies.archive(work, anna, second)
        back = await companies.archive(work, anna, gone, back=True)
    assert [one.id for one in await visible.listed(store.reading(), None)] == [back.id]


async def test_a_tax_number_that_is_anothers_is_refused(store: Store, anna: Actor) -> None:
    await register(store, anna, "Orlik", tax_number="PL5261040828")
    other = await register(store, anna, "Beta")
    with pytest.raises(errors.Conflict, match="Another company has this tax number"):
        await change(store, anna, other, tax_number="PL5261040828")


async def test_a_company_falls_into_its_makers_group_and_moves_among_those_he_is_in(store: Store) -> None:
    """S3-3, S3-6; a group's change is seen at once."""
    house: House = await build(store)
    anna, bela, marek = (house.staff[name] for name in ("Anna", "Bela", "Marek"))
    company = await register(store, anna, "Orlik")
    assert (company.group, company.owner) == ("North", "Alfa")
    with pytest.raises(errors.Forbidden, match="Ask a lead"):
        await change(store, anna, company, group="South")
    moved = await change(store, marek, company, group="South", responsible="Bela")
    assert (moved.group, moved.responsible) == ("South", "Bela")
    told = [(one.by, one.field, one.before, one.after) for one in await audit.of(store.reading(), "company", moved.id)]
    assert {("Marek", "group", "North", "South"), ("Marek", "responsible", "Anna", "Bela")} <= set(told)
    assert await visible.by_id(store.reading(), company.id, access.scope(bela)) is not None
    with pytest.raises(errors.Invalid, match="nothing was written"):
        await change(store, marek, moved, responsible="Cyril")
    with pytest.raises(errors.NotFound, match="There are: North, South"):
        await change(store, marek, moved, group="East")


async def test_who_acts_for_two_owners_chooses(store: Store) -> None:
    """S3-5: it is not guessed for whom a customer is."""
    house = await build(store)
    async with store.unit() as work:
        await owners.join(work, house.owners["Beta"], house.staff["Anna"].id)
        anna = await now(work, house.staff["Anna"])
        with pytest.raises(errors.Invalid, match="@Alfa, @Beta"):
            await companies.register(work, anna, "Orlik")
        found, _ = await companies.register(work, anna, "Orlik", owner_id=house.owners["Beta"])
        assert await owners.leave(work, house.owners["Beta"], anna.id)
        left = await now(work, anna)
    assert await visible.by_id(store.reading(), found.id, access.scope(anna)) is not None
    assert await visible.by_id(store.reading(), found.id, access.scope(left)) is None


async def test_the_first_group_ends_the_sharing_by_all(store: Store, anna: Actor) -> None:
    company = await register(store, anna, "Orlik")
    async with store.unit() as work:
        cyril = await hire(work, "Cyril")
        before = await now(work, cyril)
        await owners.add(work, "Alfa", {})
        await owners.add_group(work, await owners.named(work, "Alfa"), "North")
        after = await now(work, cyril)
        assert not await owners.is_open(work)
    reader = store.reading()
    assert await visible.by_id(reader, company.id, access.scope(before)) is not None
    assert await visible.by_id(reader, company.id, access.scope(after)) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("orlik", ["Orlik", "Orlik Trans", "Złoty Orlik"]),
        ("ORLIK TRANS sp z o.o.", ["Orlik Trans"]),
        ("zloty", ["Złoty Orlik"]),
        ("526-104-08-28", ["Orlik Trans"]),
        ("OFFICE@orlik.example", ["Orlik"]),
        ("%", []),
        ("_", []),
        ("'; --", []),
    ],
)
async def test_companies_are_found_by_what_people_type(store: Store, anna: Actor, text: str, found: list[str]) -> None:
    """S3-1."""
    await register(store, anna, "Orlik Trans", tax_number="PL5261040828")
    await register(store, anna, "Złoty Orlik")
    await register(store, anna, "Orlik", mail="office@orlik.example")
    assert sorted(one.name for one in await visible.search(store.reading(), text, None)) == sorted(found)
    if len(found) > 1:
        assert (await visible.meant(store.reading(), text, None)).name == found[0], "the exact one is meant"


async def test_of_several_none_is_guessed(store: Store, anna: Actor) -> None:
    for name in ("Orlik Trans", "Orlik Cargo"):
        await register(store, anna, name, city="Gdynia")
    with pytest.raises(errors.NotFound, match="B2 Orlik Cargo, Gdynia; B1 Orlik Trans, Gdynia"):
        await visible.meant(store.reading(), "orlik", None)
    assert [one.code for one in await visible.suggest(store.reading(), "orl", None)] == ["B2", "B1"]
    for text in ("b2", "#B2", "B 2", "В2"):
        assert (await visible.meant(store.reading(), text, None)).name == "Orlik Cargo"


async def test_export_goes_on_page_after_page(store: Store, anna: Actor, monkeypatch: Any) -> None:
    """S1-7: lists are bounded, an export is whole."""
    for count in range(7):
        await register(store, anna, f"Company {count}")
    first = await visible.listed(store.reading(), None, limit=3)
    second = await visible.listed(store.reading(), None, after=first[-1].number, limit=3)
    assert [one.number for one in [*first, *second]] == [1, 2, 3, 4, 5, 6]
    assert [one.number async for one in visible.export(store.reading(), None)] == list(range(1, 8))


async def test_registering_is_said(store: Store, anna: Actor) -> None:
    async with store.unit() as work:
        found, _ = await companies.register(work, anna, "Orlik")
        assert work.said == [CompanyRegistered(found.id, anna.id)]
    assert completeness.of(found).percent < 50


async def test_a_code_that_is_over_cannot_be_chosen(store: Store, anna: Actor) -> None:
    """S3-7."""
    async with store.unit() as work:
        await codes.upsert(work, [Facts("area", "old", {}, valid_to="2020-01-01")])
    with pytest.raises(errors.Invalid):
        await register(store, anna, "Orlik", area="old")


@pytest.mark.parametrize(
    "left_out", ["", "phone", "tax_number", "relation", "city", "street", "area", "source", "language"]
)
async def test_the_filter_for_incomplete_companies_agrees_with_completeness(store: Store, left_out: str) -> None:
    """S3-1: one that lacks nothing is not on the list, one that lacks a single thing is."""
    everything = {
        "phone": "+48601234567", "tax_number": "PL5261040828", "relation": "buyer", "city": "Gdynia",
        "street": "Morska 1", "activity": "transport", "area": "pl", "source": "fair", "sales_channel": "direct",
        "language": "pl",
    }  # fmt: skip
    known = {name: value for name, value in everything.items() if name != left_out}
    async with store.unit() as work:
        anna = await hire(work, "Anna")
        company, _ = await companies.register(work, anna, "Orlik", known)
        await persons.add(work, anna, company, "Jan Nowak")
    lacking = visible.Filter(is_incomplete=True)
    [found] = await visible.listed(store.reading(), None)
    assert completeness.of(found).is_complete is (left_out == "")
    assert await visible.counted(store.reading(), lacking, None) == int(left_out != "")
    assert len(await visible.filtered(store.reading(), lacking, None)) == int(left_out != "")


async def test_pages_of_the_list_are_the_whole_of_it(store: Store) -> None:
    """S4-11: by name, those of one name too; nothing is left out, nothing stands twice."""
    async with store.unit() as work:
        for number in range(7):
            await companies.register(work, None, f"Orlik {number % 3}", {"tax_number": f"12{number}45678{number}"})
    whole = [one.number for one in await visible.filtered(store.reading(), visible.Filter(), None, limit=100)]
    pages, after = [], 0
    while page := await visible.filtered(store.reading(), visible.Filter(), None, after=after, limit=2):
        pages += [one.number for one in page]
        after = pages[-1]
    assert pages == whole
    assert len(whole) == await visible.counted(store.reading(), visible.Filter(), None)
