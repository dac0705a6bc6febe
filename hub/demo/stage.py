"""The Sandbox the page plays with: the simulated phones and chats, shown live; words and presses go in at the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, tzinfo

from channels.telegram.simulator import BotApi, Change, ChangeKind, Chat, Impossible, Person, StoredMessage
from console import sandbox
from console.sandbox import Bubble, Button, Device, Picture
from hub.app import App
from hub.demo import story, view
from hub.demo.people import People
from hub.demo.view import View
from kernel import errors
from kernel.loops import Loop

QUEUE_LIMIT = 1_000
LOOK_EVERY_S = 0.5
LOADING = "Telegram is being loaded, a few seconds …"


class Stage:
    """Implements console.sandbox.Sandbox over the simulated Telegram and the running hub."""

    def __init__(self, app: App, api: BotApi, people: People, zone: tzinfo) -> None:
        self._app = app
        self._world = api.world
        self._people = people
        self._zone = zone
        self._followers: set[asyncio.Queue[sandbox.Change]] = set()
        self._view = View(view.Facts(), (), None)
        self._is_ready = False
        self._story = story.Story(api, people)
        self._looking = Loop("demo.look", self._look, idle_s=LOOK_EVERY_S)
        self._forget = self._world.listen(self._changed)
        # the page's devices, in the order they are shown: id → chat, who may write there
        self._chats: dict[str, tuple[Chat, tuple[Person, ...]]] = {
            "eszter": (self._world.private(people.eszter), (people.eszter,)),
            "desk": (people.desk, (people.anna, people.marek)),
            "marek": (self._world.private(people.marek), (people.marek,)),
            "ferenc": (self._world.private(people.ferenc), (people.ferenc,)),
        }
        self._unfolded = {"eszter", "desk"}

    def start(self) -> None:
        self._looking.start()

    async def stop(self) -> None:
        self._forget()
        await self._looking.stop()

    # -- what the page asks -----------------------------------------------------------------------------------------

    def picture(self) -> Picture:
        return Picture(
            devices=tuple(self._device(name) for name in self._chats),
            happenings=self._view.happenings,
            now=self._now(),
            next_due=self._local(self._view.next_due),
            ready=self._is_ready,
            notice="" if self._is_ready else LOADING,
            steps=view.steps(self._view.facts),
        )

    async def say(self, device: str, person: str, text: str, *, reply_to: str | None, thread: str | None) -> None:
        chat, people = self._chats[device]
        writer = next(one for one in people if str(one.id) == person)
        try:
            self._world.say(
                writer, chat, text, reply_to=_number(reply_to, "reply_to"), thread=_number(thread, "thread")
            )
        except Impossible as error:
            raise errors.Invalid(str(error), problems=(errors.Problem("text", str(error)),)) from error

    async def press(self, device: str, person: str, bubble: str, data: str) -> None:
        chat, people = self._chats[device]
        presser = next(one for one in people if str(one.id) == person)
        try:
            self._world.press(presser, chat, _number(bubble, "bubble") or 0, data)
        except Impossible as error:
            raise errors.Invalid(str(error), problems=(errors.Problem("bubble", str(error), bubble),)) from error

    async def push_clock(self, minutes: int | None) -> None:
        if minutes is not None:
            by = timedelta(minutes=minutes)
        elif self._view.next_due is not None:
            by = max(timedelta(), self._view.next_due - self._app.clock.now()) + timedelta(seconds=1)
        else:
            raise errors.Conflict("nothing is due: no clock runs")
        self._app.push_clock(by)
        self._tell(sandbox.clock_change(self._now(), self._local(self._view.next_due)))
        self._looking.poke()

    def changes(self) -> AsyncIterator[sandbox.Change]:
        queue: asyncio.Queue[sandbox.Change] = asyncio.Queue(maxsize=QUEUE_LIMIT)
        self._followers.add(queue)
        return self._follow(queue)

    # -- what happens -----------------------------------------------------------------------------------------------

    async def _follow(self, queue: asyncio.Queue[sandbox.Change]) -> AsyncIterator[sandbox.Change]:
        try:
            while True:
                yield await queue.get()
        finally:
            self._followers.discard(queue)

    def _tell(self, change: sandbox.Change) -> None:
        for queue in list(self._followers):
            if queue.full():  # a page that no longer listens; it reads the whole picture when it comes back
                self._followers.discard(queue)
            else:
                queue.put_nowait(change)

    def _changed(self, change: Change) -> None:
        """Something was posted, edited or answered in the simulated Telegram."""
        name = next((name for name, (chat, _) in self._chats.items() if chat.id == change.chat_id), None)
        self._looking.poke()
        if name is None:
            return
        if change.kind is ChangeKind.TOAST and change.toast is not None:
            self._tell(sandbox.toast_change(name, change.toast.text, loud=change.toast.show_alert))
        elif change.message is not None and not change.message.service:
            self._unfold(name)
            if change.kind is ChangeKind.DELETED:
                self._tell(sandbox.gone_change(name, str(change.message.id)))
            else:
                self._tell(sandbox.bubble_change(name, self._bubble(name, change.message)))

    def _unfold(self, name: str) -> None:
        if name not in self._unfolded:
            self._unfolded.add(name)
            self._tell(sandbox.device_change(self._device(name)))

    async def _look(self) -> float | None:
        """Look at the hub, tell the page what is new, and let the story go on."""
        ready = self._app.is_migrated and all(adapter.health.ready for adapter in self._app.adapters)
        if ready != self._is_ready:
            self._is_ready = ready
            self._tell(sandbox.ready_change(ready, self.picture().notice))
        if not self._app.is_migrated:
            return None
        before, self._view = self._view, await view.look(self._app.store)
        known = dict.fromkeys(before.happenings)
        for happening in reversed(self._view.happenings):
            if happening not in known:
                self._tell(sandbox.happening_change(happening))
        if before.facts != self._view.facts:
            self._tell(sandbox.steps_change(view.steps(self._view.facts)))
        if before.next_due != self._view.next_due:
            self._tell(sandbox.clock_change(self._now(), self._local(self._view.next_due)))
        if ready:
            self._story.go_on(self._view.facts)
        return None

    # -- how it is shown --------------------------------------------------------------------------------------------

    def _device(self, name: str) -> Device:
        chat, people = self._chats[name]
        subtitles = {
            "eszter": "customer",
            "ferenc": "customer, in Hungarian",
            "marek": "manager's phone",
            "desk": "the team's group: Anna and Marek",
        }
        return Device(
            id=name,
            kind="chat" if name == "desk" else "phone",
            title=chat.title or people[0].name,
            subtitle=subtitles[name],
            people=tuple(sandbox.Person(str(one.id), one.name) for one in people),
            channel="Telegram",
            hint="Reply to a message, or type /commands" if name == "desk" else "Message",
            folded=name not in self._unfolded and not self._world.messages(chat.id, deleted=False),
            bubbles=tuple(self._bubble(name, one) for one in self._world.messages(chat.id, deleted=False)),
        )

    def _bubble(self, name: str, message: StoredMessage) -> Bubble:
        _, people = self._chats[name]
        rows = tuple(tuple(Button(text, data) for text, data in row) for row in message.buttons)
        return Bubble(
            id=str(message.id),
            side="mine" if message.sender in people else "theirs",
            author="Centrala" if message.sender.is_bot else message.sender.name,
            text=message.text,
            at=self._app.clock.shift + message.at.astimezone(self._zone),
            buttons=rows,
            reply_to=str(message.reply_to) if message.reply_to else None,
            edited=message.edited and not message.sender.is_bot,
        )

    def _now(self) -> datetime:
        return self._app.clock.now().astimezone(self._zone)

    def _local(self, at: datetime | None) -> datetime | None:
        return at.astimezone(self._zone) if at else None


def _number(written: str | None, field: str) -> int | None:
    if written is None:
        return None
    if not written.isascii() or not written.isdigit():
        raise errors.Invalid("no such message", problems=(errors.Problem(field, "the id of a message shown", written),))
    return int(written)
