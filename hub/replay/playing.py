"""Plays a transcript: the whole hub on an empty store of its own, simulated far sides, and what each line brought."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from channels.contract import Address, Bucket, Outbound
from channels.sms import wire
from channels.sms.simulator import TwilioApi
from channels.telegram.simulator import BotApi, Chat, Person
from crmcore import staff
from crmcore.access import Role
from hub import settings as live
from hub.app import App
from hub.demo import configuration, start
from hub.demo import people as cast
from hub.replay.transcript import STAFF, Act, Line
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
    """The desk and its people. `seen`: what stood where before the last line."""

    app: App
    telegram: BotApi
    sms: TwilioApi
    desk: Chat
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
            await self._do(line)
            await self._settled()
            self.told = tuple(text for key, text in self._shown() if self.seen.get(key) != text)
            yield Told(line, self.told)

    async def _do(self, line: Line) -> None:
        if line.act is Act.PUSH:
            self.app.push_clock(line.by)
        elif line.act is Act.TEXT:
            self.sms.world.text(phone(line.who), line.text.replace("{code}", self._code(line.who)))
        else:
            person = self._person(line.who)
            chat = self.desk if line.who in STAFF else self.telegram.world.private(person)
            self.telegram.world.say(person, chat, line.text)

    def _person(self, who: str) -> Person:
        return self.telegram.world.person(number(who), who.capitalize(), language_code="en")

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
async def opened(macros: dict[str, Any] | None = None) -> AsyncIterator[Player]:
    """A desk with Anna (agent) and Marek (manager), both with linked phones; gone when it is left."""
    configuration.forget_environment()
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(start.bind(0)) as bound:
        hub = f"http://127.0.0.1:{bound.getsockname()[1]}"
        telegram, sms = BotApi(cast.TOKEN), TwilioApi(cast.SMS_TOKEN)
        await telegram.start()
        await sms.start()
        sms.world.message_url = f"{hub}{wire.MESSAGE_PATH}"
        app = App(_settings(Path(folder), telegram, sms, hub, macros or {}), clock=Clock(), listen_first_s=0)
        for adapter in app.adapters:
            adapter.buckets = _unpaced  # type: ignore[method-assign]
        members = [telegram.world.person(number(who), who.capitalize()) for who in STAFF]
        player = Player(app, telegram, sms, telegram.world.group(cast.STAFF_CHAT, "Desk", members=members))
        try:
            await app.start(bound=bound)
            await _ready(app)
            await _hire(app)
            yield player
        finally:
            await app.stop()
            await sms.stop()
            await telegram.stop()


def _unpaced(outbound: Outbound) -> Sequence[Bucket]:
    """Nobody is disturbed here, and whoever waits for the answers has no minute for each."""
    return ()


def _settings(folder: Path, telegram: BotApi, sms: TwilioApi, hub: str, macros: dict[str, Any]) -> live.Settings:
    return live.check(
        {
            "database": {"url": f"sqlite://{folder / 'replay.db'}"},
            "channels": {
                "telegram": {"token": cast.TOKEN, "api_url": telegram.url, "staff_chat": cast.STAFF_CHAT},
                "sms": {
                    "account_sid": sms.world.account_sid,
                    "auth_token": cast.SMS_TOKEN,
                    "sender": sms.world.number,
                    "api_url": sms.url,
                    "public_url": hub,
                    "rate": 100,
                    "account_rate": 100,
                },
            },
            "queues": {"inbox": {"manager": "Marek", "first_response": "1h", "assign": "none"}},
            "bot": {"hold_s": 0, "channels": ["sms"], "commands_a_minute": 10_000},  # days are played in minutes
            "macros": macros,
        },
        base=folder,
    )


async def _ready(app: App) -> None:
    until = time.monotonic() + PATIENCE_S
    while not (app.is_migrated and all(one.health.ready for one in app.adapters)):
        if time.monotonic() > until:
            raise errors.TryLater("the channels are not ready")
        await asyncio.sleep(LOOK_S)


async def _hire(app: App) -> None:
    async with app.store.unit() as work:
        for who, role in STAFF.items():
            addresses = [Address("telegram", str(number(who))), Address(wire.SCHEME, phone(who))]
            await staff.add(work, who.capitalize(), Role(role), addresses)
