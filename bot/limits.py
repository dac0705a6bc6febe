"""How much one colleague may say in a minute, by each of his ways: a stolen phone or a looping program does little."""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime, timedelta

from msgspec import Struct, field

from bot.calls import Call
from crmcore import access
from kernel import errors

WINDOW = timedelta(minutes=1)
TEXTS = 30  # where each answer is paid for
UNKNOWN = 5  # words that are no command
_SLOW = "Slow down: more than {most} within a minute. This was not done; write it again in {wait} s."
_TOO_FAST, _TOLD = "too_fast", "too_fast_told"


class Limits(Struct):
    """Counts in memory: a restart forgives. What comes in is stored in any case; doing and answering is limited.

    Each way has its own count: what others forge in his name by text or by letter takes nothing from his chat.
    """

    _said: dict[tuple[int, str], deque[datetime]] = field(default_factory=dict)

    def over(self, staff_id: int, kind: str, most: int, now: datetime) -> int:
        """Count one more; 0 while within `most` a minute, else how many too many this is."""
        times = self._said.setdefault((staff_id, kind), deque())
        while times and now - times[0] >= WINDOW:
            times.popleft()
        times.append(now)
        return max(0, len(times) - most)

    def slow(self, staff_id: int, kind: str, most: int, now: datetime, *, code: str = "") -> errors.Invalid:
        """What somebody is told who has said too much, and in how many seconds one more is done."""
        times = self._said[staff_id, kind]
        free = times[-most] + WINDOW if 0 < most <= len(times) else now + WINDOW
        wait = max(1, math.ceil((free - now).total_seconds()))
        return errors.Invalid(_SLOW, code=code, most=most, wait=wait)

    def pace(self, call: Call, kind: str, most: int) -> None:
        """Count one more act of his. Raises Invalid for one too many; of those only the first is told so.

        A page is not counted: it writes to nobody that something was refused, and is behind his password.
        """
        if call.actor.proof == access.SESSION:
            return
        staff_id, now = int(call.actor.id), call.work.now
        too_many = self.over(staff_id, kind, most, now)
        if too_many:
            raise self.slow(staff_id, kind, most, now, code=_TOO_FAST if too_many == 1 else _TOLD)


def is_told(error: errors.CentralaError) -> bool:
    """He has been told in this minute that he is too fast: nothing answers this one."""
    return error.code == _TOLD
