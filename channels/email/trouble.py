"""What is wrong with which part of the channel: mail may go out while a mailbox cannot be read."""

from __future__ import annotations

from channels.contract import Health


class Trouble:
    """Keeps the one line of `Health.degraded` for several parts."""

    def __init__(self, health: Health) -> None:
        self.health = health
        self._told: dict[str, str] = {}

    def tell(self, part: str, said: str) -> None:
        self._told[part] = said
        self._show()

    def clear(self, part: str) -> None:
        self._told.pop(part, None)
        self._show()

    def _show(self) -> None:
        self.health.degraded = "; ".join(f"{part}: {said}" for part, said in self._told.items())
