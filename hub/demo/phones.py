"""A phone or a chat on the stage, whatever its channel: what the stage asks of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from console.sandbox import Change, Device
from console.sandbox_files import Content

Tell = Callable[[Change], None]


class Phone(Protocol):
    """One device of the page. The far side of a channel offers its phones in this shape; the stage knows no more."""

    @property
    def id(self) -> str:
        """The device's id on the page."""

    def device(self) -> Device:
        """As it stands now, with the label of its channel and all its bubbles; the stage folds it."""

    def say(
        self,
        person: str,
        text: str,
        *,
        reply_to: str | None = None,
        thread: str | None = None,
        picture: Content | None = None,
    ) -> None:
        """`person` (an id of the device's people) writes; it goes in at the wire. Raises Invalid."""

    def file(self, bubble: str, place: int) -> Content | None:
        """What hangs under a message of this device."""

    def press(self, person: str, bubble: str, data: str) -> None:
        """`person` presses a button. Raises Invalid."""

    def listen(self, tell: Tell) -> Callable[[], None]:
        """Tell each change of this device (a bubble, a toast) as it happens; call the result to stop."""
