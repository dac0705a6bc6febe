"""The dispatcher of one account: claims, paces, sends outside any transaction, settles in batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from channels import failures, leases, settling, witness
from channels import quiet as quiet_mode
from channels.contract import Adapter, Bucket, Outbound, Receipt
from channels.errors import Reason, SendError
from channels.files import FileStore
from channels.leases import Leased
from channels.models import MessageState
from channels.pacing import Pacer
from channels.quiet import Quiet
from channels.settling import Outcome
from kernel import errors, log, loops
from kernel.unit import Store, Work

_log = log.get(__name__)
SEND_DEADLINE_S = 30.0
FILES_DEADLINE_S = 75.0  # with files: shorter than a lease
SWEEP_EVERY_S = 5.0
SPACING_S = 0.02  # between two commits while sends land one by one: under load each commit costs what fifty rows do
LANDING_S = 1.0  # that sends under way get when the hub stops; then they are "maybe sent"


class Dispatcher:
    """One account's sender. Accounts do not wait for each other: a hanging provider holds up only its own."""

    def __init__(
        self, store: Store, adapter: Adapter, quiet: Quiet | None = None, files: FileStore | None = None
    ) -> None:
        """`files`: where the bytes of messages' files are."""
        self._store = store
        self._files = files
        self._adapter = adapter
        self._quiet = quiet or Quiet()
        self._pacer = Pacer()
        self._flying: dict[asyncio.Task[None], Leased] = {}
        self._landed: list[Outcome] = []
        self._early: list[tuple[Leased, datetime]] = []  # claimed, but a budget was empty: to be given back
        self._swept_at = self._wrote_at = float("-inf")
        self._whole: Bucket | None = None  # what all sends of the account share, as the last one told
        self._asking = witness.of(store, adapter)
        self._loop = loops.Loop(f"dispatch.{adapter.account}", self._turn)

    @property
    def is_idle(self) -> bool:
        """Nothing is being sent and nothing is left to settle."""
        return not self._flying and not self._landed and not self._early and not self._loop.busy

    @property
    def loop(self) -> loops.Loop:
        return self._loop

    def start(self) -> None:
        self._loop.start()

    def poke(self) -> None:
        self._loop.poke()

    async def stop(self) -> None:
        """Claim nothing more, let sends under way end, settle them."""
        await self._loop.stop()
        if self._asking:
            await self._asking.stop()
        if self._flying:
            await asyncio.wait(set(self._flying), timeout=LANDING_S)
        for task in list(self._flying):
            await loops.cancel(task)
        try:
            await self._settle()
        except Exception as error:  # a store that is away: the leases run out, and the next start sees to them
            _log.error("dispatch.unsettled", account=self._adapter.account, error=log.cause(error))

    async def _turn(self) -> float | None:
        """1. Mend and expire now and then. 2. Settle what has landed and claim what there is room for. 3. Send it."""
        await self._sweep()
        await asyncio.sleep(max(0.0, self._wrote_at + SPACING_S - time.monotonic()))
        room = self._adapter.capabilities.concurrency - len(self._flying)
        if room <= 0 or not self._adapter.health.ready:
            await self._settle()
            return None
        room, wait_s = self._pacer.room(self._whole, room, time.monotonic())
        if not room:
            await self._settle()
            return max(SPACING_S, wait_s)
        async with self._unit() as work:  # one commit for both: under load it costs more than the rows
            claim = await leases.claim(
                work,
                self._adapter.name,
                self._adapter.account,
                scheme=self._adapter.capabilities.scheme,
                limit=room,
                quiet=self._quiet,
            )
        self._launch(claim.ready)
        if self._early:
            await self._settle()
        is_more = claim.useless or len(claim.ready) == room  # else all that is due is under way; each that lands pokes
        return 0.0 if is_more else await self._pause_s()

    def _launch(self, claimed: Sequence[Leased]) -> None:
        for leased in claimed:
            buckets = self._buckets(leased.outbound)
            self._whole = buckets[0] if buckets else None
            wait_s = self._pacer.take(buckets, time.monotonic())
            if wait_s > 0:
                self._early.append((leased, self._store.clock.now() + timedelta(seconds=wait_s)))
                continue
            task = loops.spawn(self._send(leased), name=f"send.{leased.outbound.id}")
            self._flying[task] = leased
            task.add_done_callback(self._land)

    def _buckets(self, outbound: Outbound) -> Sequence[Bucket]:
        try:
            return self._adapter.buckets(outbound)
        except Exception as error:  # the message goes without a budget, and its sending tells what is wrong with it
            _log.error("send.unbudgeted", message=outbound.id, error=log.cause(error))
            return ()

    async def _send(self, leased: Leased) -> None:
        self._landed.append(await self._outcome(leased))

    async def _outcome(self, leased: Leased) -> Outcome:
        outbound = leased.outbound
        try:
            whole = await self._filled(outbound)
            deadline_s = FILES_DEADLINE_S if whole.files else SEND_DEADLINE_S
            receipt = await asyncio.wait_for(self._adapter.send(whole), deadline_s)
        except SendError as error:
            self._obey(leased, error)
            _log.warning("send.failed", message=outbound.id, attempt=outbound.attempt, reason=error.reason.value)
            return self._failed(leased, error)
        except (TimeoutError, asyncio.CancelledError):
            # the request may have arrived: only the far side knows
            return self._failed(leased, SendError(Reason.UNCERTAIN, "no answer"))
        except Exception as error:
            _log.error("send.broken", message=outbound.id, error=log.cause(error))
            return self._failed(leased, SendError(Reason.INVALID, log.cause(error)))
        return self._sent(leased, receipt)

    async def _filled(self, outbound: Outbound) -> Outbound:
        """The message with the bytes of its files. Raises SendError if one is not there any more."""
        if not outbound.files:
            return outbound
        try:
            if self._files is None:
                raise errors.NotFound
            bodies = [await self._files.read(file.kept) for file in outbound.files]
        except (errors.NotFound, errors.Invalid) as error:
            raise SendError(Reason.INVALID, "a file of it is not kept any more") from error
        filled = (replace(file, body=body) for file, body in zip(outbound.files, bodies, strict=True))
        return replace(outbound, files=tuple(filled))

    def _failed(self, leased: Leased, error: SendError) -> Outcome:
        safe = self._adapter.capabilities.repeats_safely
        return failures.after_failure(leased, error, self._store.clock.now(), repeats_safely=safe)

    def _sent(self, leased: Leased, receipt: Receipt) -> Outcome:
        self._adapter.health.last_out_at = datetime.now(UTC)
        outbound = leased.outbound
        return Outcome(outbound.id, outbound.attempt, MessageState.SENT, external_id=receipt.external_id or None)

    def _obey(self, leased: Leased, error: SendError) -> None:
        """The provider's waiting time freezes the narrowest budget of the send: that chat, not the whole account."""
        buckets = self._buckets(leased.outbound)
        if error.retry_after_s and buckets:
            self._pacer.freeze(buckets[-1].key, time.monotonic() + error.retry_after_s)

    def _land(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task, None)
        self._loop.poke()

    @asynccontextmanager
    async def _unit(self) -> AsyncIterator[Work]:
        """A unit that first writes what is in hand. It stays in hand until that is committed: a store that is away
        for a while forgets no outcome, and what never left is not taken for sent."""
        landed, early = list(self._landed), list(self._early)
        async with self._store.unit() as work:
            await settling.settle(work, landed)
            await leases.release(work, early)
            yield work
        del self._landed[: len(landed)]
        del self._early[: len(early)]
        self._wrote_at = time.monotonic()

    async def _settle(self) -> None:
        if self._landed or self._early:
            async with self._unit():
                pass

    async def _sweep(self) -> None:
        """What is in hand is written first and spared: its lease may have run out while the store was away."""
        now = time.monotonic()
        if now - self._swept_at < SWEEP_EVERY_S:
            return
        self._swept_at = now
        self._pacer.forget(now)
        adapter, heard = self._adapter, []
        async with self._unit() as work:
            if self._asking:
                heard = await self._asking.write(work)
            if self._quiet.is_on:
                await quiet_mode.withhold(work, self._quiet, adapter.account, adapter.capabilities.scheme)
            await leases.expire(work, adapter.name, adapter.account)
            safe = adapter.capabilities.repeats_safely
            await leases.recover(
                work,
                adapter.name,
                adapter.account,
                repeats_safely=safe,
                spare=self._in_hand(),
                is_witnessed=self._asking is not None,
            )
        if self._asking:
            self._asking.forget(heard)
            await self._asking.look(self._in_hand())

    def _in_hand(self) -> list[int]:
        flying = [leased.outbound.id for leased in self._flying.values()]
        early = [leased.outbound.id for leased, _ in self._early]
        return [*flying, *early, *(outcome.id for outcome in self._landed)]

    async def _pause_s(self) -> float:
        """Nothing could be claimed: what is due already waits for something else, not for its time."""
        due_at = await leases.next_due(self._store.reading(), self._adapter.name, self._adapter.account)
        if due_at is None:
            return 1.0
        return min(1.0, max(0.02, (due_at - self._store.clock.now()).total_seconds()))
