"""Which answer counts: one to the customer's last words, of the matter as it is now."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from channels import leases, messages, settling
from channels.events import MessageSettled
from channels.models import MessageState
from channels.outbox import Ref
from channels.settling import Outcome
from crmcore import contacts
from crmcore.access import Actor
from kernel.clock import Clock
from kernel.unit import Store
from tests.conftest import START
from tests.tickets.letters import LINES, actor, arrived, place, seen, ticket
from tickets import actions, clocks, threads
from tickets.deliveries import Deliveries
from tickets.models import ClockKind
from tickets.places import Letter
from tickets.tokens import Tokens

HOUR = timedelta(hours=1)


@pytest.fixture
async def anna(store: Store) -> Actor:
    store.handlers = {MessageSettled: (Deliveries(LINES, Tokens()).settled,)}
    return await actor(store)


async def reply(store: Store, by: Actor, text: str = "Answer", hold: timedelta = timedelta()) -> actions.Sending:
    async with store.unit() as work:
        view = await seen(work, 1)
        return await actions.reply(work, by, view, text, lines=LINES, tokens=Tokens(), hold=hold)


async def settle(store: Store, state: MessageState) -> None:
    """What is queued leaves, and this becomes of it."""
    async with store.unit() as work:
        leased = (await leases.claim(work, "chat", "chat:1", scheme="chat", limit=9)).ready
    found = [Outcome(one.outbound.id, one.outbound.attempt, state, reason="too late") for one in leased]
    assert found
    async with store.unit() as work:
        await settling.settle(work, found)


async def test_an_answer_from_before_the_ticket_was_opened_again_is_none(
    store: Store, anna: Actor, clock: Clock
) -> None:
    """M-6: answered, closed, opened again by the customer; the second answer fails."""
    await ticket(store, due_at=START + HOUR)
    await reply(store, anna)
    await settle(store, MessageState.SENT)
    async with store.unit() as work:
        await actions.close(work, anna, await seen(work, 1))
    clock.push(timedelta(days=1))
    [again] = await place(store, arrived(text="not solved"))
    async with store.unit() as work:
        await clocks.start(work, [clocks.Start(again.id, ClockKind.FIRST_RESPONSE, clock.now() + HOUR)])
    clock.push(timedelta(minutes=1))
    await reply(store, anna)
    await settle(store, MessageState.FAILED)
    view = await seen(store.reading(), 1)
    assert (view.state, view.answered_at) == ("open", None)
    assert view.first_response_due == START + timedelta(days=1) + HOUR


async def test_an_answer_to_the_question_before_is_none_to_this_one(store: Store, anna: Actor, clock: Clock) -> None:
    """M-9: he asked again, and the reply to that was taken back: he waits; the first answer and its clock stand."""
    await ticket(store, due_at=START + HOUR)
    await reply(store, anna)
    await settle(store, MessageState.SENT)
    clock.push(timedelta(minutes=5))
    await place(store, arrived(text="still broken"))
    clock.push(timedelta(minutes=5))
    sending = await reply(store, anna, "oops", hold=timedelta(seconds=3))
    async with store.unit() as work:
        assert await actions.take_back(work, anna, await seen(work, 1), sending.message_ids)
    view = await seen(store.reading(), 1)
    assert (view.state, view.answered_at, view.first_response_due) == ("open", START, None)


async def test_a_machines_answer_asks_nothing(store: Store, anna: Actor, clock: Clock) -> None:
    await ticket(store)
    await reply(store, anna)
    await settle(store, MessageState.SENT)
    clock.push(timedelta(minutes=5))
    await place(store, arrived(text="I am away", automatic=True))
    clock.push(timedelta(minutes=5))
    await reply(store, anna, "And one thing more")
    await settle(store, MessageState.FAILED)
    assert (await seen(store.reading(), 1)).state == "waiting"


async def test_an_answer_that_fails_while_the_customer_writes_is_not_forgotten(store: Store, anna: Actor) -> None:
    """M-4: two units on one ticket follow each other; on SQLite the second cannot even begin."""
    if not store.reading().is_postgres:
        pytest.skip("SQLite has one writer")
    await ticket(store, due_at=START + HOUR)
    await reply(store, anna)
    outside = contextvars.copy_context()
    failing: list[asyncio.Task[None]] = []
    letter = arrived(text="hello?")
    async with store.unit() as work:
        [person] = await contacts.resolve(work, [letter.inbound])
        places = await threads.place(work, [Letter(letter, person, True)], Tokens())
        failing.append(asyncio.create_task(settle(store, MessageState.FAILED), context=outside))
        await until_done_or_blocked(store, failing[0])
        await messages.record(work, [letter], [Ref("ticket", places[0].id)])
        await threads.write(work, places)
    await failing[0]
    view = await seen(store.reading(), 1)
    assert (view.state, view.answered_at, view.first_response_due) == ("open", None, START + HOUR)


async def until_done_or_blocked(store: Store, task: asyncio.Task[Any]) -> None:
    waiting: Sequence[Any] = ()
    while not task.done() and not waiting:
        await asyncio.sleep(0.01)
        waiting = await store.reading().fetch("SELECT pid FROM pg_locks WHERE NOT granted")
