"""How much one colleague may say in a minute where each word costs a message back."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from msgspec import Struct, field

WINDOW = timedelta(minutes=1)
COMMANDS = 30
UNKNOWN = 5
SLOW = "Slow down: too much within a minute. This was not done; write it again in a minute."


class Limits(Struct):
    """Counts in memory: a restart forgives. What comes in is stored in any case; doing and answering is limited."""

    _said: dict[tuple[int, str], deque[datetime]] = field(default_factory=dict)

    def over(self, staff_id: int, kind: str, most: int, now: datetime) -> int:
        """Count one more; 0 while within `most` a minute, else how many too many this is."""
        times = self._said.setdefault((staff_id, kind), deque())
        while times and now - times[0] >= WINDOW:
            times.popleft()
        times.append(now)
        return max(0, len(times) - most)
