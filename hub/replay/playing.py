"""Plays a transcript: the whole hub on an empty store of its own, simulated far sides, and what each line brought."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from channels.contract import Address, Bucket, Outbound
from channels.sms import wire
from channels.sms.simulator import TwilioApi
from channels.telegram.simulator import BotApi, Chat, Person
from crmcore import staff
from hub import settings as live
from hub.app import App
from hub.demo import configuration, start
from hub.demo import people as cast
from hub.demo.far_sides import FarSides
from hub.replay import house
from hub.replay.house import Json, Member
from hub.replay.transcript import Act, Line
from kernel import errors
from kernel.clock import Clock

PATIENCE_S = 30.0
LOOK_S = 0.02
_CODE = re.compile(r"\b([A-HJ-NP-SU-Z][A-HJ-NP-SU-Z2-9]{3})(?= =|\. 10 min)")


class Told(Struct, frozen=True):
    """A line that was played: what everybody was told by it, and whether that was expected."""

    line: Line
    texts: tuple[str, ...]
    is_right: bool = True


class Player(Struct):
    """The desk and its people. `staff`: who of them works here; `seen`: what stood where before the last line."""

    app: App
    telegram: BotApi
    sms: TwilioApi
    desk: Chat
    staff: Mapping[str, Member]
    seen: dict[tuple[str, Any], str] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    async def play(self, lines: Sequence[Line]) -> AsyncIterator[Told]:
        """Line by line; an expectation is held against all that was told since the last thing said."""
        for line in lines:
            if line.act in (Act.TOLD, Act.UNTOLD):
                is_there = any(line.text in text for text in self.told)
                yield Told(line, self.told, is_there is (line.act is Act.TOLD))
                continue
            self.seen = dict(self._shown())
            is_done = await self._do(line)
            await self._settled()
            self.told = tuple(text for key, text in self._shown() if self.seen.get(key) != text)
            yield Told(line, self.told, is_done)

    async def _do(self, line: Line) -> bool:
        """False for a button that is not there."""
        if line.act is Act.PRESS:
            return self._press(line)
        if line.act is Act.PUSH:
            self.app.push_clock(line.by)
        elif line.act is Act.TEXT:
            self.sms.world.text(phone(line.who), line.text.replace("{code}", self._code(line.who)))
        else:
            person = self._person(line.who)
            self.telegram.world.say(person, self._chat(line.who, person), line.text)
        return True

    def _press(self, line: Line) -> bool:
        """The newest button of that label in his chat; what the bot says to it in a dialog is told as all else."""
        person = self._person(line.who)
        chat = self._chat(line.who, person)
        for shown in reversed(self.telegram.world.messages(chat.id, deleted=False)):
            for label, code in (button for row in shown.buttons for button in row):
                if label == line.text:
                    self.telegram.world.press(person, chat, shown.id, code)
                    return True
        return False

    def _person(self, who: str) -> Person:
        named = self.staff[who].name if who in self.staff else who.capitalize()
        return self.telegram.world.person(number(who), named, language_code="en")

    def _chat(self, who: str, person: Person) -> Chat:
        return self.desk if who in self.staff else self.telegram.world.private(person)

    def _code(self, who: str) -> str:
        """The code in the last text that he was sent."""
        for text in reversed(self.sms.world.inbox(phone(who))):
            if found := _CODE.findall(text):
                return str(found[0])
        return "(no code)"

    def _shown(self) -> Iterator[tuple[tuple[str, Any], str]]:
        """All that stands in chats and on phones, by place."""
        world = self.telegram.world
        for chat_id in (self.desk.id, *world.people):
            for shown in world.messages(chat_id, deleted=False):
                if shown.sender.is_bot:
                    yield (f"chat {chat_id}", shown.id), shown.text
        for text in self.sms.world.messages:
            yield ("sms", text.sid), text.body
        for place, toast in enumerate(world.toasts):
            yield ("toast", place), toast.text

    async def _settled(self) -> None:
        """Until nothing is under way. Raises TryLater if that takes too long."""
        until = time.monotonic() + PATIENCE_S
        calm = 0
        while calm < 2:
            calm = calm + 1 if await self._is_calm() else 0
            if time.monotonic() > until:
                raise errors.TryLater("the hub is still busy with the last line")
            await asyncio.sleep(LOOK_S)

    async def _is_calm(self) -> bool:
        if self.telegram.world.updates.pending or self.sms.world.outgoing.pending:
            return False
        now = self.app.clock.now()
        row = await self.app.store.reading().one(
            "SELECT (SELECT count(*) FROM raw_messages WHERE state = 'waiting')"
            " + (SELECT count(*) FROM messages WHERE state = 'leased'"
            " OR (state = 'queued' AND (due_at IS NULL OR due_at <= ?)))"
            " + (SELECT count(*) FROM clocks WHERE state = 'running' AND due_at <= ?)"
            " + (SELECT count(*) FROM alerts WHERE state <> 'resolved' AND due_at <= ?) AS n",
            *(now,) * 3,
        )
        return row is not None and row["n"] == 0 and all(one.is_idle for one in self.app.dispatchers)


def number(who: str) -> int:
    """Somebody's id at the simulated Telegram: the same for the same name."""
    return 1000 + sum(ord(letter) << place for place, letter in enumerate(who))


