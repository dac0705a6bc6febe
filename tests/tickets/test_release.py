"""What becomes of the tickets of a colleague who has left."""

from __future__ import annotations

from crmcore import staff
from crmcore.models.staff import Role
from kernel.unit import Store
from tests.support.cast import hire
from tests.tickets.letters import ALL, actor, arrived, close, place, seen, ticket
from tickets import actions, visible


async def test_the_open_tickets_of_who_is_removed_are_nobodys(store: Store) -> None:
    hired = await hire(store)
    before = [await ticket(store, address) for address in ("open", "closed")]
    async with store.unit() as work:
        await work.change("UPDATE tickets SET assignee_id = ?", hired["Anna"])
        await work.change("UPDATE tickets SET state = 'closed' WHERE number = 2")
    async with store.unit() as work:
        gone = await staff.remove(work, "Anna")
        assert await actions.release(work, gone.id) == 1
    found = await store.reading().fetch("SELECT assignee_id, version FROM tickets ORDER BY number")
    assert [row["assignee_id"] for row in found] == [None, hired["Anna"]]
    assert [row["version"] - old.version for row, old in zip(found, before, strict=True)] == [1, 0]


async def test_what_is_opened_again_and_was_his_is_nobodys(store: Store) -> None:
    """M-5: by the customer and by a colleague; what is another's stays so."""
    hired = await hire(store)
    lead = await actor(store, "Lea", Role.LEAD)
    for address, name in (("writes", "Anna"), ("reopened", "Anna"), ("anothers", "Marek")):
        made = await ticket(store, address)
        await close(store, made.number, made.created_at)
        async with store.unit() as work:
            await work.change("UPDATE tickets SET assignee_id = ? WHERE id = ?", hired[name], made.id)
    async with store.unit() as work:
        gone = await staff.remove(work, "Anna")
        await actions.release(work, gone.id)
        await actions.reopen(work, lead, await seen(work, 2))
    [first, _] = await place(store, arrived("writes", "again"), arrived("anothers", "again"))
    assert first.assignee_id is None
    assert [(await seen(store.reading(), number)).assignee for number in (1, 2, 3)] == [None, None, "Marek"]
    _, waiting = await visible.queued(store.reading(), ALL)
    assert waiting == 2
