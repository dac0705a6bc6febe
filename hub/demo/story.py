"""What happens by itself in the demo: Eszter's first message, and Ferenc's once she is answered."""

from __future__ import annotations

from channels.telegram.simulator import BotApi, Person
from hub.demo.people import People
from hub.demo.view import Facts

ESZTER_SAYS = "Hello! My fuel card was declined at station 0412 just now and I have to drive on. What can I do?"
FERENC_SAYS = "Jó napot! A múlt havi számlán van egy autómosás, ami nem a miénk. Kérem, nézzék meg."


class Story:
    """Each message is said once; after a restart the story goes on where the phones stand."""

    def __init__(self, api: BotApi, people: People) -> None:
        self._world = api.world
        self._people = people

    def go_on(self, facts: Facts) -> None:
        self._say_first(self._people.eszter, ESZTER_SAYS)
        if facts.answered:
            self._say_first(self._people.ferenc, FERENC_SAYS)

    def _say_first(self, person: Person, text: str) -> None:
        """The first message of an empty phone; who has written already, by hand too, is left alone."""
        if not self._world.messages(person.id):
            self._world.say(person, self._world.private(person), text)
