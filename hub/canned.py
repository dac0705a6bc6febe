"""The bot's canned answers for the console: the same texts, filled in for the box in which one answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from bot import filling, macros
from bot.house import House
from console.canned import Answer
from crmcore.access import Actor
from tickets.visible import TicketView


class Macros(Struct, frozen=True):
    """Implements console.canned.Canned."""

    house: House

    def offered(self, ticket: TicketView) -> Sequence[Answer]:
        return [
            Answer(one.name, tuple(sorted(one.wants)), bool(one.tags or one.closes))
            for one in macros.offered(self.house.macros, ticket.queue)
        ]

    def filled(self, name: str, ticket: TicketView, actor: Actor, given: Mapping[str, str]) -> str:
        facts = macros.facts(ticket, actor.name)
        return filling.filled(self.house.macros[name], facts, given, ticket.language)
