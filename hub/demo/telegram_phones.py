"""The phones and the team's group that are on the simulated Telegram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from channels.telegram.simulator import Change, ChangeKind, Chat, Impossible, Person, Photo, StoredMessage, World
from console import sandbox, sandbox_files
from console.sandbox import Bubble, Button, Device
from console.sandbox_files import Content
from hub.demo import drawings, gloss
from hub.demo.people import People
from hub.demo.phones import Tell
from kernel import errors

DESK = "desk"


class TelegramPhone(Struct, frozen=True):
    """Implements hub.demo.phones.Phone over one chat. `aside`: what plain words that answer nothing are there;
    `languages`: what its people write and read besides English."""

    id: str
    subtitle: str
    world: World
    chat: Chat
    people: tuple[Person, ...]
    kind: Literal["phone", "chat"] = "phone"
    hint: str = "Message"
    aside: str = ""
    languages: tuple[str, ...] = ()

    def device(self) -> Device:
        return Device(
            id=self.id,
            kind=self.kind,
            title=self.chat.title or self.people[0].name,
            subtitle=self.subtitle,
            people=tuple(sandbox.Person(str(one.id), one.name) for one in self.people),
            channel="Telegram",
            hint=self.hint,
            aside=self.aside,
            pictures=drawings.laid() if self.kind == "phone" else (),
            bubbles=tuple(self._bubble(one) for one in self.world.messages(self.chat.id, deleted=False)),
        )

    def say(
        self,
        person: str,
        text: str,
        *,
        reply_to: str | None = None,
        thread: str | None = None,
        picture: Content | None = None,
    ) -> None:
        answered, topic = _number(reply_to, "reply_to"), _number(thread, "thread")
        try:
            if picture is not None:
                self.world.send(self._one(person), self.chat, Photo(picture.content), caption=text, thread=topic)
            else:
                self.world.say(self._one(person), self.chat, text, reply_to=answered, thread=topic)
        except Impossible as error:
            raise errors.Invalid(str(error), problems=(errors.Problem("text", str(error)),)) from error

    def press(self, person: str, bubble: str, data: str) -> None:
        try:
            self.world.press(self._one(person), self.chat, _number(bubble, "bubble") or 0, data)
        except Impossible as error:
            raise errors.Invalid(str(error), problems=(errors.Problem("bubble", str(error), bubble),)) from error

    def file(self, bubble: str, place: int) -> Content | None:
        shown = self.world.messages(self.chat.id, deleted=False)
        found = next((_files(one) for one in shown if str(one.id) == bubble), ())
        return found[place] if place < len(found) else None

    def listen(self, tell: Tell) -> Callable[[], None]:
        def hear(change: Change) -> None:
            if change.chat_id == self.chat.id and (said := self._said(change)) is not None:
                tell(said)

        return self.world.listen(hear)

    def _said(self, change: Change) -> sandbox.Change | None:
        """The change as the page is told it; None for what an app shows nobody."""
        if change.toast is not None:
            if not change.toast.text:
                return None  # it only stops the button's spinner
            return sandbox.toast_change(self.id, change.toast.text, loud=change.toast.show_alert)
        if change.message is None or change.message.service:
            return None
        if change.kind is ChangeKind.DELETED:
            return sandbox.gone_change(self.id, str(change.message.id))
        return sandbox.bubble_change(self.id, self._bubble(change.message))

    def _one(self, person: str) -> Person:
        return next(one for one in self.people if str(one.id) == person)

    def _bubble(self, message: StoredMessage) -> Bubble:
        return Bubble(
            id=str(message.id),
            side="mine" if message.sender in self.people else "theirs",
            author="Centrala" if message.sender.is_bot else message.sender.name,
            text=message.text,
            at=message.at,
            buttons=tuple(tuple(Button(text, data) for text, data in row) for row in message.buttons),
            reply_to=str(message.reply_to) if message.reply_to else None,
            edited=message.edited and not message.sender.is_bot,
            gloss=gloss.of(message.text, *self.languages),
            files=tuple(
                sandbox_files.enclosed(self.id, str(message.id), place, one)
                for place, one in enumerate(_files(message))
            ),
        )


def _files(message: StoredMessage) -> tuple[Content, ...]:
    """A picture in its largest size, or a document."""
    kept = message.photo[-1] if message.photo else message.document
    if kept is None:
        return ()
    return (Content(kept.name or "Photo", kept.mime or "application/octet-stream", kept.content),)


def laid(world: World, people: People) -> tuple[TelegramPhone, ...]:
    """Anna's phone, the desk, Marek's phone."""
    anna, marek = (world.private(one) for one in (people.anna, people.marek))
    return (
        TelegramPhone("anna", "in Polish", world, anna, (people.anna,), languages=("pl",)),
        TelegramPhone(
            DESK,
            "the team's group",
            world,
            people.desk,
            (people.ewa, people.marek),
            kind="chat",
            hint="Press Reply, or type /commands",
            aside="Only colleagues read this. To answer a customer, press Reply under the customer's words.",
        ),
        TelegramPhone("marek", "manager", world, marek, (people.marek,)),
    )


def _number(written: str | None, field: str) -> int | None:
    if written is None:
        return None
    if not written.isascii() or not written.isdigit():
        raise errors.Invalid("no such message", problems=(errors.Problem(field, "the id of a message shown", written),))
    return int(written)
