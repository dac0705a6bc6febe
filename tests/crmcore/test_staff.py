"""Colleagues: added once, found by name, recognised by address as of this very act."""

from __future__ import annotations

import pytest

from channels.contract import Address
from crmcore import staff
from crmcore.models.staff import Role
from kernel import errors
from kernel.unit import Store
from tests.support.cast import ANNA, MAREK, hire

ANNAS, MAREKS = Address("telegram", str(ANNA)), Address("telegram", str(MAREK))


async def add(store: Store, name: str, *addresses: Address) -> int:
    async with store.unit() as work:
        return await staff.add(work, name, Role.AGENT, addresses)


async def remove(store: Store, name: str) -> staff.Colleague:
    async with store.unit() as work:
        return await staff.remove(work, name)


async def test_colleagues_are_recognised_by_their_addresses(store: Store) -> None:
    """M-9."""
    hired = await hire(store)
    found = await staff.recognise(store.reading(), [ANNAS, MAREKS, Address("telegram", "9"), Address("tel", str(ANNA))])
    assert {address.value: one.name for address, one in found.items()} == {str(ANNA): "Anna", str(MAREK): "Marek"}
    assert found[ANNAS].id == hired["Anna"]
    assert found[MAREKS].role is Role.MANAGER
    assert await staff.recognise(store.reading(), []) == {}


async def test_who_is_removed_is_not_recognised_from_the_next_act_on(store: Store) -> None:
    hired = await hire(store)
    await remove(store, "anna")
    assert await staff.recognise(store.reading(), [ANNAS]) == {}
    assert [one.name for one in await staff.listed(store.reading())] == ["Marek"]
    gone = (await staff.by_ids(store.reading(), [hired["Anna"]]))[hired["Anna"]]
    assert (gone.name, gone.active, gone.addresses) == ("Anna", False, ())


async def test_the_address_of_who_was_removed_can_be_given_to_another(store: Store) -> None:
    await hire(store)
    await remove(store, "Anna")
    await add(store, "Bea", ANNAS)
    assert (await staff.recognise(store.reading(), [ANNAS]))[ANNAS].name == "Bea"


async def test_a_name_taken_or_an_address_taken_adds_nobody(store: Store) -> None:
    await hire(store)
    with pytest.raises(errors.Conflict, match="called ÁNNA already"):
        await add(store, "ÁNNA", Address("telegram", "7"))
    with pytest.raises(errors.Conflict, match="belongs to another colleague"):
        await add(store, "Bea", Address("telegram", "8"), ANNAS)
    assert [one.name for one in await staff.listed(store.reading())] == ["Anna", "Marek"]
    assert await staff.recognise(store.reading(), [Address("telegram", "7"), Address("telegram", "8")]) == {}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param("Anna Kowalska", "Anna Kowalska", id="whole"),
        pytest.param("anna kowal", "Anna Kowalska", id="its beginning"),
        pytest.param("@ZOFIA", "Żofia", id="without accents, with an at sign"),
        pytest.param("Anna", "Anna", id="exact before longer ones"),
    ],
)
async def test_a_colleague_is_found_by_name(store: Store, written: str, found: str) -> None:
    for name in ("Anna", "Anna Kowalska", "Anna Nowak", "Żofia"):
        await add(store, name)
    assert (await staff.named(store.reading(), written)).name == found


@pytest.mark.parametrize(
    ("written", "code", "said"),
    [
        pytest.param("Ann", "ambiguous", "Ann could be Anna, Anna Nowak", id="several"),
        pytest.param("Obcy", "no_colleague", "There are: Anna, Anna Nowak", id="nobody"),
        pytest.param("", "no_colleague", "There are: Anna, Anna Nowak", id="nothing"),
        pytest.param("@", "no_colleague", "There are: Anna, Anna Nowak", id="an at sign"),
    ],
)
async def test_who_is_not_found_is_told_with_those_there_are(store: Store, written: str, code: str, said: str) -> None:
    for name in ("Anna", "Anna Nowak"):
        await add(store, name)
    with pytest.raises(errors.NotFound, match=said) as refusal:
        await staff.named(store.reading(), written)
    assert refusal.value.code == code


async def test_who_was_removed_is_not_found(store: Store) -> None:
    await add(store, "Anna")
    await remove(store, "Anna")
    with pytest.raises(errors.NotFound, match="nobody yet"):
        await remove(store, "Anna")


async def test_a_hint_is_given_the_first_time_only(store: Store) -> None:
    hired = await hire(store)
    async with store.unit() as work:
        said = [await staff.first_time(work, hired["Anna"], key) for key in ("note", "note", "undo")]
        other = await staff.first_time(work, hired["Marek"], "note")
    async with store.unit() as work:
        assert not await staff.first_time(work, hired["Anna"], "note")
    assert (said, other) == ([True, False, True], True)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param({"telegram": "4711"}, "telegram:4711", id="an id"),
        pytest.param({"tel": "+48 600 123 456"}, "tel:+48600123456", id="a phone"),
        pytest.param({"mailto": "Anna@Desk.Example"}, "mailto:anna@desk.example", id="an e-mail"),
    ],
)
def test_an_address_is_stored_as_it_is_compared(written: dict[str, str], expected: str) -> None:
    [address] = staff.checked(name="Anna", ids={**written, "other": ""}, zone="Europe/Warsaw")
    assert str(address) == expected


def test_every_mistake_about_a_colleague_is_told_at_once() -> None:
    wrong = {"telegram": "@anna", "tel": "600123456", "mailto": "anna", "chat": "-5"}
    with pytest.raises(errors.Invalid) as refusal:
        staff.checked(name=" ", ids=wrong, zone="Mars/Base")
    assert [problem.field for problem in refusal.value.problems] == ["name", "id", "phone", "e-mail", "id", "zone"]
    assert all("example" in problem.expected for problem in refusal.value.problems)


@pytest.mark.parametrize("zone", ["", "../etc/passwd", "/etc/passwd", "Europe", "\x00"], ids=repr)
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(errors.Invalid):
        staff.checked(name="Anna", ids={}, zone=zone)
