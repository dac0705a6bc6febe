"""The settings file as pages may read and change it, behind a contract, as the hub hands it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kernel import errors
from tickets.calendar import Calendar

PARTS = ("queues", "calendars", "rules", "policies")  # what pages change, and what a running hub takes up at once


@dataclass(frozen=True, slots=True)
class Draft:
    """What a change would do to the file: its changed lines, each with + or - before it. `stamp`: of the file."""

    lines: tuple[str, ...]
    stamp: str


class Book(Protocol):
    """The settings. Changes are dotted keys ("queues.cards.manager") with values; None takes a key out."""

    def is_open(self) -> bool:
        """True if there is a file that can be changed; else the settings come from the environment."""

    def calendars(self) -> Mapping[str, Calendar]:
        """All calendars of the running hub, whether a queue goes by them or not."""

    def written(self) -> Mapping[str, Any]:
        """What the file says of PARTS, and of nothing else. Raises Invalid where it is not TOML."""

    def waiting(self) -> Sequence[str]:
        """Sections of the file that were changed beside us since the hub started: they want a restart."""

    async def draft(self, changes: Mapping[str, object]) -> Draft:
        """Raises Invalid with every problem where the settings would not hold together."""

    async def save(self, changes: Mapping[str, object], stamp: str) -> None:
        """Write the changes and take them up. Raises Conflict if the file is not as `stamp` says, Invalid."""


class Closed:
    """A console without a settings file: all is read, nothing changed."""

    def is_open(self) -> bool:
        return False

    def calendars(self) -> Mapping[str, Calendar]:
        return {}

    def written(self) -> Mapping[str, Any]:
        return {}

    def waiting(self) -> Sequence[str]:
        return ()

    async def draft(self, changes: Mapping[str, object]) -> Draft:
        raise errors.Conflict(NO_FILE)

    async def save(self, changes: Mapping[str, object], stamp: str) -> None:
        raise errors.Conflict(NO_FILE)


NO_FILE = "The settings come from the environment, not from a file. Change them there and start the hub again."
