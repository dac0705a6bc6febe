"""What a rule tells a customer: a text, or one a language, with a few places for what only the ticket knows. Pure."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Protocol

from kernel.phrases import Phrase

PLACES = ("number", "name", "queue")
LIMIT = 2_000  # characters of a text
EXPECTED = Phrase(
    "at most {limit} characters with no other {word} than {places}",
    limit=LIMIT,
    word="{places}",
    places=", ".join(f"{{{one}}}" for one in PLACES),
)


class Told(Protocol):
    """The ticket that is told of."""

    @property
    def name(self) -> str: ...
    @property
    def contact(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def language(self) -> str: ...


def worded(reply: Mapping[str, str], ticket: Told) -> str:
    """The text for the ticket's customer: in his language, else the one for all, else English, else the first."""
    wanted = (ticket.language, "", "en")
    text = next((reply[one] for one in wanted if one in reply), next(iter(reply.values()), ""))
    return text.format(number=ticket.name, name=ticket.contact, queue=ticket.queue)


def is_fit(text: str) -> bool:
    """True if `worded` can fill it: plain places only."""
    try:
        found = [(name, spec, turn) for _, name, spec, turn in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return False
    return 0 < len(text) <= LIMIT and all(name in PLACES and not spec and not turn for name, spec, turn in found)
