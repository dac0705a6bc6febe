"""Incidents on a real database: what was decided meanwhile counts, and a joined ticket has no clock that is late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hub import settings
from kernel.clock import Clock
from kernel.timers import Timers
from kernel.unit import Store
from routing import escalation, incident_book, incidents, intake, targets
from routing.desk import Desk
from routing.incident_book import Incident, State
from tests.conftest import START
from tests.tickets.letters import actor, arrived, entries
from tickets import clocks
from tickets.events import ClockBreached


def desk(*rules: dict[str, Any]) -> Desk:
    found = settings.check({"queues": {"inbox": {"first_response": "1h"}}, "rules": list(rules)})
    return Desk(found.queues, found.rules, {"chat": True}, calendars=found.calendars)


async def tickets(store: Store, *names: str, of: Desk | None = None, text: str = "no fuel at 0412") -> list[int]:
    """One ticket a name; their ids, the oldest first."""
    async with store.unit() as work:
        await intake.handle(work, of or desk(), [arrived(name, text) for name in names])
    return [row["id"] for row in await store.reading().fetch("SELECT id FROM tickets ORDER BY number")]


async def proposed(store: Store, *ticket_ids: int, title: str = "no fuel at 0412") -> Incident:
    async with store.unit() as work:
        found = await incidents.propose(work, title, ticket_ids)
        assert found is not None
        return found


async def opened(store: Store, found: Incident, *, by: str = "Marek") -> int:
    marek = await actor(store, by)
    async with store.unit() as work:
        return await incidents.begin(work, marek, found)


async def belonging(store: Store, found: Incident) -> list[str]:
    rows = await store.reading().fetch(
        "SELECT state FROM incident_tickets WHERE incident_id = ? ORDER BY ticket_id", found.id
    )
    return [row["state"] for row in rows]


async def states(store: Store) -> list[str]:
    return [row["state"] for row in await store.reading().fetch("SELECT state FROM clocks ORDER BY id")]


async def test_a_ticket_that_comes_while_somebody_decides_is_not_left_between(store: Store) -> None:
    """B-8: it was looked at before the yes: it does not stay proposed for ever, which no look would find again."""
    first, second = await tickets(store, "one", "two")
    found = await proposed(store, first)
    assert await opened(store, found) == 1
    async with store.unit() as work:
        assert await incidents.include(work, found.id, [second]) == 0
        assert await incidents.join(work, found, [second]) == [second]
    assert await belonging(store, found) == ["joined", "joined"]


async def test_nobody_joins_what_is_being_closed(store: Store) -> None:
    """B-8: he would never be told, and nothing would alert for him."""
    first, second = await tickets(store, "one", "two")
    found = await proposed(store, first)
    await opened(store, found)
    async with store.unit() as work:
        await work.change("UPDATE incidents SET state = 'closing' WHERE id = ?", found.id)
        assert await incidents.join(work, found, [second]) == []
    assert await belonging(store, found) == ["joined"]
    assert (await incident_book.held(store.reading(), [first, second])) == {first}


async def test_what_is_taken_out_is_not_closed_with_the_rest(store: Store) -> None:
    """B-8: by a colleague, while the closing is on its way; its own clock runs again."""
    first, second = await tickets(store, "one", "two")
    found = await proposed(store, first, second)
    await opened(store, found)
    anna = await actor(store, "Anna")
    async with store.unit() as work:
        await incidents.leave(work, anna, found, second)
        await targets.again(work, desk(), [second])
        assert await incidents.over(work, found, [first, second]) == [first]
    assert await belonging(store, found) == ["over", "left"]
    assert await states(store) == ["cancelled", "running"]


async def test_a_ticket_of_another_open_incident_stays_there(store: Store) -> None:
    """B-8: it would be told twice that we know."""
    first, second = await tickets(store, "one", "two")
    one, other = await proposed(store, first, second), await proposed(store, first, title="other")
    assert await opened(store, one) == 2
    assert await opened(store, other, by="Anna") == 0
    assert await belonging(store, other) == ["refused"]
    assert (await incident_book.by_id(store.reading(), other.id)).state is State.OPEN


async def test_no_clock_of_a_joined_ticket_is_late(store: Store, clock: Clock) -> None:
    """B-8: neither one that ran when it joined nor one that began later; what a ticket of its own has is."""
    store.handlers = {ClockBreached: (escalation.raise_alerts,)}
    first, second = await tickets(store, "one", "two")
    await opened(store, await proposed(store, first))
    assert await states(store) == ["cancelled", "running"]
    async with store.unit() as work:
        await targets.again(work, desk(), [first])  # as when the customer writes again
    clock.push(timedelta(hours=2))
    await Timers(store, (clocks.SOURCE,)).turn()
    assert sorted(await states(store)) == ["breached", "cancelled"]
    alerts = await store.reading().fetch("SELECT ticket_id FROM alerts")
    assert [row["ticket_id"] for row in alerts] == [second]


async def test_what_a_contact_was_told_goes_with_him(store: Store) -> None:
    """B-8: two addresses turn out to be one person's: he does not hear it again."""
    first, second = await tickets(store, "one", "two")
    found = await proposed(store, first, second)
    people = await store.reading().fetch("SELECT contact_id FROM tickets ORDER BY number")
    old, new = (row["contact_id"] for row in people)
    notice = (
        "INSERT INTO incident_notices (id, incident_id, revision, contact_id, ticket_id, channel, scheme, address,"
        " language, state, reason, created_at) VALUES (?, ?, ?, ?, ?, 'chat', 'chat', '1', 'en', 'queued', '', ?)"
    )
    async with store.unit() as work:
        for number, (revision, contact_id) in enumerate([(0, old), (1, old), (1, new)], 1):
            await work.change(notice, number, found.id, revision, contact_id, first, work.now)
        await incidents.hand_over(work, old, new)
    rows = await store.reading().fetch("SELECT revision, contact_id FROM incident_notices ORDER BY id")
    assert [(row["revision"], row["contact_id"]) for row in rows] == [(0, new), (1, old), (1, new)]


