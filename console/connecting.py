"""The channels as an administrator sees to them: what is set, tried again, changed; the hub hands it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Found(Struct, frozen=True):
    """One thing tried, and the next step if it failed. `spoken`, `todo_spoken`: False for what is in English only."""

    name: str
    ok: bool
    said: str
    todo: str
    spoken: bool = True
    todo_spoken: bool = True


class Fact(Struct, frozen=True):
    """A setting that has a value. `value`: as far as a page may show it; `is_secret`: it only says that it is set."""

    label: str
    value: str
    is_secret: bool = False


class Known(Struct, frozen=True):
    """A channel that there is, set up or not: what is set of it."""

    name: str
    title: str
    facts: tuple[Fact, ...] = ()


class Connections(Protocol):
    """What the running hub is connected with."""

    def known(self, language: str) -> Sequence[Known]:
        """All channels that can be set up, in the order in which setting up asks for them."""

    def may_change(self) -> bool:
        """True where this process can write the settings file and start the hub anew with it."""

    async def tried(self, name: str, language: str) -> Sequence[Found]:
        """Try what is set, step by step, as `centrala check` does; nothing is sent. Raises NotFound."""

    def door(self, name: str, *, staff_id: int, language: str) -> str:
        """A path that works once, to where the channel is changed. Raises NotFound where that cannot be done."""
