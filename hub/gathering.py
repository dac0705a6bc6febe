"""When messages come thick, a batch waits a moment for company: what a statement costs, ten messages cost together."""

from __future__ import annotations

from collections import deque

MANY = 8  # messages within WINDOW_S: from then on it pays
WINDOW_S = 0.5
APART_S = 0.1  # between the beginnings of two batches then


class Gathering:
    """Counts what was handled lately. Times are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._lately: deque[tuple[float, int]] = deque()
        self._began_at = float("-inf")

    def pause_s(self, now: float) -> float:
        """How long the batch that would begin now should wait; 0 while little comes."""
        while self._lately and self._lately[0][0] < now - WINDOW_S:
            self._lately.popleft()
        if sum(count for _, count in self._lately) < MANY:
            return 0.0
        return max(0.0, self._began_at + APART_S - now)

    def begun(self, now: float) -> None:
        self._began_at = now

    def handled(self, now: float, count: int) -> None:
        if count:
            self._lately.append((now, count))
