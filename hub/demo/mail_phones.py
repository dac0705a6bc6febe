"""A phone with a mail program: what its owner sees of his mailbox."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from channels.email.simulator import Item, Mailbox
from console import sandbox, sandbox_files
from console.sandbox import Bubble, Device
from console.sandbox_files import Content
from hub.demo import drawings, gloss
from hub.demo.phones import Tell
from kernel import errors

SUBJECT = 60  # characters of the first line that make the subject of a new mail
_STATES = {"waiting": "…", "sent": "", "refused": "✗ refused"}


class MailPhone(Struct, frozen=True):
    """Implements hub.demo.phones.Phone over one mailbox. `ours`: where its owner writes; `language`: his."""

    id: str
    subtitle: str
    mailbox: Mailbox
    ours: str
    language: str

    def device(self) -> Device:
        person = self.mailbox.person
        return Device(
            id=self.id,
            kind="phone",
            title=person.name,
            subtitle=self.subtitle,
            people=(sandbox.Person(person.address, person.name),),
            channel="e-mail",
            hint="Answer by mail",
            pictures=drawings.laid(),
            bubbles=tuple(self._bubble(item) for item in self.mailbox.items),
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
        """The answer to a mail that came: the one quoted, else the newest. Without any it is a new mail."""
        came = [item for item in self.mailbox.items if not item.is_own]
        answered = next((item for item in came if item.id == reply_to), came[-1] if came else None)
        files = [(picture.name, picture.content_type, picture.content)] if picture else []
        if answered is not None:
            self.mailbox.answer(answered, text, files)
        else:
            self.mailbox.write(self.ours, _subject(text or picture.name if picture else text), text, files)

    def press(self, person: str, bubble: str, data: str) -> None:
        raise errors.Invalid("a mail has no buttons", problems=(errors.Problem("bubble", "none", bubble),))

    def file(self, bubble: str, place: int) -> Content | None:
        item = self.mailbox.find(bubble)
        found = item.files if item else []
        return Content(*found[place]) if place < len(found) else None

    def listen(self, tell: Tell) -> Callable[[], None]:
        return self.mailbox.listen(lambda item: tell(sandbox.bubble_change(self.id, self._bubble(item))))

    def _bubble(self, item: Item) -> Bubble:
        return Bubble(
            id=item.id,
            side="mine" if item.is_own else "theirs",
            author=self.mailbox.person.name if item.is_own else "Centrala",
            subject=item.subject,
            text=item.text,
            at=item.at,
            status=_STATES.get(item.state, ""),
            gloss=gloss.of(item.text, self.language),
            files=tuple(
                sandbox_files.enclosed(self.id, item.id, place, Content(*one)) for place, one in enumerate(item.files)
            ),
        )


def _subject(text: str) -> str:
    first = text.strip().splitlines()[0].strip()
    return first if len(first) <= SUBJECT else f"{first[: SUBJECT - 1].rstrip()}…"
