"""Troubles made on purpose: throttling, refusals, cut and hanging connections. The server applies them to calls."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from channels.telegram.simulator.model import Json
from channels.telegram.simulator.refusals import Refusal, too_many

# Flood control watches what a bot does to chats; these calls only run the bot itself.
NEVER_THROTTLED = frozenset({"getupdates", "getme", "setwebhook", "deletewebhook", "getwebhookinfo"})


class Faults:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._throttled: dict[int | None, float] = {}
        self._failures: dict[str, deque[Refusal]] = {}
        self._cuts_after: dict[str, int] = {}
        self._cuts_before: dict[str, int] = {}
        self._hangs: dict[str, deque[float]] = {}

    def throttle(self, chat_id: int | None, seconds: float) -> None:
        """Calls about this chat (None: about any) get 429 until so much time has passed by the clock."""
        self._throttled[chat_id] = self._clock() + seconds

    def fail_next(
        self, method: str, status: int, description: str, times: int = 1, *, parameters: Json | None = None
    ) -> None:
        """The next calls are refused and not done; a status of 500 and over stands for Telegram's own troubles."""
        waiting = self._failures.setdefault(method.lower(), deque())
        waiting.extend(Refusal(status, description, parameters) for _ in range(times))

    def cut_after(self, method: str, times: int = 1) -> None:
        """The call is done, then the connection is cut with no answer: sending it again would double it."""
        self._cuts_after[method.lower()] = self._cuts_after.get(method.lower(), 0) + times

    def cut_before(self, method: str, times: int = 1) -> None:
        """The connection is cut with nothing done; from the outside it looks the same as `cut_after`."""
        self._cuts_before[method.lower()] = self._cuts_before.get(method.lower(), 0) + times

    def hang(self, method: str, seconds: float, times: int = 1) -> None:
        """The answer takes so long (real seconds); then the call is done, even if the caller has given up."""
        self._hangs.setdefault(method.lower(), deque()).extend([seconds] * times)

    def clear(self) -> None:
        self._throttled.clear()
        self._failures.clear()
        self._cuts_after.clear()
        self._cuts_before.clear()
        self._hangs.clear()

    def refuse(self, method: str, chat_id: int | None) -> None:
        """Raise what this call is due."""
        if waiting := self._failures.get(method):
            raise waiting.popleft()
        if method in NEVER_THROTTLED:
            return
        for key in {chat_id, None}:
            left = self._throttled.get(key, 0.0) - self._clock()
            if left > 0:
                raise too_many(math.ceil(left))
            self._throttled.pop(key, None)

    def take_hang(self, method: str) -> float:
        waiting = self._hangs.get(method)
        return waiting.popleft() if waiting else 0.0

    def take_cut_after(self, method: str) -> bool:
        return _take(self._cuts_after, method)

    def take_cut_before(self, method: str) -> bool:
        return _take(self._cuts_before, method)


def _take(counts: dict[str, int], method: str) -> bool:
    left = counts.get(method, 0)
    if left:
        counts[method] = left - 1
    return left > 0
