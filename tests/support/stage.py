"""The whole hub in one process with its far sides at the wire: what stories play on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
import orjson
from msgspec.structs import replace

from channels.contract import Address, Bucket, Outbound
from channels.telegram.receive import Telegram
from channels.telegram.simulator import BotApi, wire
from channels.telegram.simulator.model import Query, StoredMessage
from crmcore import staff
from crmcore.models.staff import Role
from hub import settings
from hub.app import App
from kernel import ids
from kernel.clock import Clock
from routing import assign
from tests.support import cast, safety
from tickets.search import rebuild
from webhooks import signature

TOKEN = "1000:story-token-of-the-bot"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATIENCE_S = 15.0
HURRY = 50  # times as much as Telegram takes in a second, where a story is not about that


class Stage:
    """One running hub, the simulated Telegram, and the people."""

    def __init__(self, app: App, api: BotApi, *, desk: int = cast.STAFF_CHAT) -> None:
        self.app = app
        self.api = api
        world = api.world
        self.anna = world.person(cast.ANNA, "Anna", language_code="en")
        self.marek = world.person(cast.MAREK, "Marek", language_code="pl")
        self.hired = {str(cast.ANNA), str(cast.MAREK), str(desk)}  # colleagues and chats that may have gone since
        self.eszter = world.person(cast.ESZTER, "Eszter", language_code="hu")
        self.obcy = world.person(cast.OBCY, "Obcy", language_code="sk")
        members, forum = [self.anna, self.marek, self.obcy], desk == cast.FORUM_CHAT
        self.desk = world.group(desk, "Desk", members=members, forum=forum)

    @property
    def world(self) -> Any:
        return self.api.world

    # -- at the wire ------------------------------------------------------------------------------------------------

    async def customer(self, text: str, **more: Any) -> int:
        """Eszter writes to the bot; returns when everything that follows has happened."""
        return await self.say(self.eszter, self.world.private(self.eszter), text, **more)

    async def staff(self, text: str, *, by: Any = None, **more: Any) -> int:
        """Anna (or `by`) writes in the staff chat."""
        return await self.say(by or self.anna, self.desk, text, **more)

    async def say(self, person: Any, chat: Any, text: str, **more: Any) -> int:
        message_id: int = self.world.say(person, chat, text, **more)
        await self.settled()
        return message_id

    async def press(self, label: str, *, by: Any = None, chat: Any = None) -> str:
        """Press the newest button of that label; returns the toast."""
        chat = chat or self.desk
        message, code = self.button(label, chat=chat)
        self.world.press(by or self.anna, chat, message.id, code)
        await self.settled()
        return str(self.world.toasts[-1].text)

    async def post(self, text: str, *, sender: str = "eszter@example.hu", **data: Any) -> tuple[int, Any]:
        """A signed webhook; returns status and body."""
        event = {
            "type": "message.received",
            "timestamp": datetime.now(UTC).isoformat(),
            "data": {"from": {"address": sender, "name": "Eszter"}, "text": text, **data},
        }
        status, answer = await self.send(orjson.dumps(event))
        await self.settled()
        return status, answer

    async def send(self, body: bytes, **headers: str) -> tuple[int, Any]:
        """Any body, signed unless the headers say otherwise."""
        message_id = headers.pop("id", str(ids.new()))
        at = str(int(time.time()))
        signed = {
            "webhook-id": message_id,
            "webhook-timestamp": at,
            "webhook-signature": signature.sign(signature.key(SECRET), message_id, at, body),
        }
        url = f"http://127.0.0.1:{self.app.port}/hooks/form"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=BytesIO(body), headers=signed | headers) as answer,
        ):
            return answer.status, orjson.loads(await answer.read())

    # -- people and the hub -----------------------------------------------------------------------------------------

    def open(self, *people: Any) -> None:
        """They have pressed START at the bot some time ago: it may write to them."""
        for person in people:
            self.world.private(person).opened = True

    async def hire(self, name: str, telegram: int, role: Role = Role.AGENT, queues: tuple[str, ...] = ()) -> Any:
        """One more colleague, in the staff chat too."""
        person = self.world.person(telegram, name)
        self.desk.members[person.id] = person
        self.hired.add(str(telegram))
        async with self.app.store.unit() as work:
            staff_id = await staff.add(work, name, role, [Address("telegram", str(telegram))])
            await assign.join(work, staff_id, queues)
        return person

    async def restart(self) -> None:
        """The hub stops and starts again on the same database, with the same clock."""
        await self.app.stop()
        await self.start()

    async def start(self) -> None:
        """A new hub in the place of one that has stopped."""
        self.app = hub(self.app.settings, self.app.clock)
        await self.app.start()
        await self.ready()

    async def ready(self) -> None:
        await self.until(lambda: self.app.is_migrated and all(one.health.ready for one in self.app.adapters))

    async def forge(self, person: Any, data: str, *, chat: Any = None, message: StoredMessage | None = None) -> str:
        """A press that no button offers, as a changed app can send it; returns the toast."""
        chat = chat or self.desk
        shown = message or self.shown(chat.id)[-1]
        query = Query(self.world.serial("4382"), person, chat.id, shown.id, data, self.world.clock())
        self.world.queries[query.id] = query
        self.world.updates.add("callback_query", wire.callback_query(chat, query, shown))
        await self.settled()
        return str(self.world.toasts[-1].text)

    def button(self, label: str, *, chat: Any = None) -> tuple[StoredMessage, str]:
        """The newest message with a button of that label, and what the button carries."""
        chat = chat or self.desk
        for message in reversed(self.shown(chat.id)):
            for text, code in (button for row in message.buttons for button in row):
                if text == label:
                    return message, code
        raise AssertionError(f"no button {label!r} in {[one.text for one in self.shown(chat.id)]}")

    # -- looking ----------------------------------------------------------------------------------------------------

    def shown(self, chat_id: int, *, thread: int | None = None) -> list[StoredMessage]:
        """What stands in a chat now."""
        found: list[StoredMessage] = self.world.messages(chat_id, thread=thread, deleted=False)
        return found

    def texts(self, chat_id: int) -> list[str]:
        return [message.text for message in self.shown(chat_id)]

    def bot_texts(self, chat_id: int) -> list[str]:
        """What the bot has said in a chat."""
        return [message.text for message in self.shown(chat_id) if message.sender.is_bot]

    def find(self, part: str, chat_id: int | None = None) -> StoredMessage:
        """The newest message that contains `part`."""
        chat_id = chat_id or self.desk.id
        for message in reversed(self.shown(chat_id)):
            if part in message.text:
                return message
        raise AssertionError(f"{part!r} is not in {self.texts(chat_id)}")

    async def ticket(self, number: int = 1) -> dict[str, Any]:
        """A ticket's row with its assignee's name."""
        [row] = await self.rows(
            "SELECT t.*, s.name AS assignee FROM tickets AS t LEFT JOIN staff AS s ON s.id = t.assignee_id"
            " WHERE t.number = ?",
            number,
        )
        return row

    async def effects(self) -> list[dict[str, Any]]:
        """All that a command could have changed: compared before and after, it shows that nothing was done."""
        found = []
        for sql in (
            "SELECT id, state, assignee_id, version, queue, priority, answered_at, snoozed_until FROM tickets"
            " ORDER BY id",
            "SELECT id, kind, text, message_id FROM entries ORDER BY id",
            "SELECT ticket_id, state, due_at FROM clocks ORDER BY id",
            "SELECT id, state, due_at, run FROM alerts ORDER BY id",
            "SELECT id, state, due_at, outcome FROM reminders ORDER BY id",
            "SELECT id, zone FROM staff ORDER BY id",
            "SELECT id, text, state FROM messages WHERE purpose = 'reply' ORDER BY id",
        ):
            found += await self.rows(sql)
        return found

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return await self.app.store.reading().fetch(sql, *values)

    async def is_safe(self) -> None:
        """Nobody was told of a matter that is not his: see tests/support/safety.py. A hub that is down is not asked."""
        if not self.app.acceptor.is_open:
            return
        chats = {(chat.line.account, chat.address.value) for chat in self.app.house.staff_chats}
        assert await safety.strayed(self.app.store.reading(), chats, hired=self.hired) == []

    async def indexed(self) -> None:
        """Until the words of all that has happened can be found."""
        await self.until(self._is_indexed)

    async def _is_indexed(self) -> bool:
        built = await rebuild.progress(self.app.store.reading())
        return built is not None and built.is_over and not await self.rows("SELECT id FROM search_waiting LIMIT 1")

    # -- waiting ----------------------------------------------------------------------------------------------------

    async def settled(self) -> None:
        """Until nothing is under way: no update at Telegram, nothing to handle, nothing due to send."""
        await self.until(self._is_idle)

    async def until(self, holds: Callable[[], Any], *, within_s: float = PATIENCE_S) -> None:
        """Wait for a condition, plain or awaitable; fails after 15 s, or as many as are given."""
        deadline = time.monotonic() + within_s
        while True:
            held = holds()
            if asyncio.iscoroutine(held):
                held = await held
            if held:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {within_s} s for {holds}")
            await asyncio.sleep(0.01)

    async def _is_idle(self) -> bool:
        if self.world.updates.pending:
            return False
        [counts] = await self.rows(
            "SELECT (SELECT count(*) FROM raw_messages WHERE state = 'waiting' AND tries = 0) AS waiting,"
            " (SELECT count(*) FROM messages WHERE state = 'leased' OR (state = 'queued' AND due_at <= ?)) AS due,"
            " (SELECT count(*) FROM clocks WHERE state = 'running' AND due_at <= ?)"
            " + (SELECT count(*) FROM clocks WHERE state = 'running' AND warn_at <= ?)"
            " + (SELECT count(*) FROM alerts WHERE state <> 'resolved' AND due_at <= ?)"
            " + (SELECT count(*) FROM outage_revisions WHERE state IN ('drafted', 'sending')"
            " OR (state = 'counted' AND publish_due <= ?))"
            " + (SELECT count(*) FROM reminders WHERE state = 'waiting' AND due_at <= ?)"
            " + (SELECT count(*) FROM tickets WHERE snoozed_until <= ?)"
            " + (SELECT count(*) FROM call_backs WHERE state IN ('waiting', 'due') AND due_at <= ?)"
            " + (SELECT count(*) FROM messages WHERE overdue_at <= ? AND state IN ('queued', 'leased', 'maybe_sent'))"
            " + (SELECT count(*) FROM question_runs WHERE due_at <= ?) AS late",
            *(self.app.clock.now(),) * 10,
        )
        if counts["late"]:
            return False
        return counts["waiting"] == 0 and counts["due"] == 0 and all(one.is_idle for one in self.app.dispatchers)

    async def push(self, **by: float) -> None:
        """Move the hub's clock."""
        self.app.push_clock(timedelta(**by))
        await self.settled()


