"""Delivery reports move a message forward only; opt-outs are asked again when a message is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels import leases, optouts, outbox, reports, settling
from channels.contract import Address, MessageId
from channels.events import MessageSettled
from channels.models import MessageState
from channels.reports import Report
from channels.settling import Outcome
from kernel.clock import Clock
from kernel.unit import Store, Work
from tests.channels import fake
from tests.channels.fake import draft


@pytest.fixture
def heard(store: Store) -> list[MessageSettled]:
    said: list[MessageSettled] = []

    async def hear(work: Work, events: Sequence[MessageSettled]) -> None:
        said.extend(events)

    store.handlers = {MessageSettled: (hear,)}
    return said


async def in_state(store: Store, state: str, *, external_id: str | None = "SM1", tries: int = 1) -> MessageId:
    message = draft("Hello")
    await fake.queue(store, message)
    async with store.unit() as work:
        await work.change(
            "UPDATE messages SET state = ?, external_id = ?, tries = ? WHERE id = ?",
            state,
            external_id,
            tries,
            message.id,
        )
    return message.id


async def take(store: Store, status: str, message_id: int | None = None, **said: str) -> bool:
    async with store.unit() as work:
        return bool(await reports.take(work, [Report(fake.ACCOUNT, status, message_id, **said)]))


async def row(store: Store) -> tuple[str, str | None, str | None]:
    found = await store.reading().one("SELECT state, external_id, reason FROM messages")
    assert found is not None
    return found["state"], found["external_id"], found["reason"]


@pytest.mark.parametrize(
    ("before", "report", "after"),
    [
        ("leased", "sent", "sent"),
        ("maybe_sent", "sent", "sent"),
        ("maybe_sent", "failed", "failed"),
        ("sent", "delivered", "delivered"),
        ("sent", "failed", "failed"),
        ("failed", "delivered", "delivered"),
        ("queued", "delivered", "delivered"),  # tried before: the lease was lost, the report was not
        ("delivered", "sent", "delivered"),
        ("delivered", "failed", "delivered"),
        ("failed", "sent", "failed"),
        ("cancelled", "delivered", "cancelled"),
        ("sent", "sent", "sent"),
        ("sent", "nonsense", "sent"),
    ],
)
async def test_a_report_moves_forward_only(
    store: Store, heard: list[MessageSettled], before: str, report: str, after: str
) -> None:
    """M-7: reports come late, twice and in any order."""
    message_id = await in_state(store, before)
    assert await take(store, report, message_id) is (before != after)
    assert (await row(store))[0] == after
    assert [(event.id, event.state) for event in heard] == ([(message_id, after)] if before != after else [])


async def test_a_message_never_tried_cannot_have_been_sent(store: Store) -> None:
    message_id = await in_state(store, "queued", external_id=None, tries=0)
    assert not await take(store, "delivered", message_id)


async def test_a_report_may_name_the_message_by_the_providers_id(store: Store) -> None:
    await in_state(store, "sent", external_id="SM77")
    assert not await take(store, "delivered", external_id="SM78")
    assert await take(store, "failed", external_id="SM77", reason="30003: unreachable")
    assert await row(store) == ("failed", "SM77", "30003: unreachable")


async def test_a_report_that_overtakes_its_receipt_keeps_the_providers_id(store: Store) -> None:
    message_id = await in_state(store, "leased", external_id=None)
    assert await take(store, "delivered", message_id, external_id="SM9")
    async with store.unit() as work:
        await settling.settle(work, [Outcome(message_id, 1, MessageState.SENT, external_id="SM9")])
    assert await row(store) == ("delivered", "SM9", None)


async def test_a_report_of_another_account_changes_nothing(store: Store) -> None:
    message_id = await in_state(store, "sent")
    async with store.unit() as work:
        assert not await reports.take(work, [Report("fake:other", "failed", message_id)])


async def test_an_opt_out_is_asked_when_the_message_leaves(store: Store, heard: list[MessageSettled]) -> None:
    """M-4, S4-18: also what was queued before the STOP stays here; answers that colleagues write still go."""
    notice, reply = draft("Notice", "a", purpose="notice"), draft("Reply", "b", purpose="reply")
    await fake.queue(store, notice, reply, draft("Other", "c", purpose="notice"))
    async with store.unit() as work:
        for value in ("a", "b"):
            assert await optouts.stop(work, Address("fake", value), source_id=None)
            assert not await optouts.stop(work, Address("fake", value), source_id=None)
    claimed = await fake.claim(store)
    assert [one.outbound.text for one in claimed] == ["Reply", "Other"]
    assert [(event.id, event.state, event.reason) for event in heard] == [(notice.id, "failed", "opted_out")]


async def test_who_opts_in_again_is_written_to_again(store: Store, clock: Clock) -> None:
    async with store.unit() as work:
        await optouts.stop(work, Address("fake", "a"), source_id=None)
        assert await optouts.start(work, Address("fake", "a"))
        assert not await optouts.start(work, Address("fake", "a"))
        await outbox.enqueue(work, [draft("Notice", "a", purpose="notice")])
    clock.push(timedelta(seconds=1))
    async with store.unit() as work:
        claimed = (await leases.claim(work, fake.CHANNEL, fake.ACCOUNT, scheme="fake", limit=9)).ready
        assert await optouts.stop(work, Address("fake", "a"), source_id=None), "a second STOP stands again"
    assert [one.outbound.text for one in claimed] == ["Notice"]


REPORTS = st.lists(st.sampled_from(["sent", "delivered", "failed", "nonsense"]), max_size=6)
BEFORE = st.sampled_from(["queued", "leased", "sent", "delivered", "maybe_sent", "failed", "cancelled"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=BEFORE, tries=st.integers(0, 1), said=REPORTS)
async def test_reports_taken_together_end_where_they_would_one_by_one(
    store: Store, before: str, tries: int, said: list[str]
) -> None:
    """M-7: the batch is the same as the line of them, the reason included."""
    ends = []
    for sizes in ([1] * len(said), [len(said)]):
        message_id, rest = await in_state(store, before, tries=tries), list(enumerate(said))
        async with store.unit() as work:
            for size in sizes:
                batch, rest = rest[:size], rest[size:]
                given = [Report(fake.ACCOUNT, status, message_id, reason=f"{number}") for number, status in batch]
                await reports.take(work, given)
        found = await fake.row(store, message_id)
        ends.append((found["state"], found["reason"], found["external_id"]))
    assert ends[0] == ends[1]
