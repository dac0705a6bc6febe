"""What becomes of the tickets of a colleague who has left."""

from __future__ import annotations

from crmcore import staff
from kernel.unit import Store
from tests.support.cast import hire
from tests.tickets.letters import ticket
from tickets import actions


async def test_the_open_tickets_of_who_is_removed_are_nobodys(store: Store) -> None:
    hired = await hire(store)
    for address in ("open", "closed"):
        await ticket(store, address)
    async with store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = ?", hired["Anna"])
        await work.change("UPDATE tickets SET state = 'closed' WHERE number = 2")
    async with store.unit() as work:
        gone = await staff.remove(work, "Anna")
        assert await actions.release(work, gone.id) == 1
    found = await store.reading().fetch("SELECT assignee_id FROM tickets ORDER BY number")
    assert [row["assignee_id"] for row in found] == [None, hired["Anna"]]
