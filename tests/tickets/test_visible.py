"""What people may see: every read is tried by Obcy, an agent of another queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crmcore import access, timeline
from crmcore.access import Actor, Scope
from crmcore.models.staff import Role
from kernel.unit import Store
from tests.conftest import START
from tests.tickets.letters import ALL, LINES, actor, seen, ticket
from tickets import actions, visible
from tickets.tokens import Tokens

DUE = START + timedelta(hours=1)


def scope(role: Role, *queues: str, staff_id: int = 4711) -> Scope:
    return access.scope(Actor(access.StaffId(staff_id), "X", role, "UTC", frozenset(queues)))


OBCY = scope(Role.AGENT, "sales")


async def in_queue(store: Store, number: int, queue: str, **columns: Any) -> None:
    sets = "".join(f", {name} = ?" for name in columns)
    async with store.unit() as work:
        await work.change(f"UPDATE tickets SET queue = ?{sets} WHERE number = ?", queue, *columns.values(), number)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        pytest.param(scope(Role.AGENT, "cards"), True, id="an agent of the queue"),
        pytest.param(scope(Role.LEAD), True, id="a lead"),
        pytest.param(scope(Role.MANAGER), True, id="a manager"),
        pytest.param(OBCY, False, id="Obcy"),
        pytest.param(scope(Role.AGENT), False, id="an agent without a queue"),
    ],
)
async def test_a_ticket_is_seen_through_a_scope(store: Store, who: Scope, sees: bool) -> None:
    """M-9: the same answer for a ticket that is not there and one that is not yours."""
    made = await ticket(store)
    await in_queue(store, 1, "cards")
    reader = store.reading()
    assert (await visible.by_number(reader, 1, who) is not None) is sees
    assert (await visible.by_id(reader, made.id, who) is not None) is sees
    assert await visible.by_number(reader, 2, who) is None
    for queue in ("cards", None):
        found, total = await visible.queued(reader, who, queue)
        assert (len(found), total) == ((1, 1) if sees else (0, 0))


async def test_everybody_sees_the_inbox(store: Store) -> None:
    await ticket(store)
    assert await visible.by_number(store.reading(), 1, OBCY) is not None


async def test_what_is_ones_own_is_seen_wherever_it_stands(store: Store) -> None:
    anna = await actor(store, "Anna")
    await ticket(store)
    async with store.unit() as work:
        await actions.take(work, anna, await seen(work, 1))
    await in_queue(store, 1, "cards")
    reader = store.reading()
    assert await visible.by_number(reader, 1, access.scope(anna)) is not None
    assert await visible.by_number(reader, 1, OBCY) is None
    found, total = await visible.assigned(reader, anna.id)
    assert ([one.name for one in found], total) == (["T1"], 1)
    assert await visible.queued(reader, access.scope(anna), "cards") == ([], 0)


async def test_the_most_urgent_come_first(store: Store) -> None:
    for number, (priority, hours) in enumerate([(3, 5), (3, 1), (1, 9), (3, None)], 1):
        await ticket(store, f"c{number}", due_at=START + timedelta(hours=hours) if hours else None)
        await in_queue(store, number, "inbox", priority=priority)
    found, total = await visible.queued(store.reading(), OBCY)
    assert ([one.number for one in found], total) == ([3, 4, 2, 1], 4)


async def test_a_page_is_bounded_and_says_how_many_there_are(store: Store) -> None:
    """S1-7: lists are bounded."""
    for number in range(12):
        await ticket(store, f"c{number}")
    found, total = await visible.queued(store.reading(), OBCY)
    assert (len(found), total) == (visible.PAGE, 12)
    listed = await visible.listed(store.reading(), after=5, limit=3)
    assert [one.number for one in listed] == [6, 7, 8]


async def test_closed_tickets_are_on_no_list(store: Store) -> None:
    await ticket(store)
    await in_queue(store, 1, "inbox", state="closed")
    assert await visible.queued(store.reading(), OBCY) == ([], 0)


async def test_a_ticket_is_read_whole(store: Store) -> None:
    made = await ticket(store, due_at=DUE, name="Eszter Nagy", text="My card", language="hu-HU")
    view = (await visible.by_ids(store.reading(), [made.id]))[made.id]
    assert (view.name, view.contact, view.language, view.subject) == ("T1", "Eszter Nagy", "hu", "My card")
    assert (view.first_response_due, view.is_breached, view.is_closed, view.tags) == (DUE, False, False, ())
    assert (view.created_at, view.updated_at, view.assignee) == (START, START, None)
    assert await visible.by_ids(store.reading(), []) == {}


async def test_entries_tell_how_the_delivery_went(store: Store) -> None:
    """S0-12: one history, with what became of each message."""
    anna = await actor(store, "Anna")
    await ticket(store, text="Question")
    async with store.unit() as work:
        view = await seen(work, 1)
        sending = await actions.reply(work, anna, view, "Answer", lines=LINES, tokens=Tokens())
        await actions.note(work, anna, view, "Hint")
    async with store.unit() as work:
        await work.change(
            "UPDATE messages SET state = 'failed', reason = 'refused' WHERE id = ?", sending.message_ids[0]
        )
    found = await visible.entries(store.reading(), view.id)
    assert [(one.author, one.kind, one.text, one.delivery, one.reason) for one in found] == [
        (view.contact, "message", "Question", None, None),
        ("Anna", "event", "Anna took the ticket", None, None),
        ("Anna", "message", "Answer", "failed", "refused"),
        ("Anna", "note", "Hint", None, None),
    ]
    assert [one.text for one in await visible.entries(store.reading(), view.id, limit=2)] == ["Answer", "Hint"]


async def test_a_persons_tickets_and_history_are_seen_as_far_as_the_scope_goes(store: Store) -> None:
    """S0-1, S3-3: what a customer's card shows of his cases is what its reader may see of them."""
    anna = await actor(store, "Anna")
    first = await ticket(store, text="My card")
    async with store.unit() as work:
        await timeline.add(work, [timeline.Line(first.contact_id, "closed", None, None, "ticket", first.id, "solved")])
        await timeline.add(work, [timeline.Line(first.contact_id, "call", text="of no ticket")])
    await in_queue(store, 1, "cards")
    reader, who = store.reading(), [first.contact_id]
    for scoped, sees in ((scope(Role.AGENT, "cards"), True), (scope(Role.LEAD), True), (OBCY, False)):
        found, total = await visible.of_contacts(reader, who, scoped)
        past = await visible.past(reader, who, scoped)
        assert (len(found), total, len(past)) == ((1, 1, 1) if sees else (0, 0, 0))
    await in_queue(store, 1, "cards", assignee_id=anna.id)
    assert (await visible.of_contacts(store.reading(), who, access.scope(anna)))[1] == 1, "what is his own"
    [line] = await visible.past(store.reading(), who, access.scope(anna))
    assert (line.ticket, line.kind, line.text) == ("T1", "closed", "solved")
    await in_queue(store, 1, "cards", state="closed")
    assert await visible.of_contacts(store.reading(), who, ALL) == ([], 0)
    assert await visible.of_contacts(store.reading(), [], ALL) == ([], 0)
    assert await visible.past(store.reading(), [], ALL) == []
