"""Contacts from files and into files, on a real database: addresses, companies, repeats and undoing."""

from __future__ import annotations

from typing import Any

import pytest

from channels.contract import Address
from crmcore import contacts
from kernel.unit import Store
from tests.crmcore import house
from tests.crmcore.exchange.brought import bring, export, undo

FILE = (
    "Full name;E-mail;Mobile;Title;Language;Company\n"
    "Jan Nowak;jan@orlik.example, j@x.example;+48 601 234 567;driver;pl;Orlik\n"
    "Éva Kiss;;+36 20 123 4567;;hu;B2\n"
    "Bez Adresu;;;;;Orlik\n"
)
FORMS = [";", ",", "xlsx", "3.0", "4.0"]


async def known(store: Store) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "companies": one.companies, "function": one.function, "at": sorted(map(str, reached))}
        for one in await contacts.listed(store.reading())
        for reached in [[address.address for address in await contacts.addresses(store.reading(), one.id)]]
    ]


@pytest.fixture
async def firms(store: Store) -> None:
    await house.register(store, None, "Orlik Sp. z o.o.")
    await house.register(store, None, "Lis Kft.")


async def test_people_come_in_and_the_second_time_nothing_changes(store: Store, firms: None) -> None:
    """S1-9."""
    assert (await bring(store, "contacts", FILE, dry_run=True)).counts == {"create": 3}
    assert await known(store) == []
    assert (await bring(store, "contacts", FILE)).counts == {"create": 3}
    [jan, eva, third] = await known(store)
    assert jan == {
        "name": "Jan Nowak",
        "companies": ("B1",),
        "function": "driver",
        "at": ["mailto:j@x.example", "mailto:jan@orlik.example", "tel:+48601234567"],
    }
    assert (eva["companies"], third["companies"]) == (("B2",), ("B1",))
    assert (await bring(store, "contacts", FILE)).counts == {"unchanged": 3}


async def test_addresses_and_companies_only_grow(store: Store, firms: None) -> None:
    await bring(store, "contacts", FILE)
    done = await bring(store, "contacts", "name;email;phone;company\nJan N.;j@x.example;+48602234567;B1 B2\n")
    assert done.counts == {"update": 1}
    [jan, *_] = await known(store)
    assert (jan["name"], jan["companies"], len(jan["at"])) == ("Jan N.", ("B1", "B2"), 4)


@pytest.mark.parametrize(
    ("line", "what", "fault"),
    [
        ("Q;jan@orlik.example;+36201234567;;", "conflict", ("address", "match")),
        ("Q;a@;;;", "error", ("mail", "format")),
        ("Q;;12;;", "error", ("phone", "format")),
        ("Q;;;;", "error", ("name", "missing")),
        (";new@x.example;;;", "error", ("name", "missing")),
        ("Q;q@x.example;;Nowhere;", "error", ("company", "match")),
        ("Q;q@x.example;;;klingon", "error", ("language", "format")),
        ("Q;<clear>;;;", "error", ("mail", "kept")),
    ],
)
async def test_a_wrong_line_is_told(store: Store, firms: None, line: str, what: str, fault: tuple[str, str]) -> None:
    await bring(store, "contacts", FILE)
    done = await bring(store, "contacts", f"name;email;phone;company;language\n{line}\n")
    assert done.actions[0].what in (what, "conflict" if fault[1] == "match" else what)
    assert fault[1] in {rule for _, rule in done.faults(2)}
    assert (fault[0].startswith("address")) or fault[0] in {column for column, _ in done.faults(2)}


async def test_a_colleague_sees_people_through_their_companies(store: Store) -> None:
    """B-11: whom only South knows is there, and not Anna's."""
    walls = await house.build(store)
    await house.register(store, walls.staff["Bela"], "Geheim")
    await bring(store, "contacts", "name;email;company\nJan;jan@x.example;B1\n")
    done = await bring(
        store, "contacts", "name;email;company\nJanek;jan@x.example;\nQ;q@x.example;B1\n", walls.staff["Anna"]
    )
    assert [one.what for one in done.actions] == ["conflict", "conflict"]
    assert b"jan@x" not in await export(store, "contacts", ";", walls.staff["Anna"])
    assert b"jan@x" in await export(store, "contacts", ";", walls.staff["Bela"])


async def test_undone_what_was_new_is_gone_and_who_wrote_meanwhile_stays(store: Store, firms: None) -> None:
    await bring(store, "contacts", "name;email\nJan;jan@orlik.example\n")
    done = await bring(store, "contacts", FILE)
    assert done.counts == {"update": 1, "create": 2}
    async with store.unit() as work:
        await work.change("UPDATE identities SET last_in_at = ? WHERE scheme = 'tel' AND value LIKE '+36%'", work.now)
    backs = {back.done.line: back for back in await undo(store, "contacts", done.batch)}
    assert [backs[line].archived for line in (2, 3, 4)] == [False, False, True]
    assert backs[3].kept == ("people, calls or messages belong to it by now",)
    [jan, eva] = await known(store)
    assert jan == {"name": "Jan", "companies": (), "function": "", "at": ["mailto:jan@orlik.example"]}
    assert (eva["name"], eva["companies"]) == ("Éva Kiss", ("B2",))


@pytest.mark.parametrize("form", FORMS)
async def test_what_was_exported_comes_back_unchanged(store: Store, firms: None, form: str) -> None:
    """S4-11: names as channels leave them, with signs of formulas and line breaks."""
    await bring(store, "contacts", FILE)
    async with store.unit() as work:
        for name, told in (("Jan Nowak", '=Jan;  \t"Nowak"\n, dr'), ("Éva Kiss", "@Éva | Kiss")):
            await work.change("UPDATE contacts SET name = ? WHERE name = ?", told, name)
    done = await bring(store, "contacts", await export(store, "contacts", form))
    assert done.counts == {"unchanged": 3}, [one.faults or one.changes for one in done.actions]


async def test_an_imported_address_is_known_as_such(store: Store, firms: None) -> None:
    """Nobody has proved it: who writes from it is found, and a proof outweighs it."""
    await bring(store, "contacts", FILE)
    row = await store.reading().one("SELECT * FROM identities WHERE value = ?", "jan@orlik.example")
    assert row is not None and (bool(row["verified"]), row["proven"]) == (False, "imported")
    assert Address("mailto", "jan@orlik.example") == Address(row["scheme"], row["value"])
