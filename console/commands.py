"""What a page may order, and what it is answered: the bot's verbs behind a contract, as the hub hands them in."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from channels.contract import File
from tickets.visible import TicketView


class How(StrEnum):
    """How the words of an order are meant."""

    COMMAND = "command"  # typed: /close T12
    REPLY = "reply"  # to the customer
    NOTE = "note"  # among ourselves
    PRESS = "press"  # what a button carries


class Choice(Struct, frozen=True):
    """A button. `ticket`: the number of the one it only shows; then the page links there and presses nothing."""

    label: str
    code: str
    ticket: int | None = None


class Order(Struct, frozen=True):
    """What a colleague wants done. `ticket`: the number of the one he looks at; `key`: the same twice is done once.

    `seen`: the newest entry of it on his page; 0: not said. `language`: of his page, and of the answer.
    """

    how: How
    words: str
    key: str
    ticket: int | None = None
    seen: int = 0
    files: tuple[File, ...] = ()
    language: str = "en"


class Said(Struct, frozen=True):
    """The answer. `done` is False where the order was refused: then nothing has happened. `language`: of `text`."""

    text: str
    choices: tuple[Choice, ...] = ()
    done: bool = True
    language: str = "en"


class Commands(Protocol):
    """Runs orders as the bot would."""

    async def run(self, staff_id: int, order: Order) -> Said:
        """Do it in a unit of its own, once a key, and say what came of it; a refusal is an answer too.

        Raises TryLater if the store does not answer, NotFound if the colleague is gone.
        """

    def choices(self, ticket: TicketView, staff_id: int) -> Sequence[Choice]:
        """The buttons of a ticket's card for this colleague, as the ticket is now: he need not take what is his."""

    def alert(self, ticket: TicketView, alert_id: int) -> Sequence[Choice]:
        """The buttons of an alert."""

    def withheld(self, message_id: int, total: int = 0) -> Sequence[Choice]:
        """The buttons of a withheld answer; with 0 those for all `total` of them."""

    def golive(self) -> Choice:
        """The button that ends quiet mode."""

    def undo(self, message_id: int) -> Choice:
        """The button that takes a held reply back."""
