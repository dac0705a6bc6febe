"""The outbox: what is queued leaves in order, once, and no later than it is of use."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels import failures, leases, outbox, settling
from channels.contract import Button, Operation
from channels.errors import Reason, SendError
from channels.events import MessageSettled
from channels.models import MessageState
from channels.outbox import Ref
from channels.settling import Outcome
from kernel.clock import Clock
from kernel.unit import Store
from tests.channels import fake
from tests.channels.fake import draft


def texts(leased: list[leases.Leased]) -> list[str]:
    return [one.outbound.text for one in leased]


async def settle(store: Store, *outcomes: Outcome) -> None:
    async with store.unit() as work:
        await settling.settle(work, outcomes)


def sent(leased: leases.Leased, external_id: str = "x1") -> Outcome:
    return Outcome(leased.outbound.id, leased.outbound.attempt, MessageState.SENT, external_id=external_id)


async def test_a_draft_leaves_only_if_its_unit_commits(store: Store) -> None:
    """M-7: what is sent belongs to what was done."""
    with pytest.raises(ZeroDivisionError):
        async with store.unit() as work:
            await outbox.enqueue(work, [draft()])
            raise ZeroDivisionError
    assert await fake.claim(store) == []


async def test_a_message_is_claimed_whole(store: Store) -> None:
    buttons = ((Button("Take", "t:12"), Button("Закрыть", "c:12")),)
    card = draft("Card", purpose="card")
    await fake.queue(store, card)
    [first] = await fake.claim(store)
    await settle(store, sent(first, "tg-77"))
    await fake.queue(store, draft("Karta ✓", operation=Operation.EDIT, subject="S", buttons=buttons, target_id=card.id))
    [second] = await fake.claim(store)
    outbound = second.outbound
    assert (outbound.operation, outbound.text, outbound.subject) == (Operation.EDIT, "Karta ✓", "S")
    assert (outbound.buttons, outbound.target, outbound.attempt) == (buttons, "tg-77", 1)


async def test_at_most_one_message_is_in_flight_per_address_and_in_order(store: Store) -> None:
    """M-7: a customer reads what we wrote in the order we wrote it."""
    await fake.queue(store, draft("a1", "a"), draft("b1", "b"), draft("a2", "a"), draft("a3", "a"))
    first = await fake.claim(store)
    assert texts(first) == ["a1", "b1"]
    assert await fake.claim(store) == []
    await settle(store, sent(first[0]))
    [second] = await fake.claim(store)
    assert second.outbound.text == "a2"


async def test_another_accounts_messages_are_not_claimed(store: Store) -> None:
    await fake.queue(store, draft("mine"), draft("theirs", account="fake:2"))
    assert texts(await fake.claim(store)) == ["mine"]
    assert texts(await fake.claim(store, account="fake:2")) == ["theirs"]


async def test_answers_leave_before_bulk(store: Store) -> None:
    """M-7: a campaign does not hold up an answer; within a claim they are handed out first too."""
    bulk = [draft(f"bulk {n}", f"c{n}", priority=outbox.BULK) for n in range(30)]
    await fake.queue(store, *bulk, draft("answer", "d", priority=outbox.URGENT), draft("notice", "e"))
    assert texts(await fake.claim(store, limit=3)) == ["answer", "notice", "bulk 0"]


async def test_an_answer_overtakes_bulk_to_the_same_address(store: Store) -> None:
    await fake.queue(store, draft("bulk", priority=outbox.BULK), draft("answer", priority=outbox.URGENT))
    assert texts(await fake.claim(store)) == ["answer"]


async def test_a_held_message_waits_and_can_be_taken_back(store: Store, clock: Clock) -> None:
    """M-9: an agent has three seconds to undo."""
    [held] = await fake.queue(store, draft(hold_s=3))
    assert await fake.claim(store) == []
    async with store.unit() as work:
        assert await outbox.cancel(work, held)
        assert not await outbox.cancel(work, held)
    clock.push(timedelta(seconds=3))
    assert await fake.claim(store) == []
    assert await fake.states(store) == ["cancelled"]


async def test_what_a_dispatcher_has_cannot_be_taken_back(store: Store, clock: Clock) -> None:
    [held] = await fake.queue(store, draft(hold_s=3))
    clock.push(timedelta(seconds=3))
    [leased] = await fake.claim(store)
    async with store.unit() as work:
        assert not await outbox.cancel(work, held)
    await settle(store, sent(leased))
    async with store.unit() as work:
        assert not await outbox.cancel(work, held)
    assert await fake.states(store) == ["sent"]


async def test_a_message_after_a_held_one_keeps_its_place(store: Store, clock: Clock) -> None:
    await fake.queue(store, draft("held", hold_s=3), draft("after"))
    assert await fake.claim(store) == []
    clock.push(timedelta(seconds=3))
    assert texts(await fake.claim(store)) == ["held"]


async def test_a_message_due_far_off_holds_up_nobody(store: Store) -> None:
    await fake.queue(store, draft("tomorrow", hold_s=86_400), draft("now"))
    assert texts(await fake.claim(store)) == ["now"]


async def test_an_edit_replaces_edits_that_have_not_left(store: Store) -> None:
    card = draft("card")
    await fake.queue(store, card)
    [leased] = await fake.claim(store)
    await settle(store, sent(leased))
    for text in ("one", "two", "three"):
        await fake.queue(store, draft(text, operation=Operation.EDIT, target_id=card.id))
    assert texts(await fake.claim(store)) == ["three"]
    assert await fake.states(store) == ["sent", "cancelled", "cancelled", "leased"]


async def test_an_edit_under_way_is_not_replaced(store: Store) -> None:
    card = draft("card")
    await fake.queue(store, card)
    [leased] = await fake.claim(store)
    await settle(store, sent(leased))
    await fake.queue(store, draft("one", operation=Operation.EDIT, target_id=card.id))
    await fake.claim(store)
    await fake.queue(store, draft("two", operation=Operation.EDIT, target_id=card.id))
    assert await fake.states(store) == ["sent", "leased", "queued"]


@pytest.mark.parametrize("operation", [Operation.EDIT, Operation.CLOSE_TOPIC, Operation.REOPEN_TOPIC], ids=str)
async def test_an_edit_of_what_never_left_is_settled_as_gone(store: Store, operation: Operation) -> None:
    card = draft("card")
    await fake.queue(store, card)
    async with store.unit() as work:
        await outbox.cancel(work, card.id)
    [edit] = await fake.queue(store, draft("edit", operation=operation, target_id=card.id))
    assert await fake.claim(store) == []
    row = await fake.row(store, edit)
    assert (row["state"], row["reason"]) == ("cancelled", "gone")


async def test_a_message_stands_in_its_topic_once_that_has_an_id(store: Store) -> None:
    topic = draft("T1", operation=Operation.OPEN_TOPIC)
    await fake.queue(store, topic, draft("inside", within_id=topic.id))
    [opening] = await fake.claim(store)
    await settle(store, sent(opening, "thread-9"))
    [inside] = await fake.claim(store)
    assert inside.outbound.within == "thread-9"


async def test_what_is_stale_fails_and_somebody_is_told(store: Store, clock: Clock) -> None:
    """M-7: nothing is sent late without saying so."""
    told: list[MessageSettled] = []
    store.handlers = {MessageSettled: (fake.telling(told),)}
    [old, fresh] = await fake.queue(
        store,
        draft("old", ref=Ref("ticket", 12), stale_after=timedelta(hours=1)),
        draft("fresh", "other", stale_after=timedelta(hours=3)),
    )
    clock.push(timedelta(hours=2))
    async with store.unit() as work:
        assert await leases.expire(work, fake.CHANNEL, fake.ACCOUNT) == 1
    assert await fake.states(store) == ["failed", "queued"]
    assert [(one.id, one.state, one.ref_id, one.reason) for one in told] == [(old, "failed", 12, "too late")]
    assert [one.outbound.id for one in await fake.claim(store)] == [fresh]


async def test_a_failed_message_can_be_sent_once_more(store: Store) -> None:
    [message] = await fake.queue(store, draft())
    [leased] = await fake.claim(store)
    await settle(store, failures.after_failure(leased, SendError(Reason.REFUSED, "blocked"), store.clock.now()))
    assert await fake.states(store) == ["failed"]
    async with store.unit() as work:
        assert await outbox.requeue(work, message)
        assert not await outbox.requeue(work, message)
    [again] = await fake.claim(store)
    assert again.outbound.attempt == 2
    await settle(store, sent(again))
    assert await fake.attempts(store, message) == [(1, "failed"), (2, "sent")]


async def test_the_next_due_time_is_the_earliest_of_the_account(store: Store, clock: Clock) -> None:
    assert await leases.next_due(store.reading(), fake.CHANNEL, fake.ACCOUNT) is None
    await fake.queue(store, draft("later", "a", hold_s=50), draft("soon", "b", hold_s=5), draft("x", account="fake:2"))
    due_at = await leases.next_due(store.reading(), fake.CHANNEL, fake.ACCOUNT)
    assert due_at == clock.now() + timedelta(seconds=5)


async def test_what_was_tried_once_cannot_be_taken_back(store: Store) -> None:
    """It may have arrived: "taken back" would be a lie."""
    [message] = await fake.queue(store, draft())
    async with store.unit() as work:
        await work.change("UPDATE messages SET tries = 1 WHERE id = ?", message)
        assert not await outbox.cancel(work, message)
    assert await fake.states(store) == ["queued"]
