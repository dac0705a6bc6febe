"""What a customer says to the house itself and to no person: which of its steps hears a message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from bot.asks import Asks
from bot.call_me import CallMe
from bot.house import House
from bot.own_address import OwnAddress
from bot.rating import Rating
from bot.solved import Solved
from channels.messages import Arrived
from kernel.unit import Work

Take = Callable[[Work, Arrived], Awaitable[bool]]


class Himself(Struct, frozen=True):
    """Asked of every message of who is no colleague: nothing here looks into the store before a step is found."""

    house: House

    def taker(self, arrived: Arrived) -> Take | None:
        """Who takes it; he may still find that it is a message like any other."""
        own = self.house
        for step in (Asks(own), Solved(own), Rating(own), CallMe(own), OwnAddress(own)):
            if step.hears(arrived):
                return step.take
        return None
