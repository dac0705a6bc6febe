"""A lease that was lost where the far side keeps a list: what was taken is sent, what never was goes again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels import leases, settling, witness
from channels.contract import Address, Inbound, Kind, MessageId, Operation, Outbound
from channels.dispatcher import Dispatcher
from channels.errors import Reason, SendError
from channels.leases import Lost
from channels.models import MessageState
from channels.settling import Outcome
from channels.witness import LAG, PATIENCE, Finding, Heard
from kernel.unit import Store
from tests.channels import fake
from tests.channels.fake import FakeAdapter, draft, until

HERE = Address("fake", "4711")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def listed(external_id: str, *, about: object = "", status: str = "sent", reason: str = "") -> Inbound:
    """A message as the far side lists it."""
    return Inbound(Kind.STATUS, HERE, HERE, external_id=external_id, about=str(about), status=status, reason=reason)


CASES = [
    pytest.param([listed("a", about=1)], MOMENT, False, Finding.SENT, id="it is there"),
    pytest.param([listed("known"), listed("a", about=1)], MOMENT, False, Finding.SENT, id="beside others of ours"),
    pytest.param([listed("known", about=1)], MOMENT, False, Finding.LATER, id="of the same text, another of ours"),
    pytest.param([], LAG - MOMENT, False, Finding.LATER, id="not yet"),
    pytest.param([], LAG, False, Finding.UNSENT, id="never"),
    pytest.param([listed("known")], LAG, False, Finding.UNSENT, id="never, beside others of ours"),
    pytest.param([listed("a")], LAG, False, Finding.UNCLEAR, id="of another text, and none of ours"),
    pytest.param([listed("a", about=1), listed("b", about=1)], MOMENT, False, Finding.UNCLEAR, id="two"),
    pytest.param([listed("a", about=1), listed("b")], MOMENT, False, Finding.UNCLEAR, id="one and a stranger"),
    pytest.param([listed("a", about=1)], MOMENT, True, Finding.UNCLEAR, id="it may be its twin"),
    pytest.param([], LAG, True, Finding.UNSENT, id="nor its twin"),
    pytest.param(None, PATIENCE - MOMENT, False, Finding.LATER, id="nobody answers"),
    pytest.param(None, PATIENCE, False, Finding.UNCLEAR, id="nobody answers for long"),
]


@pytest.mark.parametrize(("seen", "age", "has_twin", "expected"), CASES)
def test_what_a_list_tells(seen: Sequence[Inbound] | None, age: timedelta, has_twin: bool, expected: Finding) -> None:
    """R7: only a list that is certain to be whole says "never"; two candidates need a person."""
    lost = Lost(Outbound(MessageId(1), 1, Operation.SEND, HERE, "Hello"), "fake:1", NOW - age)
    assert witness.decide(Heard(lost, seen), {"known"}, NOW, has_twin=has_twin) is expected


class Listing(FakeAdapter):
    """A far side that lists what it has taken. `seen` None: it does not answer."""

    def __init__(self, *seen: Inbound, **capable: Any) -> None:
        super().__init__(**capable)
        self.seen: list[Inbound] | None = list(seen)
        self.asked: list[tuple[Outbound, datetime]] = []

    async def find(self, outbound: Outbound, since: datetime) -> Sequence[Inbound]:
        self.asked.append((outbound, since))
        if self.seen is None:
            raise SendError(Reason.UNREACHABLE, "away")
        return self.seen


async def lost(store: Store, *, ended: timedelta = LAG, **more: Any) -> int:
    """A message whose dispatcher died while sending; its lease ended so long ago."""
    [message] = await fake.queue(store, draft(**more))
    await fake.claim(store)
    async with store.unit() as work:
        ended_at = datetime.now(UTC) - ended
        await work.change("UPDATE messages SET lease_until = ? WHERE state = 'leased'", ended_at)
    return message


async def swept(store: Store, adapter: FakeAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new dispatcher's first look, and the next one, which writes what was heard; it sends nothing yet."""
    monkeypatch.setattr(witness, "EVERY_S", 0.0)
    dispatcher = Dispatcher(store, adapter)
    for _ in range(2):
        dispatcher._swept_at = float("-inf")
        await dispatcher._sweep()
        task = dispatcher._asking and dispatcher._asking._task
        await until(lambda task=task: not task or task.done())
    await dispatcher.stop()


