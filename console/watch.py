"""What a page may know of the running channels, behind a contract, as the hub hands it in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class ChannelState(Struct, frozen=True):
    """A channel as it is now. `said`: what is wrong with it, in its own words; `needs`: a line of what a person has to
    do. Both may be "".
    """

    name: str
    account: str
    label: str
    is_ready: bool
    said: str = ""
    needs: str = ""
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None

    @property
    def is_well(self) -> bool:
        return self.is_ready and not self.said and not self.needs


class Watch(Protocol):
    """Looks at the running hub."""

    def channels(self) -> Sequence[ChannelState]:
        """All of them, in the order of the settings."""

    def is_quiet(self) -> bool:
        """True while nothing leaves except to staff."""


class Nothing:
    """A console without a hub behind it: no channels."""

    def channels(self) -> Sequence[ChannelState]:
        return ()

    def is_quiet(self) -> bool:
        return False
