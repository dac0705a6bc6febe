"""Whose fault it is when messages fail: their own, or ours."""

from __future__ import annotations

from msgspec import Struct, field


class Faults(Struct):
    """Which addresses fail alone, by the kind and place of the error. Two of one kind: the fault is ours."""

    by_cause: dict[str, set[str]] = field(default_factory=dict)

    def note(self, cause: str, address: str) -> bool:
        """Remember a failure; True if another address fails the very same way."""
        failing = self.by_cause.setdefault(cause, set())
        failing.add(address)
        return len(failing) > 1

    def clear(self, address: str) -> None:
        for failing in self.by_cause.values():
            failing.discard(address)

    @property
    def is_ours(self) -> bool:
        return any(len(failing) > 1 for failing in self.by_cause.values())
