"""What happened on a ticket is kept so that each reader has it in his language, on either engine."""

from __future__ import annotations

import pytest

from kernel import texts
from kernel.unit import Store
from tests.tickets.letters import actor, arrived, place, seen
from tickets import actions, casework, visible

pytestmark = pytest.mark.database


async def told(store: Store, language: str) -> list[str]:
    """The events of the first ticket, as a reader of that language has them."""
    ticket = await seen(store.reading(), 1)
    found = await visible.entries(store.reading(), ticket.id)
    return [texts.told(language, one.text, one.said) for one in found if one.kind == "event"]


async def test_a_ticket_tells_its_history_in_the_readers_language(store: Store) -> None:
    """Issue "first day", every page in five languages: lines of history too, those with a reason and those undone."""
    await place(store, arrived("one"))
    ewa = await actor(store, "Ewa")
    async with store.unit() as work:
        await actions.take(work, ewa, await seen(work, 1))
        await casework.set_priority(work, ewa, await seen(work, 1), 1)
        await actions.close(work, ewa, await seen(work, 1), reason="karta wysłana")
    english = ["Ewa took the ticket", "Ewa set the priority: P3 → P1", "Ewa closed the ticket: karta wysłana"]
    assert [row["text"] for row in await events(store)] == english == await told(store, "en")
    assert await told(store, "pl") == [
        "Ewa: zgłoszenie wzięte",
        "Ewa: priorytet: P3 → P1",
        "Ewa: zgłoszenie zamknięte: karta wysłana",
    ]


async def test_what_was_written_before_stays_as_it_is(store: Store) -> None:
    await place(store, arrived("one"))
    ewa = await actor(store, "Ewa")
    async with store.unit() as work:
        await actions.take(work, ewa, await seen(work, 1))
        await work.change("UPDATE entries SET said = NULL")
    assert await told(store, "hu") == ["Ewa took the ticket"]


async def events(store: Store) -> list[dict[str, object]]:
    return await store.reading().fetch("SELECT text FROM entries WHERE kind = 'event' ORDER BY id")
