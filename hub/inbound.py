"""The fork: stored messages are claimed, understood, and go to the bot, to routing, or to a small end of their own.

A batch that fails is halved until one message is left; only that one's own, repeated failure counts against it.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct, field

from bot import notices, refusals
from bot.customer import Customers
from bot.entrance import Entrance
from bot.groups import Groups
from bot.joining import Joining
from channels import enclosing, intake
from channels.contract import Address, Inbound, Kind, Parse, Raw, Weigh
from channels.events import MessageParked
from channels.files import FileStore
from channels.intake import Claimed
from channels.messages import Arrived
from crmcore import staff
from crmcore.staff import Colleague
from hub import ends, faults
from hub.ends import Step
from hub.faults import Faults
from hub.gathering import Gathering
from hub.outside import Outside
from kernel import errors, log
from kernel.unit import Store, Work
from routing import intake as routing
from routing.desk import Desk

_log = log.get(__name__)
IDLE_S = 1.0
PARSED_ASIDE_BYTES = 32 * 1024
FILE_LIMIT = 20 * 1024 * 1024
CAREFUL = 256  # taken one by one after an unclean stop, each try committed before it is made
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 15.0)  # while the fault is ours: the healthy still pass at each look
LOOK_S = 10.0  # that such a look may take

Together = Callable[[Work, Sequence[Arrived]], Awaitable[None]]


class _Run(Struct):
    """Messages of a batch between two that act on tickets: customers' words, and what touches only itself."""

    letters: list[Arrived] = field(default_factory=list)
    light: list[Arrived] = field(default_factory=list)
    quiet: list[tuple[Arrived, Step]] = field(default_factory=list)