@pytest.mark.parametrize("named", ["0412", "Fuel AT", "I-1", "i1"])
async def test_a_rule_lets_new_tickets_join_what_is_open(store: Store, named: str) -> None:
    """B-8: confirmed by a rule; not what is only proposed or over, nor what joins a matter under way."""
    station = {"name": "0412", "when": 'message.words.contains(" 0412")', "incident": named}
    [first] = await tickets(store, "one")
    found = await proposed(store, first)
    await tickets(store, "two", of=desk(station))
    assert await belonging(store, found) == ["proposed"]
    await opened(store, found)
    await tickets(store, "two", "three", "four", of=desk(station))
    await tickets(store, "five", of=desk(station), text="my card is blocked")
    assert await belonging(store, found) == ["joined"] * 3
    assert await states(store) == ["cancelled", "running", "cancelled", "cancelled", "running"]
    assert (await entries(store, 3))[1:] == [("Centrala", "rule 0412: joined I-1")]
    async with store.unit() as work:
        await work.change("UPDATE incidents SET state = 'closed'")
    await tickets(store, "six", of=desk(station))
    assert await belonging(store, found) == ["joined"] * 3


@pytest.mark.parametrize("said", [{"history": True}, {"automatic": True}], ids=["an old letter", "a machine"])
async def test_a_rule_lets_no_machine_and_no_old_letter_join(store: Store, said: dict[str, bool]) -> None:
    """S4: nobody is told what he has not asked."""
    [first] = await tickets(store, "one")
    found = await proposed(store, first)
    await opened(store, found)
    async with store.unit() as work:
        rule = {"name": "all", "when": "true", "incident": "fuel"}
        await intake.handle(work, desk(rule), [arrived("two", "no fuel", **said)])
    assert await belonging(store, found) == ["joined"]


@pytest.mark.parametrize(
    ("named", "title", "is_meant"),
    [
        ("0412", "station 0412", True),
        ("0412", "station 10412", False),
        ("ZAŻÓŁĆ", "żółw zażółć", True),
        ("terminals down", "Card terminals: down!", True),
        ("I-3", "anything", True),
        ("I-4", "I-4 and more", False),
        ("…", "anything", False),
    ],
)
def test_which_incident_a_rule_means(named: str, title: str, is_meant: bool) -> None:
    """Whole words, whatever their case and marks; a number is a number."""
    at = START
    one = Incident(1, 3, title, State.OPEN, "", "", None, "", None, 0, 0, at, at, 1)
    assert (incident_book.meant([one], named) is one) is is_meant
    assert incident_book.meant([replace(one, state=State.CLOSING)], named) is None
