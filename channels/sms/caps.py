"""Caps on what may be sent in a day: to a number, to the numbers next to it, in all. Pure: the caller brings the time.

They bound what a fraud can cost: SMS pumping drives texts to many numbers of one block, whose owner shares the fee.
Kept in memory; at a start it is told what went out before, from the messages stored.
"""

from __future__ import annotations

from collections import deque

from msgspec import Struct, field

DAY_S = 24 * 60 * 60
BLOCK_DIGITS = 4  # a block is a number less its last four digits


class Limits(Struct, frozen=True):
    """The most that goes out within 24 hours; 0 stands for no cap."""

    per_recipient: int
    per_prefix: int
    per_day: int


class Caps(Struct):
    """What went out in the last 24 hours, by number, by block and in all."""

    limits: Limits
    _sent: dict[str, deque[float]] = field(default_factory=dict)
    _swept_at: float = 0.0

    def take(self, number: str, now: float) -> str:
        """Count one message to `number` and return "", or count nothing and return which cap is reached.

        `now`: seconds of a clock that never goes back.
        """
        self._sweep(now)
        for name, key, limit in self._budgets(number):
            if limit and len(self._recent(key, now)) >= limit:
                return f"{name} of {limit} a day"
        for _, key, limit in self._budgets(number):
            if limit:
                self._recent(key, now).append(now)
        return ""

    def recall(self, number: str, at: float) -> None:
        """Count what went out at that time; to be told in the order of time, before anything is taken."""
        for _, key, limit in self._budgets(number):
            if limit:
                self._sent.setdefault(key, deque()).append(at)

    def give_back(self, number: str) -> None:
        """The message counted last surely did not go out."""
        for _, key, _ in self._budgets(number):
            if self._sent.get(key):
                self._sent[key].pop()

    def _budgets(self, number: str) -> tuple[tuple[str, str, int], ...]:
        return (
            ("cap per recipient", number, self.limits.per_recipient),
            ("cap per prefix", f"{number[:-BLOCK_DIGITS]}*", self.limits.per_prefix),
            ("cap of the account", "", self.limits.per_day),
        )

    def _recent(self, key: str, now: float) -> deque[float]:
        sent = self._sent.setdefault(key, deque())
        while sent and sent[0] <= now - DAY_S:
            sent.popleft()
        return sent

    def _sweep(self, now: float) -> None:
        """Once a day forget the numbers that nothing was sent to: a million of them must not stay in memory."""
        if now - self._swept_at < DAY_S:
            return
        self._swept_at = now
        for key in list(self._sent):
            if not self._recent(key, now):
                del self._sent[key]
