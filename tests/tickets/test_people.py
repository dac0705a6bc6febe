"""Customers behind the wall: every read, tried by those on each side; the search; and the line of time."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from crmcore import access, persons, phone_calls, timeline
from crmcore.access import Scope
from kernel.unit import Reader, Store
from tests.crmcore.house import SECRET, House, build, register
from tests.tickets.letters import ticket as written
from tests.tickets.searched import catch_up
from tickets import dealings, people
from tickets.dealings import Filter, Sort
from tickets.search import persons as search

EVERYTHING = Filter()
EARLIER = datetime(2020, 1, 1, tzinfo=UTC)


async def lost(reader: Reader, scope: Scope) -> int:
    """How many whom nothing reaches are seen; names and number say the same."""
    named, count = await people.unreached(reader, scope, EARLIER, limit=5)
    assert len(named) == count
    return count


# Every read of customers that takes a scope: what it finds of one customer.
READS: dict[str, Callable[[Reader, Scope, int], Awaitable[Any]]] = {
    "by_id": lambda reader, scope, contact: people.by_id(reader, contact, scope),
    "listed": lambda reader, scope, contact: people.listed(reader, scope),
    "count": lambda reader, scope, contact: people.count(reader, scope),
    "by_ids": lambda reader, scope, contact: people.by_ids(reader, [contact], scope),
    "unreached": lambda reader, scope, contact: lost(reader, scope),
}


@pytest.fixture
async def house(store: Store) -> House:
    return await build(store)


async def stored(store: Store, address: str, queue: str, *, text: str = SECRET) -> int:
    """A customer with a ticket of that queue, and its line in his history as the intake writes it."""
    made = await written(store, address, text=text)
    async with store.unit() as work:
        [said] = await work.fetch("SELECT id FROM messages WHERE ref_id = ?", made.id)
        await timeline.add(work, [timeline.Line(made.contact_id, "message", "chat", said["id"], "ticket", made.id)])
        await work.change("UPDATE tickets SET queue = ? WHERE id = ?", queue, made.id)
    return made.contact_id


def scope_of(house: House, who: str, *queues: str) -> Scope:
    one = access.scope(house.staff[who])
    return Scope(one.everything, frozenset({access.INBOX, *queues}), one.staff_id, one.standing)


def test_every_read_of_customers_has_a_case() -> None:
    """S0-1: who adds a read says here that it stands behind the wall."""
    reads = {
        name
        for name, function in inspect.getmembers(people, inspect.isroutine)
        if function.__module__ == people.__name__
        and not name.startswith("_")
        and "scope" in inspect.signature(function).parameters
    }
    assert reads - {"within"} == set(READS)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    ("who", "queues", "is_seen"),
    [
        pytest.param("Anna", (), True, id="the company's colleague, of no queue"),
        pytest.param("Obcy", ("cards",), True, id="the ticket's colleague, of no owner"),
        pytest.param("Marek", (), True, id="the owner's manager"),
        pytest.param("Dora", (), True, id="a lead, who sees every ticket"),
        pytest.param("Bela", (), False, id="of another group and no queue"),
        pytest.param("Cyril", ("sales",), False, id="of another owner and queue"),
        pytest.param("Obcy", (), False, id="of nothing"),
    ],
)
async def test_a_customer_is_seen_by_his_ticket_or_his_company(
    store: Store, house: House, who: str, queues: tuple[str, ...], is_seen: bool, read: str
) -> None:
    """S0-1, S3-3: one rule for page, list, count and search; each side of it alone is enough."""
    contact = await stored(store, "eszter", "cards")
    company = await register(store, house.staff["Anna"], f"{SECRET} Trans")
    async with store.unit() as work:
        await persons.link(work, house.staff["Anna"], company, contact)
        await work.change("UPDATE identities SET unreachable_since = ? WHERE contact_id = ?", work.now, contact)
    assert bool(await READS[read](store.reading(), scope_of(house, who, *queues), contact)) is is_seen


async def test_whoever_has_neither_ticket_nor_company_is_seen_by_all(store: Store, house: House) -> None:
    """S0-1: nothing hides him. One of a company that he has left stays behind its wall, and is not lost to it."""
    company = await register(store, house.staff["Anna"], "Orlik")
    async with store.unit() as work:
        left = await persons.add(work, house.staff["Anna"], company, "Jan Left")
        await persons.unlink(work, house.staff["Anna"], company, left)
        await work.change("INSERT INTO contacts (id, name, language, function, source, created_at)"
                          " VALUES (7, 'Alone', '', '', '', ?)", work.now)  # fmt: skip
    seen = {
        who: {one.name for one in await people.listed(store.reading(), scope_of(house, who))} for who in house.staff
    }
    assert seen == {
        who: {"Alone", "Jan Left"} if who in ("Anna", "Marek") else {"Alone"} for who in house.staff
    }  # fmt: skip


async def test_a_companys_name_is_not_told_across_its_wall(store: Store, house: House) -> None:
    """S3-3: the colleague of the ticket sees the customer, not where he works."""
    contact = await stored(store, "eszter", "cards")
    company = await register(store, house.staff["Anna"], f"{SECRET} Trans")
    async with store.unit() as work:
        await persons.link(work, house.staff["Anna"], company, contact)
    for who, places in (("Anna", (("B1", f"{SECRET} Trans"),)), ("Dora", ()), ("Cyril", ())):
        found = await people.by_id(store.reading(), contact, scope_of(house, who, "cards"))
        assert found is not None and found.companies == places, who


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("zolc", ["Żółć Łukasz"]),
        ("ŁUKASZ żółć", ["Żółć Łukasz"]),
        ("елкин", ["Ёлкин"]),
        ("601 234", ["Żółć Łukasz"]),
        ("+48601234567", ["Żółć Łukasz"]),
        ("LUKASZ@orlik", ["Żółć Łukasz"]),
        ("60%", []),
        ("____", []),
        ("orlikx", []),
        ("  ", []),
    ],
)
async def test_a_search_finds_by_name_address_and_number(
    store: Store, house: House, text: str, finds: list[str]
) -> None:
    """S0-1: accents, ł and ё as people leave them out; digits with blanks; no wildcard of the store's."""
    company = await register(store, house.staff["Anna"], "Orlik")
    async with store.unit() as work:
        reached = {"phone": "+48601234567", "mail": "lukasz@orlik.example"}
        await persons.add(work, house.staff["Anna"], company, "Żółć Łukasz", reached)
        await persons.add(work, house.staff["Anna"], company, "Ёлкин")
    await catch_up(store)
    found = await search.search(store.reading(), text, scope_of(house, "Anna"))
    assert [one.name for one in found] == finds
    assert await search.search(store.reading(), text, scope_of(house, "Cyril")) == []


