"""What happens by itself in the demo: Eszter's first message, and Ferenc's once she is answered."""

from __future__ import annotations

from channels.telegram.simulator import BotApi
from hub.demo.people import People
from hub.demo.view import Facts

ESZTER_SAYS = "Hello! My fuel card was declined at station 0412 just now and I have to drive on. What can I do?"
FERENC_SAYS = "Jó napot! A múlt havi számlán van egy autómosás, ami nem a miénk. Kérem, nézzék meg."


class Story:
    """Each message is said once; after a restart the story goes on where the hub's rows say it stands."""

    def __init__(self, api: BotApi, people: People) -> None:
        self._world = api.world
        self._people = people
        self._said: set[int] = set()

    def go_on(self, facts: Facts) -> None:
        if facts.tickets == 0:
            self._say(self._people.eszter.id, ESZTER_SAYS)
        elif facts.answered and facts.tickets == 1:
            self._say(self._people.ferenc.id, FERENC_SAYS)

    def _say(self, person_id: int, text: str) -> None:
        if person_id in self._said:
            return
        self._said.add(person_id)
        person = self._world.people[person_id]
        self._world.say(person, self._world.private(person), text)
