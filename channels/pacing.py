"""Pacing: token buckets that keep every account and chat under its provider's limits. In memory, per process."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from channels.contract import Bucket


class _Level(Struct):
    tokens: float
    at: float
    frozen_until: float = 0.0


class Pacer:
    """Says how long a send has to wait. Times are seconds of a monotonic clock that the caller gives."""

    def __init__(self) -> None:
        self._levels: dict[str, _Level] = {}

    def take(self, buckets: Sequence[Bucket], now: float) -> float:
        """Draw one token from each bucket and return 0.0, or draw nothing and return the seconds to wait."""
        wait = max((self._wait(bucket, now) for bucket in buckets), default=0.0)
        if wait > 0:
            return wait
        for bucket in buckets:
            self._levels[bucket.key].tokens -= 1
        return 0.0

    def room(self, bucket: Bucket | None, wanted: int, now: float) -> tuple[int, float]:
        """How many of `wanted` sends the bucket has tokens for, and, if for none, the seconds until it has."""
        if bucket is None:
            return wanted, 0.0
        wait = self._wait(bucket, now)
        return (0, wait) if wait > 0 else (min(wanted, int(self._levels[bucket.key].tokens)), 0.0)

    def freeze(self, key: str, until: float) -> None:
        """Nothing leaves through this bucket before `until`: the provider said so."""
        level = self._levels.setdefault(key, _Level(0.0, until))
        level.frozen_until = max(level.frozen_until, until)

    def forget(self, now: float, *, idle_s: float = 600.0) -> None:
        """Drop buckets not drawn from for `idle_s`, so that a million chats do not stay in memory."""
        idle = [key for key, level in self._levels.items() if max(level.at, level.frozen_until) < now - idle_s]
        for key in idle:
            del self._levels[key]

    def _wait(self, bucket: Bucket, now: float) -> float:
        level = self._levels.setdefault(bucket.key, _Level(bucket.burst, now))
        if level.frozen_until > now:
            return level.frozen_until - now
        level.tokens = min(bucket.burst, level.tokens + max(0.0, now - level.at) * bucket.rate)
        level.at = now
        return 0.0 if level.tokens >= 1 else (1 - level.tokens) / bucket.rate