def phone(who: str) -> str:
    return f"+4860{number(who) % 10_000_000:07d}"


@asynccontextmanager
async def opened(given: Json | None = None, *, begins_at: datetime | None = None) -> AsyncIterator[Player]:
    """A desk with its colleagues, all with linked phones; gone when it is left.

    `given`: the tables of a settings file, by which it works instead of the built-in queue: see hub/replay/house.py.
    `begins_at`: the first instant of its clock. Raises Invalid for tables that do not hold together.
    """
    configuration.forget_environment()
    clock = Clock()
    if begins_at is not None:
        clock.push(begins_at - clock.now())
    staff_ = house.BUILT_IN if given is None else house.staff(given)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(start.bind(0)) as bound:
        hub = f"http://127.0.0.1:{bound.getsockname()[1]}"
        far = FarSides(clock)
        await far.start(hub)
        try:
            tables = house.USUAL if given is None else house.taken(given, hub=hub)
            app = App(_settings(Path(folder), far, hub, tables), clock=clock, listen_first_s=0)
            async with _running(app, bound, staff_):
                members = [far.telegram.world.person(number(who), one.name) for who, one in staff_.items()]
                desk = far.telegram.world.group(cast.STAFF_CHAT, "Desk", members=members)
                yield Player(app, far.telegram, far.sms, desk, staff_)
        finally:
            await far.stop()


@asynccontextmanager
async def _running(app: App, bound: socket.socket, members: Mapping[str, Member]) -> AsyncIterator[None]:
    for adapter in app.adapters:
        adapter.buckets = _unpaced  # type: ignore[method-assign]
    try:
        await app.start(bound=bound)
        await _ready(app)
        await _hire(app, members)
        yield
    finally:
        await app.stop()


def _unpaced(outbound: Outbound) -> Sequence[Bucket]:
    """Nobody is disturbed here, and whoever waits for the answers has no minute for each."""
    return ()


def _settings(folder: Path, far: FarSides, hub: str, tables: Json) -> live.Settings:
    """The house's tables over a store of its own and far sides on this machine, with nobody waiting for a hold."""
    channels = configuration.channels(far, hub=hub)
    channels["sms"] |= {"rate": 100, "account_rate": 100}
    reached: dict[str, Any] = {"database": {"url": f"sqlite://{folder / 'replay.db'}"}, "channels": channels}
    quick = {"hold_s": 0, "channels": ["sms"], "commands_a_minute": 10_000}  # days are played in minutes
    return live.check({**tables, **reached, "bot": {**tables.get("bot", {}), **quick}}, base=folder)


async def _ready(app: App) -> None:
    until = time.monotonic() + PATIENCE_S
    while not (app.is_migrated and all(one.health.ready for one in app.adapters)):
        if time.monotonic() > until:
            raise errors.TryLater("the channels are not ready")
        await asyncio.sleep(LOOK_S)


async def _hire(app: App, members: Mapping[str, Member]) -> None:
    async with app.store.unit() as work:
        for who, one in members.items():
            addresses = [Address("telegram", str(number(who))), Address(wire.SCHEME, phone(who))]
            await staff.add(work, one.name, one.role, addresses, zone=app.settings.company.zone)
