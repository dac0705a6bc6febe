"""The clock of the domain: real time, shifted by what the demo has pushed or standing still in a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells aware UTC instants. Not for signatures, leases or deadlines: those use the machine's own clocks."""

    def __init__(self, fixed_at: datetime | None = None) -> None:
        """`fixed_at`: the clock stands at this instant until pushed (tests); absent: it runs."""
        self._fixed_at = fixed_at
        self._shift = timedelta()

    def now(self) -> datetime:
        return (self._fixed_at or datetime.now(UTC)) + self._shift

    def push(self, by: timedelta) -> None:
        """Move the clock by `by` (backwards too). The caller wakes whoever waits for a due time."""
        self._shift += by

    @property
    def shift(self) -> timedelta:
        return self._shift
