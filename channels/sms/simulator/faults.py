"""Troubles made on purpose: codes, throttling, cut and hanging connections. The server applies them to new messages."""

from __future__ import annotations

from collections import deque

from channels.sms.simulator.model import Refusal


class Faults:
    def __init__(self) -> None:
        self._by_number: dict[str, tuple[int, int, str]] = {}
        self._refusals: deque[Refusal] = deque()
        self._hangs: deque[float] = deque()
        self._stalls: deque[float] = deque()
        self._cuts_before = 0
        self._cuts_after = 0
        self._garbles = 0
        self.undelivered: dict[str, int] = {}  # number → the code with which its messages end undelivered
        self.is_away = False  # everything that is to be sent gets a 503
        self.is_list_away = False  # the list of messages gets a 503
        self.list_lags = False  # the list does not show what is made from now on
        self.unlisted: set[str] = set()  # the ids of what it does not show

    def refuse_number(self, number: str, code: int, message: str = "Refused", *, status: int = 400) -> None:
        """Every message to this number is refused with this code."""
        self._by_number[number] = (status, code, message)

    def fail_next(self, status: int, code: int = 0, message: str = "Trouble", *, times: int = 1) -> None:
        """The next messages are refused and not made."""
        self._refusals.extend(Refusal(status, code or status, message) for _ in range(times))

    def throttle(self, times: int = 1, *, retry_after: int | None = None) -> None:
        for _ in range(times):
            self._refusals.append(Refusal(429, 20429, "Too Many Requests", retry_after=retry_after))

    def hang(self, seconds: float, times: int = 1) -> None:
        """The answer takes so long (real seconds); the message is made."""
        self._hangs.extend([seconds] * times)

    def stall(self, seconds: float, times: int = 1) -> None:
        """Nothing is done for so long (real seconds); for who has gone by then nothing is made."""
        self._stalls.extend([seconds] * times)

    def catch_up(self) -> None:
        """The list shows all that was made."""
        self.list_lags = False
        self.unlisted.clear()

    def cut_before(self, times: int = 1) -> None:
        """The connection is cut with nothing done."""
        self._cuts_before += times

    def cut_after(self, times: int = 1) -> None:
        """The message is made, then the connection is cut with no answer: sending again would double it."""
        self._cuts_after += times

    def garble(self, times: int = 1) -> None:
        """The message is made, and the answer is no JSON: some box in between has spoken."""
        self._garbles += times

    def refuse(self, number: str) -> None:
        """Raise what a message to this number is due."""
        if self.is_away:
            raise Refusal(503, 20503, "Service Unavailable")
        if self._refusals:
            raise self._refusals.popleft()
        if number in self._by_number:
            status, code, message = self._by_number[number]
            raise Refusal(status, code, message)

    def take_hang(self) -> float:
        return self._hangs.popleft() if self._hangs else 0.0

    def take_stall(self) -> float:
        return self._stalls.popleft() if self._stalls else 0.0

    def take_cut_before(self) -> bool:
        self._cuts_before, had = max(0, self._cuts_before - 1), self._cuts_before
        return had > 0

    def take_cut_after(self) -> bool:
        self._cuts_after, had = max(0, self._cuts_after - 1), self._cuts_after
        return had > 0

    def take_garble(self) -> bool:
        self._garbles, had = max(0, self._garbles - 1), self._garbles
        return had > 0
