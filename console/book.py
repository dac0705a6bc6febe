"""The settings file as pages may read and change it, behind a contract, as the hub hands it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from kernel import errors
from routing.rules import Rule
from tickets.calendar import Calendar

PARTS = ("queues", "calendars", "rules", "policies")  # what pages change, and what a running hub takes up at once


class Draft(Struct, frozen=True):
    """What a change would do to the file: its changed lines, each with + or - before it. `stamp`: of the file."""

    lines: tuple[str, ...]
    stamp: str


class Removed(Struct, frozen=True):
    """The queue, calendar or rule goes, with the lines and comments that are its own."""


class Moved(Struct, frozen=True):
    """The rule stands at place `to` from now on, with the lines and comments that are its own."""

    to: int


class Book(Protocol):
    """The settings. Changes are dotted keys ("queues.cards.manager") with values; None takes a key out.

    A whole queue, calendar or rule ("rules.2") may be Removed, a rule Moved: one such change at a time.
    """

    def is_open(self) -> bool:
        """True if there is a file that can be changed; else the settings come from the environment."""

    def calendars(self) -> Mapping[str, Calendar]:
        """All calendars of the running hub, whether a queue goes by them or not."""

    def written(self) -> Mapping[str, Any]:
        """What the file says of PARTS, and of nothing else. Raises Invalid where it is not TOML."""

    def waiting(self) -> Sequence[str]:
        """Sections of the file that were changed beside us since the hub started: they want a restart."""

    def overridden(self, key: str) -> str:
        """The environment variable that says otherwise than the file, whatever stands there; "" for none."""

    def stamp(self) -> str:
        """Of the file as it is now; "" without one."""

    async def rules(self, changes: Mapping[str, object]) -> tuple[Rule, ...]:
        """The rules as they would be with the changes. Raises Invalid as `draft`."""

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

    def overridden(self, key: str) -> str:
        return ""

    def stamp(self) -> str:
        return ""

    async def rules(self, changes: Mapping[str, object]) -> tuple[Rule, ...]:
        raise errors.Conflict(NO_FILE)

    async def draft(self, changes: Mapping[str, object]) -> Draft:
        raise errors.Conflict(NO_FILE)

    async def save(self, changes: Mapping[str, object], stamp: str) -> None:
        raise errors.Conflict(NO_FILE)


NO_FILE = "The settings come from the environment, not from a file. Change them there and start the hub again."
