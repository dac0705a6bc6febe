"""The wall of companies: every read there is, tried by each who stands on another side of it.

Made from the module of reads: a function that joins it fails here until it has a case.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from crmcore import access, companies, persons, visible
from crmcore.access import Scope
from crmcore.visible import CompanyView
from kernel import errors
from kernel.unit import Reader, Store
from tests.crmcore.house import SECRET, House, build, register
from tests.tickets.letters import person

Read = Callable[[Reader, Scope | None, CompanyView, int], Awaitable[Any]]
# Every read of companies: what it finds of Anna's company (or how many), tried through each scope.
READS: dict[str, Read] = {
    "by_id": lambda reader, scope, one, contact: visible.by_id(reader, one.id, scope),
    "by_number": lambda reader, scope, one, contact: visible.by_number(reader, one.number, scope),
    "of_contacts": lambda reader, scope, one, contact: visible.of_contacts(reader, [contact], scope),
    "listed": lambda reader, scope, one, contact: visible.listed(reader, scope),
    "count": lambda reader, scope, one, contact: visible.count(reader, scope),
    "filtered": lambda reader, scope, one, contact: visible.filtered(reader, visible.Filter(text=one.name), scope),
    "counted": lambda reader, scope, one, contact: visible.counted(reader, visible.Filter(area=one.area), scope),
    "export": lambda reader, scope, one, contact: _all(visible.export(reader, scope)),
    "search": lambda reader, scope, one, contact: visible.search(reader, one.name[:4], scope),
    "named": lambda reader, scope, one, contact: visible.named(reader, f"{SECRET} trans", scope),
    "suggest": lambda reader, scope, one, contact: visible.suggest(reader, one.name[:3], scope),
    "meant": lambda reader, scope, one, contact: _meant(reader, one.code, scope),
}
BLIND = ("Bela", "Cyril", "Dora", "Obcy")  # another group, another owner, its lead, nobody's
SEEING = ("Anna", "Marek", "operator")


async def _all(found: AsyncIterator[CompanyView]) -> list[CompanyView]:
    return [one async for one in found]


async def _meant(reader: Reader, text: str, scope: Scope | None) -> CompanyView | None:
    try:
        return await visible.meant(reader, text, scope)
    except errors.NotFound as error:
        assert SECRET not in str(error)
        return None


def scope_of(house: House, who: str) -> Scope | None:
    return None if who == "operator" else access.scope(house.staff[who])


@pytest.fixture
async def house(store: Store) -> House:
    return await build(store)


@pytest.fixture
async def company(store: Store, house: House) -> CompanyView:
    return await register(store, house.staff["Anna"], f"{SECRET} Trans", tax_number="PL5261040828", city="Gdynia")


@pytest.fixture
async def contact(store: Store, house: House, company: CompanyView) -> int:
    eszter = await person(store)
    async with store.unit() as work:
        await persons.link(work, house.staff["Anna"], company, eszter.contact_id)
    return eszter.contact_id


def test_every_read_of_companies_has_a_case() -> None:
    """S3-3: who adds a read says here that it stands behind the wall."""
    reads = {
        name
        for name, function in inspect.getmembers(visible, inspect.isroutine)
        if function.__module__ == visible.__name__
        and not name.startswith("_")
        and "reader" in inspect.signature(function).parameters
    }
    assert reads == set(READS)
    for name in reads:
        scope = inspect.signature(getattr(visible, name)).parameters["scope"]
        assert scope.default is inspect.Parameter.empty, f"{name}: a scope left out would be no wall"


def test_no_query_on_companies_stands_anywhere_else() -> None:
    """S3-3: one builder; the few others that read the table are named here with their reason."""
    own = {
        "companies.py",  # duplicates inside an owner, told without data; the row that is being written
        "contacts.py",  # the operator's listing
        "codes.py",  # whether a word is used
        "relations.py",  # what rules ask of a message's sender; no page reads through it
        "customers.py",  # what policies ask of a ticket's customer; which company it was is told to operators alone
    }
    root = inspect.getfile(visible).rsplit("/", 1)[0]
    found = {name for name, text in _sources(root) if "FROM companies" in text or "JOIN companies" in text}
    assert found - own == {"visible.py"}


@pytest.mark.parametrize("read", READS, ids=str)
@pytest.mark.parametrize("who", BLIND)
async def test_who_stands_elsewhere_reads_nothing(
    store: Store, house: House, company: CompanyView, contact: int, who: str, read: str
) -> None:
    """S3-3, S3-5, S3-6: an owner is a hard wall for every rank; inside, groups share and others do not."""
    assert not await READS[read](store.reading(), scope_of(house, who), company, contact)


@pytest.mark.parametrize("read", READS, ids=str)
@pytest.mark.parametrize("who", SEEING)
async def test_who_stands_inside_reads_it(
    store: Store, house: House, company: CompanyView, contact: int, who: str, read: str
) -> None:
    """S3-1: nothing above is refused for another reason than the wall."""
    assert await READS[read](store.reading(), scope_of(house, who), company, contact)


@pytest.mark.parametrize(("who", "told"), [("Bela", True), ("Cyril", False), ("Dora", False)])
async def test_a_double_across_the_wall_tells_nothing(
    store: Store, house: House, company: CompanyView, who: str, told: bool
) -> None:
    """S3-3: in another group it says whom to ask, and no more; another owner may have the same customer unknowingly."""
    async with store.unit() as work:
        if not told:
            found, is_new = await companies.register(work, house.staff[who], company.name)
            assert is_new and found.id != company.id
            return
        with pytest.raises(errors.Conflict) as refused:
            await companies.register(work, house.staff[who], company.name, {"tax_number": "PL5261040828"})
    said = str(refused.value)
    assert "Ask Anna." in said
    values = [value for value in asdict(company).values() if isinstance(value, str) and len(value) > 3]
    assert not [value for value in values if value in said and value != "Anna"]


async def test_nothing_is_registered_for_an_owner_one_does_not_act_for(store: Store, house: House) -> None:
    """S3-5."""
    for who, owner in (("Anna", "Beta"), ("Dora", "Alfa"), ("Obcy", "Alfa")):
        async with store.unit() as work:
            with pytest.raises(errors.Forbidden):
                await companies.register(work, house.staff[who], "Orlik", owner_id=house.owners[owner])
    assert await visible.count(store.reading(), None) == 0


def _sources(root: str) -> list[tuple[str, str]]:
    return [(path.name, path.read_text()) for path in sorted(Path(root).glob("*.py"))]
