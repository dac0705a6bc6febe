"""The Sandbox the page plays with: the phones shown live, the hub looked at; words and presses go in at the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec.structs import replace

from console import sandbox
from console.sandbox import Device, Ledger, Picture
from console.sandbox_files import Content
from hub.app import App
from hub.demo import drawings, story, view
from hub.demo.phones import Phone
from hub.demo.story import Story
from hub.demo.switches import Switches
from hub.demo.view import View
from kernel import errors
from kernel.loops import Loop

QUEUE_LIMIT = 1_000
LOOK_EVERY_S = 0.5
LOADING = "The channels are being loaded, a few seconds …"


class Stage:
    """Implements console.sandbox.Sandbox over the phones, in the order they are shown, and the running hub."""

    def __init__(
        self, app: App, phones: Sequence[Phone], unfolded: Iterable[str], zone: tzinfo, switches: Switches
    ) -> None:
        self._app = app
        self._phones = {phone.id: phone for phone in phones}
        self._unfolded = set(unfolded)
        self._zone = zone
        self._switches = switches
        self._labels = {adapter.name: adapter.capabilities.label for adapter in app.adapters}
        self._followers: set[asyncio.Queue[sandbox.Change]] = set()
        self._view = View(view.Facts(), (), None)
        self._is_ready = False
        self._story = Story(self._phones)
        self._looking = Loop("demo.look", self._look, idle_s=LOOK_EVERY_S)
        self._forget = [phone.listen(self._changed) for phone in phones]

    def start(self) -> None:
        self._looking.start()

    async def stop(self) -> None:
        for forget in self._forget:
            forget()
        await self._looking.stop()

    # -- what the page asks -----------------------------------------------------------------------------------------

    def picture(self) -> Picture:
        return Picture(
            devices=tuple(self._device(phone) for phone in self._phones.values()),
            happenings=self._view.happenings,
            now=self._now(),
            next_due=self._local(self._view.next_due),
            ready=self._is_ready,
            notice=self._notice(),
            steps=view.steps(self._view.facts),
            ledger=self._view.ledger and self._dated(self._view.ledger),
            switches=self._switches.shown(),
        )

    async def say(
        self,
        device: str,
        person: str,
        text: str,
        *,
        reply_to: str | None,
        thread: str | None,
        picture: str | None = None,
    ) -> None:
        sent = drawings.find(picture) if picture is not None else None
        self._phones[device].say(person, text, reply_to=reply_to, thread=thread, picture=sent)

    def ready(self, picture: str) -> Content | None:
        return drawings.find(picture)

    def file(self, device: str, bubble: str, place: int) -> Content | None:
        return self._phones[device].file(bubble, place) if device in self._phones else None

    async def press(self, device: str, person: str, bubble: str, data: str) -> None:
        self._phones[device].press(person, bubble, data)

    async def turn(self, switch: str, on: bool) -> None:
        self._switches.turn(switch, on)
        self._tell(sandbox.switches_change(self._switches.shown()))

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

    def _changed(self, change: sandbox.Change) -> None:
        """Something was posted, edited or answered on a phone."""
        if change["kind"] == "bubble":
            self._unfold(change["device"])
        self._tell(change)
        self._looking.poke()

    def _unfold(self, name: str) -> None:
        if name not in self._unfolded:
            self._unfolded.add(name)
            self._tell(sandbox.device_change(self._device(self._phones[name])))

    async def _look(self) -> float | None:
        """Look at the hub, tell the page what is new, and let the story go on."""
        ready = self._app.is_migrated and all(adapter.health.ready for adapter in self._app.adapters)
        if ready != self._is_ready:
            self._is_ready = ready
            self._tell(sandbox.ready_change(ready, self._notice()))
        if not self._app.is_migrated:
            return None
        before, self._view = self._view, await view.look(self._app.store, self._labels)
        known = dict.fromkeys(before.happenings)
        for happening in reversed(self._view.happenings):
            if happening not in known:
                self._tell(sandbox.happening_change(happening))
        if before.facts != self._view.facts:
            self._tell(sandbox.steps_change(view.steps(self._view.facts)))
            self._offer(before.facts)
        if self._view.ledger is not None and before.ledger != self._view.ledger:
            self._tell(sandbox.ledger_change(self._dated(self._view.ledger)))
        if before.next_due != self._view.next_due:
            self._tell(sandbox.clock_change(self._now(), self._local(self._view.next_due)))
        if ready:
            self._story.go_on(self._view.facts)
        return None

    def _offer(self, before: view.Facts) -> None:
        """Tell what has come to lie ready on a device, or lies there no more."""
        for name, phone in self._phones.items():
            if story.offers(name, before) != story.offers(name, self._view.facts):
                self._tell(sandbox.device_change(self._device(phone)))

    # -- how it is shown --------------------------------------------------------------------------------------------

    def _device(self, phone: Phone) -> Device:
        device = phone.device()
        folded = device.id not in self._unfolded and not device.bubbles
        return replace(device, folded=folded, offers=story.offers(device.id, self._view.facts))

    def _dated(self, ledger: Ledger) -> Ledger:
        """With its times in the page's zone."""
        lines = tuple(replace(line, at=line.at.astimezone(self._zone)) for line in ledger.lines)
        return replace(ledger, lines=lines)

    def _notice(self) -> str:
        return "" if self._is_ready else LOADING

    def _now(self) -> datetime:
        return self._app.clock.now().astimezone(self._zone)

    def _local(self, at: datetime | None) -> datetime | None:
        return at.astimezone(self._zone) if at else None