def hub(settings_: settings.Settings, clock: Clock, file: Path | None = None) -> App:
    """One that loads its channels at once: nobody knocks while it starts."""
    return App(replace(settings_, file=file or settings_.file), clock=clock, listen_first_s=0)


def configured(url: str, folder: Path, api_url: str, **more: Any) -> settings.Settings:
    """Settings of a story: one bot, one webhook source, replies not held unless said."""
    values: dict[str, Any] = {
        "database": {"url": url},
        "web": {"port": 0},
        "hooks": {"sources": {"form": {"secret": SECRET}}},
        "channels": {"telegram": {"token": TOKEN, "api_url": api_url, "staff_chat": cast.STAFF_CHAT}},
        "bot": {"hold_s": 0},
        "digest": {"to": "nobody"},  # but where a story is about them
        "queues": {"inbox": {"first_response": "1h", "assign": "none"}},
    }
    return settings.check(merged(values, more), base=folder)


def merged(values: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """`values` with `more` laid over, table by table."""
    whole = dict(values)
    for key, value in more.items():
        is_table = isinstance(value, dict) and isinstance(whole.get(key), dict)
        whole[key] = merged(whole[key], value) if is_table else value
    return whole


def morning() -> Clock:
    """A clock that runs from ten o'clock of today: no story is told differently because it is played near midnight."""
    clock = Clock()
    now = clock.now()
    clock.push(now.replace(hour=10, minute=0, second=0, microsecond=0) - now)
    return clock


@asynccontextmanager
async def playing(
    url: str,
    folder: Path,
    clock: Clock | None = None,
    *,
    desk: int = cast.STAFF_CHAT,
    api: BotApi | None = None,
    before: Callable[[Stage], None] | None = None,
    file: Path | None = None,
    is_paced: bool = False,
    **more: Any,
) -> AsyncIterator[Stage]:
    """A hub that runs, with Anna and Marek hired. `desk`: the kind of staff chat. `before`: acts before the hub.

    `file`: where the hub writes what is chosen. `is_paced`: it keeps to Telegram's pace, for a story about that.
    """
    api = api or BotApi(TOKEN)
    api_url = await api.start()
    more = merged({"channels": {"telegram": {"staff_chat": desk}}}, more)
    stage = Stage(hub(configured(url, folder, api_url, **more), clock or morning(), file), api, desk=desk)
    if before:
        before(stage)
    try:
        with nullcontext() if is_paced else patch.object(Telegram, "buckets", _hurried):
            await stage.app.start()
            await stage.ready()
            await cast.hire(stage.app.store)
            yield stage
            await stage.is_safe()
    finally:
        await stage.app.stop()
        await api.stop()


_buckets = Telegram.buckets


def _hurried(adapter: Telegram, outbound: Outbound) -> Sequence[Bucket]:
    return [replace(one, rate=one.rate * HURRY, burst=one.burst * HURRY) for one in _buckets(adapter, outbound)]
