"""What became of a send whose lease was lost: the far side's own list is the second witness. Asking it, and deciding.

A hub that dies between the far side's acceptance and its own commit leaves a lease. Where sending again could double
the message, and the far side keeps a list of what it has taken, that list is asked, outside any transaction, until it
tells or the patience is over: docs/decisions/0022-the-second-witness.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Container, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct

from channels import leases, reports, settling
from channels.contract import Adapter, Inbound, Outbound
from channels.errors import SendError
from channels.leases import LEASE, STOPPED, Lost
from channels.models import MessageState
from channels.reports import Report
from channels.settling import Outcome
from kernel import log, loops, rows
from kernel.unit import Reader, Store, Work

_log = log.get(__name__)
LAG = timedelta(seconds=60)  # after the end of the lease: so long a list may not show yet what was taken
PATIENCE = timedelta(minutes=15)  # after that a person has to tell
MARGIN = timedelta(minutes=15)  # by which our clock and theirs may differ
TWIN_WITHIN = timedelta(hours=1)
AT_ONCE = 20  # lost messages asked about in a row
EVERY_S = 10.0
DEADLINE_S = 25.0


@runtime_checkable
class SecondWitness(Protocol):
    """An adapter whose far side can be asked what it has taken."""

    async def find(self, outbound: Outbound, since: datetime) -> Sequence[Inbound]:
        """All that we have sent to the address of `outbound` since then: a status report each, with the far side's id.

        `about` is the id of `outbound` where the text is the same, else "". Raises SendError, also where there is too
        much to tell.
        """


class Finding(StrEnum):
    SENT = "sent"
    UNSENT = "unsent"  # it was never taken: it is sent again
    UNCLEAR = "unclear"  # only a person can tell
    LATER = "later"  # to be asked again


class Heard(Struct, frozen=True):
    """What the far side lists; `seen` None: it could not be asked."""

    lost: Lost
    seen: Sequence[Inbound] | None


def decide(heard: Heard, known: Container[str], now: datetime, *, has_twin: bool) -> Finding:
    """`known`: ids of the far side that are other messages of ours. `has_twin`: there is one of the same text of which
    nobody knows either whether it was taken. Pure.

    A message of another text that we know nothing of may be this one, changed on its way.
    """
    age = now - heard.lost.ended_at
    if heard.seen is None:
        return Finding.LATER if age < PATIENCE else Finding.UNCLEAR
    unknown = [one for one in heard.seen if one.external_id not in known]
    if not unknown:
        return Finding.LATER if age < LAG else Finding.UNSENT
    is_it = len(unknown) == 1 and unknown[0].about == str(heard.lost.outbound.id) and not has_twin
    return Finding.SENT if is_it else Finding.UNCLEAR


class Asking:
    """Asks about lost messages of one account, one after the other, and keeps what it hears until that is written."""

    def __init__(self, store: Store, witness: SecondWitness, channel: str, account: str, scheme: str) -> None:
        self._store = store
        self._witness = witness
        self._line = (channel, account, scheme)
        self._task: asyncio.Task[None] | None = None
        self._asked_at = float("-inf")
        self._heard: list[Heard] = []

    async def look(self, spare: Sequence[int]) -> None:
        """Begin to ask, if there is anything to ask about and it is time. `spare`: what a dispatcher has in hand."""
        if self._heard or (self._task and not self._task.done()) or time.monotonic() - self._asked_at < EVERY_S:
            return
        lost = await leases.lost(self._store.reading(), *self._line, spare=spare, limit=AT_ONCE)
        if lost:
            self._task = loops.spawn(self._ask(lost), name=f"witness.{self._line[1]}")

    async def write(self, work: Work) -> list[Heard]:
        """Settle what was heard. It is kept until `forget`: the unit may fail."""
        heard = list(self._heard)
        if heard:
            await _settle(work, heard)
        return heard

    def forget(self, written: Sequence[Heard]) -> None:
        del self._heard[: len(written)]

    async def stop(self) -> None:
        if self._task is not None:
            await loops.cancel(self._task)

    async def _ask(self, lost: Sequence[Lost]) -> None:
        for one in lost:
            self._heard.append(Heard(one, await self._seen(one)))
        self._asked_at = time.monotonic()

    async def _seen(self, lost: Lost) -> Sequence[Inbound] | None:
        try:
            since = lost.ended_at - LEASE - MARGIN
            return await asyncio.wait_for(self._witness.find(lost.outbound, since), DEADLINE_S)
        except (SendError, TimeoutError) as error:
            _log.warning("send.unwitnessed", message=lost.outbound.id, error=log.cause(error))
            return None


def of(store: Store, adapter: Adapter) -> Asking | None:
    """Who asks for an adapter; None where a lost message is sent again in any case, or nobody can be asked."""
    capable = adapter.capabilities
    if capable.repeats_safely or not isinstance(adapter, SecondWitness):
        return None
    return Asking(store, adapter, adapter.name, adapter.account, capable.scheme)


async def _settle(work: Work, heard: Sequence[Heard]) -> None:
    known, twins = await _known(work, heard), await _twins(work, heard)
    now = datetime.now(UTC)
    found = [(one, decide(one, known, now, has_twin=one.lost.outbound.id in twins)) for one in heard]
    outcomes = [_outcome(one, finding, known, work.now) for one, finding in found if finding is not Finding.LATER]
    await settling.settle(work, outcomes)
    await reports.take(work, [_report(one, known) for one, finding in found if finding is Finding.SENT])
    for one, finding in found:
        if finding is not Finding.LATER:
            _log.info("send.witnessed", message=one.lost.outbound.id, finding=finding.value)


def _outcome(heard: Heard, finding: Finding, known: Container[str], now: datetime) -> Outcome:
    message, attempt = heard.lost.outbound.id, heard.lost.outbound.attempt
    if finding is Finding.SENT:
        return Outcome(message, attempt, MessageState.SENT, external_id=_report(heard, known).external_id)
    if finding is Finding.UNSENT:
        reason = f"{STOPPED}; the far side never had it"
        return Outcome(message, attempt, MessageState.QUEUED, reason=reason, due_at=now)
    return Outcome(message, attempt, MessageState.MAYBE, reason=STOPPED)


def _report(heard: Heard, known: Container[str]) -> Report:
    """How the one message fares that can be it: delivered or failed while nobody was there to be told."""
    [said] = [one for one in heard.seen or () if one.external_id not in known]
    return Report(heard.lost.account, said.status, heard.lost.outbound.id, said.external_id, said.reason)


async def _known(reader: Reader, heard: Sequence[Heard]) -> set[str]:
    """Of the ids that are listed those that other messages of ours have."""
    names = sorted({one.external_id for some in heard for one in some.seen or ()})
    if not names:
        return set()
    found = await reader.fetch(
        f"SELECT external_id FROM messages WHERE account = ? AND external_id IN ({rows.marks(names)})",
        heard[0].lost.account,
        *names,
    )
    return {row["external_id"] for row in found}


async def _twins(reader: Reader, heard: Sequence[Heard]) -> set[int]:
    """Lost messages beside which another of the same text went to the same address lately, and was maybe taken."""
    ids = [one.lost.outbound.id for one in heard]
    found = await reader.fetch(
        "SELECT m.id FROM messages AS m WHERE EXISTS (SELECT 1 FROM messages AS o WHERE o.account = m.account"
        " AND o.address = m.address AND o.text = m.text AND o.id <> m.id AND o.state = 'maybe_sent'"
        f" AND o.external_id IS NULL AND o.created_at > ?) AND m.id IN ({rows.marks(ids)})",
        reader.now - TWIN_WITHIN,
        *ids,
    )
    return {row["id"] for row in found}