class Fork:
    """Hands stored messages to those who handle them."""

    def __init__(
        self,
        store: Store,
        files: FileStore,
        *,
        desk: Desk,
        entrance: Entrance,
        customers: Customers,
        joining: Joining,
        groups: Groups,
        events: Mapping[str, Step] | None = None,
    ) -> None:
        """`events`: what other systems may say has happened → who sees to it."""
        self._store = store
        self._files = files
        self._desk = desk
        self._entrance = entrance
        self._joining = joining
        self._groups = groups
        self._events = events or {}
        self._outside = Outside(entrance, customers, desk)
        self._faults = Faults()
        self._gathering = Gathering()
        self._pauses = self._careful = 0
        self._stuck: set[str] = set()  # addresses that failed in this turn: what came after it waits, order is kept
        self.parsers: Mapping[str, Parse] = {}
        self.weighing: Mapping[str, Weigh] = {}  # channels that can tell what takes long to understand
        self.cutting: Mapping[str, enclosing.Cut] = {}  # channels whose messages have their files in them
        self.file_limit = FILE_LIMIT  # bytes
        self.is_paused = False  # for tests and benchmarks: take in, do not handle
        self.handled = 0

    def be_careful(self) -> None:
        """The last run ended uncleanly: a message may have killed it."""
        self._careful = CAREFUL

    @property
    def fault_is_ours(self) -> bool:
        return self._faults.is_ours

    async def turn(self) -> float:
        """Handle a batch. Returns the seconds to wait before the next look, 0 if there may be more at once."""
        if self.is_paused:
            return IDLE_S
        await asyncio.sleep(self._gathering.pause_s(time.monotonic()))
        self._gathering.begun(time.monotonic())
        self._stuck.clear()
        before = self.handled
        until = time.monotonic() + LOOK_S
        if not await self._batch():
            self._careful = 0
            return await self._pause_s()
        while self._faults.is_ours and time.monotonic() < until and await self._batch():
            pass  # the lines that fail would fill every batch: once each has been tried, all others pass
        if self._faults.is_ours:
            self._pauses += 1
            return PAUSES_S[min(self._pauses, len(PAUSES_S)) - 1]
        self._pauses = 0
        self._gathering.handled(time.monotonic(), self.handled - before)
        return 0.0

    async def _batch(self) -> bool:
        """Claim and handle once, without the lines that have failed in this turn; False if nothing waits."""
        limit = min(self._careful, intake.CLAIM_LIMIT) if self._careful else intake.CLAIM_LIMIT
        claimed = await intake.claim(
            self._store.reading(), self._files, list(self.parsers), limit=limit, without=sorted(self._stuck)
        )
        if self._careful:
            await self._carefully(claimed)
        elif claimed:
            await self._handle([await self._arrived(one) for one in claimed])
        return bool(claimed)

    # -- sorting ----------------------------------------------------------------------------------------------------

    async def _handle(self, arrived: Sequence[Arrived]) -> None:
        """1. Who is staff? 2. Customers' messages together, up to a command or a word that acts; then that; and on."""
        colleagues = await staff.recognise(self._store.reading(), list({one.inbound.sender for one in arrived}))
        await self._outside.look(
            self._store.reading(), [one for one in arrived if one.inbound.sender not in colleagues]
        )
        run = _Run()
        for one in arrived:
            if one.inbound.group:
                self._groups.hear(one)
            step = self._step(one, colleagues.get(one.inbound.sender))
            if step is None:
                run.letters.append(one)
            elif step in ends.LIGHT:
                run.light.append(one)
            elif step in ends.QUIET:
                run.quiet.append((one, step))
            else:
                await self._finish(run)
                run = _Run()
                await self._alone(one, step)
                if step == self._join:  # what he writes next is a colleague's already
                    colleagues |= await staff.recognise(self._store.reading(), [one.inbound.sender])
        await self._finish(run)

    async def _finish(self, run: _Run) -> None:
        await self._together(run.letters, self._letters)
        await self._together(run.light, ends.take_reports)
        for one, step in run.quiet:
            await self._alone(one, step)

    def _step(self, one: Arrived, colleague: Colleague | None) -> Step | None:
        """What becomes of a message, by its kind and sender. None: a customer's message, for routing. Pure."""
        inbound = one.inbound
        if one.claimed.is_lost:
            return ends.lost
        if inbound.kind is Kind.NOTHING:
            return ends.ignore
        if inbound.kind is Kind.EVENT:
            return self._events.get(inbound.event, ends.ignore)
        if inbound.kind is Kind.STATUS:
            return ends.report
        if inbound.kind is Kind.MEMBERSHIP:
            if inbound.moved_to:
                return self._move
            return functools.partial(self._groups.changed, colleague=colleague) if inbound.group else ends.mark
        if inbound.kind is Kind.EDIT:
            return ends.ignore if inbound.group else ends.amend
        line = self._entrance.house.lines.by_account(one.account)
        if self._joining.is_token(one):
            return self._join  # whoever shows it, wherever
        if line is not None and inbound.kind is Kind.PRESS and self._groups.is_press(one):
            return functools.partial(self._groups.press, colleague=colleague)
        if inbound.group and inbound.address not in self._desk_chats():
            is_asked = colleague is not None and line is not None and inbound.text.startswith("/")
            return functools.partial(self._groups.changed, colleague=colleague) if is_asked else ends.ignore
        if line is None and (inbound.group or inbound.kind is Kind.PRESS):
            return ends.ignore  # of an account that is not in the settings any more: nobody could be answered
        vouched = line is not None and line.capabilities.proves_sender  # a From line and a webhook's sender are hearsay
        if colleague is not None and vouched and not inbound.anonymous:
            return lambda work, arrived: self._entrance.handle(work, arrived, colleague)
        if inbound.group:
            return self._entrance.stranger
        return self._outside.step(one, colleague, line)

    async def _join(self, work: Work, one: Arrived) -> None:
        """Somebody becomes a colleague; what came by a way that proves nobody is a message like any other."""
        if not await self._joining.take(work, one) and not one.inbound.group:
            await routing.handle(work, self._desk, [one])

    async def _move(self, work: Work, one: Arrived) -> None:
        """A group has a new address. If it is a staff chat, cards go there and commands come from there at once."""
        inbound = one.inbound
        new = Address(inbound.address.scheme, inbound.moved_to)
        is_staff = self._entrance.house.move(one.account, inbound.address, new)
        if is_staff:
            _log.warning("staff_chat.moved", channel=one.channel, now=new.value)
        await self._groups.moved(work, one, is_staff=is_staff)

    def _desk_chats(self) -> set[Address]:
        return {chat.address for chat in self._entrance.house.staff_chats}

    async def _arrived(self, claimed: Claimed) -> Arrived:
        """A large message, or one made to be slow, is understood in a thread; after any other the loop has its turn."""
        if self._is_heavy(claimed.raw):
            return await self._filed(await asyncio.to_thread(self._arrive, claimed))
        await asyncio.sleep(0)
        return await self._filed(self._arrive(claimed))

    async def _filed(self, one: Arrived) -> Arrived:
        """Files that stand in the message are on disk before any row names them."""
        cut = self.cutting.get(one.channel)
        if cut is None or not one.inbound.files:
            return one
        limit = self.file_limit
        return Arrived(one.claimed, await enclosing.kept(self._files, one.claimed.raw, one.inbound, cut, limit=limit))

    def _is_heavy(self, raw: Raw) -> bool:
        weigh = self.weighing.get(raw.channel)
        return len(raw.body) > PARSED_ASIDE_BYTES or (weigh is not None and weigh(raw))

    def _arrive(self, claimed: Claimed) -> Arrived:
        raw = claimed.raw
        try:
            inbound = self.parsers[raw.channel](raw)
        except Exception as error:  # parsers promise not to raise; one that does must not stop the others
            _log.error("parse.failed", message=claimed.id, channel=raw.channel, error=log.cause(error))
            stranger = Address("unread", raw.address)
            inbound = Inbound(Kind.MESSAGE, stranger, stranger, unreadable=f"the parser failed ({log.cause(error)})")
        return Arrived(claimed, inbound)

    # -- handling ---------------------------------------------------------------------------------------------------

    async def _letters(self, work: Work, batch: Sequence[Arrived]) -> None:
        await routing.handle(work, self._desk, batch)

    async def _together(self, batch: Sequence[Arrived], handle: Together) -> None:
        """One unit for all; if it fails through one of them, halve until that one stands alone."""
        batch = [one for one in batch if _line(one) not in self._stuck]
        if not batch:
            return
        try:
            async with self._store.unit() as work:
                await intake.finish(work, [one.claimed for one in batch])
                await handle(work, batch)
        except Exception as error:
            faults.raise_passing(error)
            if len(batch) == 1:
                await self._blame(batch[0], error)
                return
            middle = len(batch) // 2
            await self._together(batch[:middle], handle)
            await self._together(batch[middle:], handle)
            return
        self._done(batch)

    async def _alone(self, one: Arrived, step: Step) -> None:
        """One unit for one message; a refusal is answered, a fault is blamed."""
        if _line(one) in self._stuck:
            return
        try:
            try:
                async with self._store.unit() as work:
                    await intake.finish(work, [one.claimed])
                    await step(work, one)
            except errors.CentralaError as refusal:
                faults.raise_passing(refusal)
                await self._refuse(one, refusal)
        except Exception as error:  # of the refusal too: an answer that cannot be written must not stop the intake
            faults.raise_passing(error)
            await self._blame(one, error)
            return
        self._done([one])

    async def _refuse(self, one: Arrived, refusal: errors.CentralaError) -> None:
        async with self._store.unit() as work:
            await intake.finish(work, [one.claimed])
            if one.inbound.kind is Kind.EVENT:  # a system posted it: the desk is told, as nobody there would read it
                await notices.refused(work, self._entrance.house, one, refusal)
            else:
                colleague = (await staff.recognise(work, [one.inbound.sender])).get(one.inbound.sender)
                line = self._entrance.house.lines.by_account(one.account)
                if colleague is not None and line is not None:
                    can = line.capabilities
                    await refusals.note(work, self._entrance, one, int(colleague.id), refusal, can=can)
                if colleague is not None and line is not None and line.capabilities.commands == "token":
                    await self._outside.mail.refuse(work, one, colleague, refusal)
                else:
                    await self._entrance.refuse(work, one, refusal, colleague)

    async def _blame(self, one: Arrived, error: Exception) -> None:
        """Count a failure against the message, unless another address fails the same way: then the fault is ours."""
        cause = log.cause(error)
        self._stuck.add(_line(one))
        _log.error("message.failed", message=one.id, channel=one.channel, tries=one.claimed.tries + 1, error=cause)
        if self._faults.note(cause, _line(one)):
            _log.error("intake.paused", error=cause)
            if self._careful:
                await self._forgive(one.claimed)
            return
        async with self._store.unit() as work:
            parked = await intake.count_try(work, one.claimed, cause)
            if parked:
                work.say(MessageParked(one.id, one.channel, cause))
        if parked:
            _log.error("message.parked", message=one.id, channel=one.channel, error=cause)
            self._faults.clear(_line(one))

    async def _carefully(self, claimed: Sequence[Claimed]) -> None:
        """One by one, the try on disk before it is made: whatever kills the process is found and parked."""
        for one in claimed:
            arrived = await self._arrived(one)
            if _line(arrived) in self._stuck:
                continue
            async with self._store.unit() as work:
                parked = await intake.count_try(work, one, "the hub stopped while handling it")
                if parked:
                    work.say(MessageParked(one.id, one.raw.channel, "the hub stopped while handling it"))
            if parked:
                _log.error("message.parked", message=one.id, channel=one.raw.channel, error="stopped the hub")
                continue
            try:
                await self._handle([arrived])
            except Exception as error:
                if errors.is_passing(error):
                    await self._forgive(one)
                raise
        self._careful = max(0, self._careful - len(claimed))

    async def _forgive(self, claimed: Claimed) -> None:
        async with self._store.unit() as work:
            await intake.forgive(work, claimed)

    def _done(self, batch: Sequence[Arrived]) -> None:
        self.handled += len(batch)
        if self._faults.by_cause:
            for one in batch:
                self._faults.clear(_line(one))

    async def _pause_s(self) -> float:
        due_at = await intake.next_due(self._store.reading())
        if due_at is None:
            return IDLE_S
        return min(IDLE_S, max(0.01, (due_at - self._store.clock.now()).total_seconds()))


def _line(one: Arrived) -> str:
    """The order key: messages of one account and address are handled in the order they came in."""
    return f"{one.account}/{one.claimed.raw.address}"
