"""The story of a customer's message over a batch: what it leaves, and that a batch costs what one message costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from channels.messages import Arrived
from crmcore import timeline
from kernel import rows
from kernel.unit import Store, Work
from routing import assign, intake, rules
from routing.desk import Desk, Queue
from routing.rules import Rule
from tests.conftest import START
from tests.tickets.letters import actor, arrived, close, entries, seen
from tickets import calendar, calendar_settings
from tickets.events import CustomerWrote, TicketOpened

OFFICE = calendar_settings.build(
    "office", zone="Europe/Warsaw", hours={"tue": ["08:00-12:00", "13:00-16:00"]}, holidays=""
)


def rule(when: str, **then: Any) -> Rule:
    condition, problems = rules.compile_condition(when, field="when")
    assert not problems
    return Rule("r", condition, then.get("queue"), then.get("priority"), then.get("tags", ()), False)


DESK = Desk(
    {
        "inbox": Queue("inbox", calendar.always()),
        "cards": Queue("cards", OFFICE, first_response=timedelta(hours=4), members=("Anna",)),
    },
    (
        rule('message.text.contains("card")', queue="cards", priority=2, tags=("card",)),
        rule('message.text.contains("urgent")', priority=1, tags=("urgent",)),
        rule('message.text.contains("nowhere")', queue="nowhere"),
    ),
    {"chat": True},
)


class Counting:
    """A connection that counts what is asked of it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.capabilities = connection.capabilities
        self.statements: list[str] = []

    async def execute_query(self, sql: str, values: Any = None) -> Any:
        self.statements.append(sql)
        return await self._connection.execute_query(sql, values)

    async def execute_query_dict(self, sql: str, values: Any = None) -> Any:
        self.statements.append(sql)
        return await self._connection.execute_query_dict(sql, values)


async def handle(store: Store, *messages: Arrived, desk: Desk = DESK) -> int:
    """Handle a batch; how many statements it took."""
    async with store.unit() as work:
        counting: Any = Counting(work.connection)
        work.connection = counting
        await intake.handle(work, desk, messages)
    return len(counting.statements)


async def test_a_message_becomes_a_ticket_with_queue_clock_assignee_and_history(store: Store) -> None:
    """M-4, M-5, M-6."""
    await actor(store, "Anna")
    await handle(store, arrived("eszter", "my card is blocked", name="Eszter"))
    view = await seen(store.reading(), 1)
    assert (view.queue, view.priority, view.tags, view.assignee) == ("cards", 2, ("card",), "Anna")
    # nine in Greenwich is ten in Warsaw: two hours before noon, two after one o'clock
    assert view.first_response_due == START + timedelta(hours=5)
    ruled = ("Centrala", "rule r: queue cards, priority 2, tag card")
    assert await entries(store, 1) == [("Eszter", "my card is blocked"), ruled]
    past = await timeline.of_contact(store.reading(), view.contact_id)
    assert [(one.kind, one.channel, one.text) for one in past] == [("message", "chat", "my card is blocked")]


async def test_a_message_of_the_same_matter_moves_no_ticket_and_only_raises_its_priority(store: Store) -> None:
    """M-6: rules choose the queue of a matter that begins."""
    await handle(store, arrived(text="hello"))
    await handle(store, arrived(text="my card, urgent"))
    view = await seen(store.reading(), 1)
    assert (view.queue, view.priority, view.tags) == ("inbox", 1, ("card", "urgent"))
    await handle(store, arrived(text="my card"))
    assert (await seen(store.reading(), 1)).priority == 1


async def test_a_matter_that_begins_again_is_routed_anew(store: Store) -> None:
    await handle(store, arrived(text="hello"))
    await close(store, 1, START)
    await handle(store, arrived(text="my card"))
    view = await seen(store.reading(), 1)
    assert (view.queue, view.state) == ("cards", "open")
    assert view.first_response_due is not None


async def test_a_rule_that_names_a_queue_that_is_gone_leaves_the_ticket_where_it_is(store: Store) -> None:
    await handle(store, arrived(text="nowhere"))
    assert (await seen(store.reading(), 1)).queue == "inbox"


async def test_the_first_letter_opens_and_each_further_one_joins(store: Store) -> None:
    said: list[Any] = []

    async def hear(work: Work, events: Sequence[Any]) -> None:
        said.extend(events)

    store.handlers = {TicketOpened: (hear,), CustomerWrote: (hear,)}
    batch = [arrived("a"), arrived("b"), arrived("a")]
    await handle(store, *batch)
    kinds = [(type(one).__name__, one.message_id) for one in said]
    assert kinds == [
        ("TicketOpened", batch[0].id),
        ("TicketOpened", batch[1].id),
        ("CustomerWrote", batch[2].id),
    ]


@pytest.mark.parametrize("known", [False, True], ids=["strangers", "known contacts"])
@pytest.mark.parametrize("replying", [False, True], ids=["plain", "replies"])
async def test_fifty_messages_take_as_many_statements_as_one(store: Store, known: bool, replying: bool) -> None:
    """M-4: a query a step, not a query a message."""
    anna = await actor(store, "Anna")
    async with store.unit() as work:
        await assign.join(work, anna.id, ["cards"])
    said = {"replies_to": "77"} if replying else {}
    if known:
        await handle(store, *(arrived(f"c{n}", "my card") for n in range(51)))
        if replying:
            async with store.unit() as work:
                await work.change("UPDATE tickets SET state = 'closed', closed_at = ?", work.now)
    one = await handle(store, arrived("c50", "my card", **said))
    fifty = await handle(store, *(arrived(f"c{n}", "my card", **said) for n in range(50)))
    assert fifty == one
    assert one <= 22


async def test_a_batch_over_many_queues_takes_no_statement_a_queue(store: Store) -> None:
    queues = {f"q{n}": Queue(f"q{n}", calendar.always(), timedelta(hours=1), members=("Anna",)) for n in range(5)}
    ruled = tuple(rule(f'message.text == "q{n}"', queue=f"q{n}") for n in range(5))
    desk = replace(DESK, queues={**DESK.queues, **queues}, rules=ruled)
    await actor(store, "Anna")
    one = await handle(store, arrived("x", "q0"), desk=desk)
    five = await handle(store, *(arrived(f"c{n}", f"q{n}") for n in range(5)), desk=desk)
    assert five == one


async def test_a_batch_is_decided_as_its_letters_one_by_one(store: Store) -> None:
    """M-6: what a later letter says neither moves the ticket nor lowers its priority, however they were fetched."""
    ruled = (
        rule('message.text.contains("urgent")', queue="cards", priority=1),
        rule('message.text.contains("thanks")', queue="inbox", priority=4),
    )
    desk = replace(DESK, rules=ruled)
    await handle(store, arrived("one by one", "urgent"), desk=desk)
    await handle(store, arrived("one by one", "thanks"), desk=desk)
    await handle(store, arrived("at once", "urgent"), arrived("at once", "thanks"), desk=desk)
    for number in (1, 2):
        view = await seen(store.reading(), number)
        assert (view.queue, view.priority) == ("cards", 1)


async def test_a_message_is_kept_under_the_id_it_was_stored_with(store: Store) -> None:
    message = arrived(subject="S" * 600, text="words", unreadable="")
    await handle(store, message)
    row = await store.reading().one("SELECT * FROM messages")
    assert row is not None
    assert (row["id"], row["direction"], row["state"], row["text"]) == (message.id, "in", "received", "words")
    assert (row["subject"], row["ref_kind"]) == ("S" * 500, "ticket")
    assert rows.instant(row["created_at"]) == START
