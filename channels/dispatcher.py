"""The dispatcher of one account: claims, paces, sends outside any transaction, settles in batches."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from channels import failures, leases, settling
from channels.contract import Adapter, Receipt
from channels.errors import Reason, SendError
from channels.leases import Leased
from channels.models import MessageState
from channels.pacing import Pacer
from channels.settling import Outcome
from kernel import log, loops
from kernel.unit import Store

_log = log.get(__name__)
SEND_DEADLINE_S = 30.0
SWEEP_EVERY_S = 5.0
LANDING_S = 1.0  # that sends under way get when the hub stops; then they are "maybe sent"


class Dispatcher:
    """One account's sender. Accounts do not wait for each other: a hanging provider holds up only its own."""

    def __init__(self, store: Store, adapter: Adapter) -> None:
        self._store = store
        self._adapter = adapter
        self._pacer = Pacer()
        self._flying: dict[asyncio.Task[None], Leased] = {}
        self._landed: list[Outcome] = []
        self._swept_at = float("-inf")
        self._loop = loops.Loop(f"dispatch.{adapter.account}", self._turn)

    @property
    def is_idle(self) -> bool:
        """Nothing is being sent and nothing is left to settle."""
        return not self._flying and not self._landed and not self._loop.busy

    def start(self) -> None:
        self._loop.start()

    def poke(self) -> None:
        self._loop.poke()

    async def stop(self) -> None:
        """Claim nothing more, let sends under way end, settle them."""
        await self._loop.stop()
        if self._flying:
            await asyncio.wait(set(self._flying), timeout=LANDING_S)
        for task in list(self._flying):
            await loops.cancel(task)
        await self._settle()

    async def _turn(self) -> float | None:
        """1. Mend and expire now and then. 2. Settle what has landed and claim what there is room for. 3. Send it."""
        room = self._adapter.capabilities.concurrency - len(self._flying)
        if room <= 0 or not self._adapter.health.ready:
            await self._settle()
            return None
        await self._sweep()
        landed = list(self._landed)
        async with self._store.unit() as work:  # one commit for both: under load it costs more than the rows
            await settling.settle(work, landed)
            claimed = await leases.claim(
                work,
                self._adapter.name,
                self._adapter.account,
                scheme=self._adapter.capabilities.scheme,
                limit=room,
            )
        del self._landed[: len(landed)]
        await self._launch(claimed)
        return 0.0 if claimed else await self._pause_s()

    async def _launch(self, claimed: list[Leased]) -> None:
        early: list[tuple[Leased, datetime]] = []
        for leased in claimed:
            wait_s = self._pacer.take(self._adapter.buckets(leased.outbound), time.monotonic())
            if wait_s > 0:
                early.append((leased, self._store.clock.now() + timedelta(seconds=wait_s)))
                continue
            task = loops.spawn(self._send(leased), name=f"send.{leased.outbound.id}")
            self._flying[task] = leased
            task.add_done_callback(self._land)
        if early:
            async with self._store.unit() as work:
                await leases.release(work, early)

    async def _send(self, leased: Leased) -> None:
        self._landed.append(await self._outcome(leased))

    async def _outcome(self, leased: Leased) -> Outcome:
        outbound = leased.outbound
        try:
            receipt = await asyncio.wait_for(self._adapter.send(outbound), SEND_DEADLINE_S)
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

    def _failed(self, leased: Leased, error: SendError) -> Outcome:
        safe = self._adapter.capabilities.repeats_safely
        return failures.after_failure(leased, error, self._store.clock.now(), repeats_safely=safe)

    def _sent(self, leased: Leased, receipt: Receipt) -> Outcome:
        self._adapter.health.last_out_at = datetime.now(UTC)
        outbound = leased.outbound
        return Outcome(outbound.id, outbound.attempt, MessageState.SENT, external_id=receipt.external_id or None)

    def _obey(self, leased: Leased, error: SendError) -> None:
        """The provider's waiting time freezes the narrowest budget of the send: that chat, not the whole account."""
        buckets = self._adapter.buckets(leased.outbound)
        if error.retry_after_s and buckets:
            self._pacer.freeze(buckets[-1].key, time.monotonic() + error.retry_after_s)

    def _land(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task, None)
        self._loop.poke()

    async def _settle(self) -> None:
        """Outcomes stay in hand until they are written: a store that is away for a while forgets nothing."""
        batch = list(self._landed)
        if not batch:
            return
        async with self._store.unit() as work:
            await settling.settle(work, batch)
        del self._landed[: len(batch)]

    async def _sweep(self) -> None:
        now = time.monotonic()
        if now - self._swept_at < SWEEP_EVERY_S:
            return
        self._swept_at = now
        self._pacer.forget(now)
        adapter = self._adapter
        async with self._store.unit() as work:
            await leases.expire(work, adapter.name, adapter.account)
            safe = adapter.capabilities.repeats_safely
            await leases.recover(work, adapter.name, adapter.account, repeats_safely=safe)

    async def _pause_s(self) -> float:
        due_at = await leases.next_due(self._store.reading(), self._adapter.name, self._adapter.account)
        if due_at is None:
            return 1.0
        return min(1.0, max(0.02, (due_at - self._store.clock.now()).total_seconds()))
