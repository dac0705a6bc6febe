"""States of tickets as data: a house's own words, each in one of five categories. What decides, decides by category."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from kernel import errors, folding, sentences
from kernel.errors import Problem
from kernel.phrases import Phrase
from tickets.models import State

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_WORDS = 8  # of a label


class Category(StrEnum):
    """What a state means for lists and clocks, whatever the house calls it."""

    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_US = "waiting_us"
    SOLVED = "solved"  # we are done, and the customer may still come back; off the lists
    CLOSED = "closed"


# The store keeps one word a category, so that SQL and its indexes need not look a house's own words up.
_CATEGORY: Mapping[str, Category] = {
    State.OPEN: Category.OPEN,
    State.WAITING: Category.WAITING_CUSTOMER,
    State.WAITING_US: Category.WAITING_US,
    State.SOLVED: Category.SOLVED,
    State.CLOSED: Category.CLOSED,
}
_STORED: Mapping[Category, State] = {category: State(state) for state, category in _CATEGORY.items()}


_SAID = {
    "open": "open",
    "waiting": "waiting for the customer",
    "waiting_us": "waiting for us",
    "solved": "solved",
    "closed": "closed",
}


class Word(Struct, frozen=True):
    """A state that may be chosen. `name`: as it is typed; `label`: as it is read; "" for what ships."""

    name: str
    category: Category
    label: str = ""

    @property
    def stored(self) -> State:
        return _STORED[self.category]

    @property
    def is_shipped(self) -> bool:
        return not self.label

    @property
    def said(self) -> str:
        """As history has it: the house's own label, or our word for each reader."""
        return self.label or sentences.line(_SAID[self.name])


SHIPPED: Mapping[str, Word] = {str(state): Word(str(state), category) for state, category in _CATEGORY.items()}


class States(Struct, frozen=True):
    """All states of a house: the shipped five and its own."""

    own: Mapping[str, Word] = field(default_factory=dict)

    def words(self) -> list[Word]:
        return [*SHIPPED.values(), *self.own.values()]

    def chosen(self, written: str) -> Word:
        """The state that is meant, by its name or its label. Raises Invalid, which names all."""
        if (word := self._known(written)) is not None:
            return word
        known = ", ".join(word.name for word in self.words())
        raise errors.Invalid(
            "Nothing was done", problems=(Problem("state", Phrase("one of {names}", names=known), written[:40]),)
        )

    def begun(self, written: str) -> tuple[Word, str]:
        """The state that is meant, and behind one of category solved the reason. Raises Invalid, which names all."""
        words = written.split()
        for count in range(min(len(words) - 1, MOST_WORDS), 0, -1):
            word = self._known(" ".join(words[:count]))
            if word is not None and word.category is Category.SOLVED:
                return word, " ".join(words[count:])
        return self.chosen(written), ""

    def shown(self, state: str, own: str | None) -> str:
        """What people read: the house's own label where one stands, else the shipped word."""
        word = self.own.get(own or "")
        return word.label if word and word.stored == state else state

    def _known(self, written: str) -> Word | None:
        wanted = folding.fold(written.strip()).replace(" ", "_")
        for word in self.words():
            if wanted in (word.name, folding.fold(word.label).replace(" ", "_") or word.name):
                return word
        return None


def category(state: str) -> Category:
    """Of a stored state. What a later version wrote and this one does not know is open: nobody may overlook it."""
    return _CATEGORY.get(state, Category.OPEN)


def is_done(state: str) -> bool:
    """Nobody has to do anything: solved or closed."""
    return category(state) in (Category.SOLVED, Category.CLOSED)
