"""A phone that gets and sends text messages: the simulated carrier's side of SMS as its owner sees it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from channels.sms.simulator import Message, World
from console import sandbox
from console.sandbox import Bubble, Device
from console.sandbox_files import Content
from hub.demo import gloss
from hub.demo.phones import Tell
from kernel import errors

DELIVERED = "delivered"
LIMIT = 1_600  # characters: what a phone sends as one text


class SmsPhone(Struct, frozen=True):
    """Implements hub.demo.phones.Phone over one number. `language`: its owner's."""

    id: str
    name: str
    number: str
    subtitle: str
    world: World
    language: str

    def device(self) -> Device:
        return Device(
            id=self.id,
            kind="phone",
            title=self.name,
            subtitle=self.subtitle,
            people=(sandbox.Person(self.number, self.name),),
            channel="SMS",
            hint="Text message",
            bubbles=tuple(self._bubble(one) for one in self.world.messages if self._is_shown(one)),
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
        """A text message knows of no other: what it answers is lost. It carries no picture, so none lies ready."""
        if len(text) > LIMIT:
            expected = f"at most {LIMIT} characters in a text message"
            raise errors.Invalid(expected, problems=(errors.Problem("text", expected, str(len(text))),))
        self.world.text(self.number, text)

    def press(self, person: str, bubble: str, data: str) -> None:
        raise errors.Invalid("a text message has no buttons", problems=(errors.Problem("bubble", "none", bubble),))

    def file(self, bubble: str, place: int) -> Content | None:
        return None

    def listen(self, tell: Tell) -> Callable[[], None]:
        def hear(message: Message) -> None:
            if self._is_shown(message):
                tell(sandbox.bubble_change(self.id, self._bubble(message)))

        return self.world.listen(hear)

    def _is_shown(self, message: Message) -> bool:
        """What he has written, and of ours what his phone has got."""
        if message.is_inbound:
            return message.sender == self.number
        return message.to == self.number and message.status == DELIVERED

    def _bubble(self, message: Message) -> Bubble:
        own = message.is_inbound
        return Bubble(
            id=message.sid,
            side="mine" if own else "theirs",
            author=self.name if own else message.sender,
            text=message.body,
            at=message.created_at,
            gloss=gloss.of(message.body, self.language),
        )