async def test_what_was_taken_is_sent_under_its_id(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """R7: nobody is told "maybe", and a report that comes later finds it."""
    message = await lost(store)
    adapter = Listing(listed("SM1", about=message))
    await swept(store, adapter, monkeypatch)
    row = await fake.row(store, message)
    assert (row["state"], row["external_id"], row["reason"]) == ("sent", "SM1", None)
    assert await fake.attempts(store, message) == [(1, "sent")]
    [(outbound, since)] = adapter.asked
    assert outbound.id == message
    assert datetime.now(UTC) - since >= LAG + leases.LEASE + witness.MARGIN


@pytest.mark.parametrize(("status", "reason"), [("delivered", None), ("failed", "refused: 30003")])
async def test_how_it_fared_meanwhile_is_told_too(
    store: Store, monkeypatch: pytest.MonkeyPatch, status: str, reason: str | None
) -> None:
    """M-8: the far side does not say it twice."""
    told: list[Any] = []
    store.handlers = {settling.MessageSettled: (fake.telling(told),)}
    message = await lost(store)
    await swept(store, Listing(listed("SM1", about=message, status=status, reason=reason or "")), monkeypatch)
    row = await fake.row(store, message)
    assert (row["state"], row["external_id"], row["reason"]) == (status, "SM1", reason)
    assert [one.state for one in told] == ["sent", status]


async def test_what_never_arrived_goes_again_once_and_in_its_order(
    store: Store, monkeypatch: pytest.MonkeyPatch, started: fake.Started
) -> None:
    """R7, R10: what was written behind it waits until it is known."""
    message = await lost(store)
    await fake.queue(store, draft("second"))
    adapter = Listing()
    await swept(store, adapter, monkeypatch)
    row = await fake.row(store, message)
    assert (row["state"], row["tries"], "never had it" in row["reason"]) == ("queued", 1, True)
    started(adapter)
    await until(fake.reached(store, "sent", "sent"))
    assert [one.text for one in adapter.sent] == ["Hello", "second"]
    assert await fake.attempts(store, message) == [(1, "queued"), (2, "sent")]


async def test_a_list_that_lags_is_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """R7: empty a moment after the lease, it says nothing yet; the line behind waits."""
    message = await lost(store, ended=MOMENT)
    await fake.queue(store, draft("second"))
    adapter = Listing()
    await swept(store, adapter, monkeypatch)
    assert await fake.states(store) == ["leased", "queued"]
    assert await fake.claim(store) == []
    adapter.seen = [listed("SM1", about=message)]
    await swept(store, adapter, monkeypatch)
    assert await fake.states(store) == ["sent", "queued"]


@pytest.mark.parametrize(
    ("ended", "state"), [(PATIENCE - LAG, "leased"), (PATIENCE, "maybe_sent")], ids=["waits", "a person has to tell"]
)
async def test_a_far_side_that_does_not_answer_is_asked_for_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch, ended: timedelta, state: str
) -> None:
    """M-7: never silently lost."""
    await lost(store, ended=ended)
    adapter = Listing()
    adapter.seen = None
    await swept(store, adapter, monkeypatch)
    assert await fake.states(store) == [state]
    assert adapter.asked


async def test_a_twin_makes_it_a_persons_matter(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one in the list may be the alert of the same words that was lost a little before."""
    [twin] = await fake.queue(store, draft())
    [claimed] = await fake.claim(store)
    async with store.unit() as work:
        await settling.settle(work, [Outcome(claimed.outbound.id, 1, MessageState.MAYBE, reason="uncertain")])
    message = await lost(store)
    await swept(store, Listing(listed("SM1", about=message)), monkeypatch)
    assert await fake.states(store) == ["maybe_sent", "maybe_sent"]
    assert (await fake.row(store, twin))["external_id"] is None


async def test_what_other_messages_are_is_no_candidate(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    [first] = await fake.queue(store, draft("before"))
    [claimed] = await fake.claim(store)
    async with store.unit() as work:
        done = Outcome(claimed.outbound.id, 1, MessageState.SENT, external_id="SM0")
        await settling.settle(work, [done])
    message = await lost(store)
    await swept(store, Listing(listed("SM1", about=message), listed("SM0")), monkeypatch)
    assert (await fake.row(store, first))["external_id"] == "SM0"
    assert (await fake.row(store, message))["external_id"] == "SM1"


async def test_a_report_that_comes_meanwhile_is_believed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its callback carries our own id; the list's word comes too late then."""
    message = await lost(store)

    class Slow(Listing):
        async def find(self, outbound: Outbound, since: datetime) -> Sequence[Inbound]:
            async with store.unit() as work:
                report = witness.Report("fake:1", "delivered", message, "SM1")
                await witness.reports.take(work, [report])
            return []

    await swept(store, Slow(), monkeypatch)
    row = await fake.row(store, message)
    assert (row["state"], row["external_id"]) == ("delivered", "SM1")
    assert await fake.claim(store) == []


async def test_who_repeats_safely_asks_nobody(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await lost(store)
    adapter = Listing(listed("SM1", about=message), repeats_safely=True)
    await swept(store, adapter, monkeypatch)
    assert (await fake.states(store), adapter.asked) == (["queued"], [])


async def test_what_is_the_same_done_twice_needs_no_witness(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await lost(store, operation=Operation.TOAST)
    adapter = Listing()
    await swept(store, adapter, monkeypatch)
    assert (await fake.states(store), adapter.asked) == (["queued"], [])
