"""What happens by itself in the demo: Anna's first message, Ferenc's once she is answered; and what Marek may type."""

from __future__ import annotations

from collections.abc import Mapping

from console.sandbox import Offer
from hub.demo import lines
from hub.demo.phones import Phone
from hub.demo.view import Facts

DOWN = Offer("Station 0412 down", "/station 0412 down 4h power cut")
UP = Offer("Station 0412 works again", "/station 0412 up")


class Story:
    """Each message is said once; after a restart the story goes on where the phones stand."""

    def __init__(self, phones: Mapping[str, Phone]) -> None:
        self._phones = phones

    def go_on(self, facts: Facts) -> None:
        self._say_first("anna", lines.ANNA_SAYS)
        if facts.answered:
            self._say_first("ferenc", lines.FERENC_SAYS)

    def _say_first(self, name: str, text: str) -> None:
        """The first message of an empty phone; who has written already, by hand too, is left alone."""
        device = self._phones[name].device()
        if not device.bubbles:
            self._phones[name].say(device.people[0].id, text)


def offers(device: str, facts: Facts) -> tuple[Offer, ...]:
    """What lies ready to be typed on a device: Marek's, once he has seen his alert and no preview waits. Pure."""
    if device != "marek" or not facts.acked or facts.previews:
        return ()
    return (UP if facts.standing else DOWN,)
