"""Whose fault it is when messages fail: their own, or ours."""

from __future__ import annotations

from msgspec import Struct, field

from kernel import errors, log


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


def raise_passing(error: Exception) -> None:
    """The surroundings' fault, or a message that was handled meanwhile: nothing counts, the loop comes again.

    Raises errors.TryLater then; returns if the failure is the message's own.
    """
    if errors.is_passing(error):
        raise errors.TryLater(log.cause(error)) from error
    if isinstance(error, errors.Conflict) and error.code == "handled":
        raise errors.TryLater(str(error)) from error
