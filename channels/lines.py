"""The lines out: which account of which channel serves an address. Built once from the adapters."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from channels.contract import Capabilities


class Line(Struct, frozen=True):
    """One account that can send."""

    channel: str
    account: str
    capabilities: Capabilities


class Lines:
    """All lines of this hub."""

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self._lines = tuple(lines)

    def all(self) -> tuple[Line, ...]:
        return self._lines

    def by_account(self, account: str) -> Line | None:
        return next((line for line in self._lines if line.account == account), None)

    def to(self, scheme: str, *, account: str = "") -> Line | None:
        """A line that serves `scheme`: the account the person wrote to if it does, else the first that does."""
        serving = [line for line in self._lines if line.capabilities.scheme == scheme]
        own = next((line for line in serving if line.account == account), None)
        return own or (serving[0] if serving else None)

    def with_buttons(self) -> Line | None:
        """The first line that shows buttons: there colleagues are told of things they can act on."""
        return next((line for line in self._lines if line.capabilities.buttons), None)

    def ordered(self) -> list[Line]:
        """One line a scheme, in the order in which people are reached best: chats with buttons, chats, letters."""
        first = {line.capabilities.scheme: line for line in reversed(self._lines)}
        return sorted(
            first.values(), key=lambda one: (not one.capabilities.conversational, not one.capabilities.buttons)
        )

    def labels(self) -> list[str]:
        """The channels as people read them."""
        return list(dict.fromkeys(line.capabilities.label for line in self._lines))

    def called(self, word: str) -> list[str]:
        """The labels that `word` begins or is a nickname of."""
        bare = _bare(word)
        found = {
            line.capabilities.label: bare in line.capabilities.nicknames
            or _bare(line.capabilities.label).startswith(bare)
            for line in self._lines
        }
        return [label for label, is_meant in found.items() if bare and is_meant]

    def label(self, channel: str) -> str:
        """The channel as a person reads it."""
        return next((line.capabilities.label for line in self._lines if line.channel == channel), channel.capitalize())


def _bare(word: str) -> str:
    return word.strip().lower().replace("-", "")