async def test_the_line_of_time_keeps_to_both_walls(store: Store, house: House) -> None:
    """S0-1, S3-3: of a ticket's words what its queue sees, of a call's what its company's colleagues do."""
    contact = await stored(store, "eszter", "cards", text="words of the ticket")
    company = await register(store, house.staff["Anna"], "Orlik")
    async with store.unit() as work:
        await persons.link(work, house.staff["Anna"], company, contact)
        said = phone_calls.Said("words of the call", company.id, contact)
        await phone_calls.note(work, house.staff["Anna"], said)
        await timeline.add(work, [timeline.Line(contact, "linked", text="his own")])
    seen = {}
    for who, queues in (("Anna", ()), ("Cyril", ("cards",)), ("Marek", ())):
        found, _ = await dealings.of_contacts(store.reading(), [contact], scope_of(house, who, *queues), EVERYTHING)
        seen[who] = {one.text for one in found if one.text}
    assert seen == {
        "Anna": {"words of the call", "his own"},
        "Cyril": {"words of the ticket", "his own"},
        "Marek": {"words of the ticket", "words of the call", "his own"},
    }


async def test_pages_of_the_line_of_time_are_the_whole_of_it(store: Store, house: House) -> None:
    """S0-1: by the cursor nothing is left out and nothing told twice, many lines of one instant too."""
    contact = await stored(store, "eszter", "cards")
    async with store.unit() as work:
        await timeline.add(work, [timeline.Line(contact, "linked", text=f"line {n}") for n in range(25)])
    scope, reader = scope_of(house, "Marek"), store.reading()
    whole, end = await dealings.of_contacts(reader, [contact], scope, EVERYTHING)
    assert len(whole) >= 26 and end == ""
    parts, cursor = [], ""
    while True:
        page, cursor = await dealings.of_contacts(reader, [contact], scope, EVERYTHING, after=cursor, limit=4)
        parts += page
        if not cursor:
            break
    assert parts == whole
    assert (await dealings.of_contacts(reader, [contact], scope, EVERYTHING, after="x-y"))[0] == whole


async def test_the_line_of_time_is_narrowed(store: Store, house: House) -> None:
    """S0-1: by channel, kind, ticket and words, folded."""
    contact = await stored(store, "eszter", "cards", text="Karta ŻÓŁTA")
    company = await register(store, house.staff["Anna"], "Orlik")
    async with store.unit() as work:
        await phone_calls.note(work, house.staff["Anna"], phone_calls.Said("called", None, contact))
        await persons.link(work, house.staff["Anna"], company, contact)
    scope, reader = scope_of(house, "Marek"), store.reading()

    async def texts(**narrowed: Any) -> list[str]:
        found, _ = await dealings.of_contacts(reader, [contact], scope, Filter(**narrowed))
        return [one.text for one in found]

    assert await texts(sort=Sort.CALL) == ["called"]
    assert await texts(text="zolta") == ["Karta ŻÓŁTA"]
    assert set(await texts(sort=Sort.IN)) == {"Karta ŻÓŁTA"}
    assert await texts(channel="fax") == []
    assert "called" not in await texts(channel="chat")
    assert await texts(channel="chat") == await texts(ticket=1) == ["Karta ŻÓŁTA"]
    assert await texts(ticket=77) == []
    assert await dealings.of_contacts(reader, [], scope, EVERYTHING) == ([], "")
