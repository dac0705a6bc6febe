"""What happens by itself in the demo: Eszter's first message, and Ferenc's once she is answered."""

from __future__ import annotations

from collections.abc import Mapping

from hub.demo.phones import Phone
from hub.demo.view import Facts

ESZTER_SAYS = "Hello! My fuel card was declined at station 0412 just now and I have to drive on. What can I do?"
FERENC_SAYS = "Jó napot! A múlt havi számlán van egy autómosás, ami nem a miénk. Kérem, nézzék meg."


class Story:
    """Each message is said once; after a restart the story goes on where the phones stand."""

    def __init__(self, phones: Mapping[str, Phone]) -> None:
        self._phones = phones

    def go_on(self, facts: Facts) -> None:
        self._say_first("eszter", ESZTER_SAYS)
        if facts.answered:
            self._say_first("ferenc", FERENC_SAYS)

    def _say_first(self, name: str, text: str) -> None:
        """The first message of an empty phone; who has written already, by hand too, is left alone."""
        device = self._phones[name].device()
        if not device.bubbles:
            self._phones[name].say(device.people[0].id, text)
